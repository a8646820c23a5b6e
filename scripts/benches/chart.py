"""A chart of costs by the size of a register, each times that in the smallest one. Never here: measuring."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

_SCALE = 2.0
_LOG: dict[str, Any] = {"type": "log"}


def draw(costs: Mapping[str, Mapping[int, float]], path: Path) -> None:
    """Write the PNG. `costs`: by what was done, and by events of the register."""
    import vl_convert  # noqa: PLC0415 -- 33 MB that only who draws should load

    path.write_bytes(vl_convert.vegalite_to_png(specification(costs), scale=_SCALE))


def specification(costs: Mapping[str, Mapping[int, float]]) -> dict[str, Any]:
    """The chart in Vega-Lite: a line for whatever was done, a point for each size."""
    values: list[dict[str, Any]] = [
        {"what": what, "events": size, "times": cost / by_size[min(by_size)]}
        for what, by_size in costs.items()
        for size, cost in by_size.items()
    ]
    sizes = sorted({value["events"] for value in values})
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": f"What it costs in a larger register, times what it costs in one of {sizes[0]:,} events",
        "width": 640,
        "height": 360,
        "background": "white",
        "data": {"values": values},
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {"field": "events", "type": "quantitative", "scale": _LOG, "axis": {"values": sizes, "format": ",d"}},
            "y": {"field": "times", "type": "quantitative", "scale": {"zero": True}},
            "color": {"field": "what", "type": "nominal", "title": None, "legend": {"labelLimit": 400}},
        },
    }
