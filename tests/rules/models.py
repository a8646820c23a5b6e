"""The models that the rules are tested with: the catalogue's own and an invented one."""

from __future__ import annotations

from pathlib import Path

from domain.catalogue.loader import load_catalogue, load_model, with_frames
from domain.catalogue.model import ServiceModel

INVENTED = Path(__file__).parent / "invented_model.toml"
CATALOGUE = load_catalogue()
MODELS: dict[str, ServiceModel] = {
    **{model.service: model for model in CATALOGUE},
    "X9": with_frames(load_model(INVENTED), CATALOGUE),
}
K1, K2, L0, X9 = (MODELS[service] for service in ("K1", "K2", "L0", "X9"))
