"""The models that the kinds of rule are tested with: the first of the catalogue, their frame, and an invented one.

The rules of every service, these too, are driven through the public commands in tests/driven.
"""

from __future__ import annotations

from pathlib import Path

from domain.catalogue.loader import load_catalogue, load_model, with_frames
from domain.catalogue.model import ServiceModel

INVENTED = Path(__file__).parent / "invented_model.toml"
CATALOGUE = load_catalogue()
MODELS: dict[str, ServiceModel] = {
    **{model.service: model for model in CATALOGUE if model.service in ("K0", "K1", "K2", "L0")},
    "X9": with_frames(load_model(INVENTED), CATALOGUE),
}
K1, K2, L0, X9 = (MODELS[service] for service in ("K1", "K2", "L0", "X9"))
