"""What the evidence about parts counts, as learnt from written meetings (``tests/training/learn_sections.py``).

In: ``section_weights.json``. Out: ``Weights``: how much the hand's own numbers count (``scales``), what steps cost
(``costs``), and for every name of a feature what a sentence with it is worth for standing in a phase and for beginning
one. ``BY_HAND`` is the program without learning, which the file's numbers were learnt from and held to.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources

import numpy as np
import numpy.typing as npt

from pipeline.structure import section_order
from pipeline.terms import Phase

Floats = npt.NDArray[np.float64]

PHASES = tuple(Phase)
FILE = "section_weights.json"
UNIT = 0.01  # nats: the file holds whole numbers of these
# Kinds of evidence with numbers by hand (``section_scores``).
SCALES = ("announced", "recess", "fits", "named", "mentioned", "own item", "subject", "unannounced", "beginner")


@dataclass(frozen=True)
class Weights:
    """Nats. ``standing`` and ``beginning``: (phases,) by the name of a feature."""

    scales: Mapping[str, float]
    costs: Mapping[str, float]
    standing: Mapping[str, Floats] = field(default_factory=dict)
    beginning: Mapping[str, Floats] = field(default_factory=dict)


BY_HAND = Weights(dict.fromkeys(SCALES, 1.0), section_order.TABLE)


@functools.cache
def learnt() -> Weights:
    """Of the file that comes with the program."""
    return parsed(resources.files("pipeline.structure").joinpath(FILE).read_text(encoding="utf-8"))


def parsed(text: str) -> Weights:
    """Raises ValueError for what ``written`` has not written."""
    data = json.loads(text)
    if data["phases"] != [str(phase) for phase in PHASES]:
        raise ValueError(f"{FILE}: {data['phases']}")
    standing, beginning = (
        {name: np.array(units, dtype=np.float64) * UNIT for name, units in data[kind].items()}
        for kind in ("standing", "beginning")
    )
    return Weights(data["scales"], data["costs"], standing, beginning)


def written(weights: Weights) -> str:
    """One line a feature, in order: a difference between two trainings can be read."""

    def table(worth: Mapping[str, Floats]) -> str:
        units = {name: [round(x / UNIT) for x in worth[name]] for name in sorted(worth)}
        lines = (
            f"{json.dumps(name, ensure_ascii=False)}:{json.dumps(u, separators=(',', ':'))}"
            for name, u in units.items()
            if any(u)
        )
        return "{\n" + ",\n".join(lines) + "\n}"

    def numbers(worth: Mapping[str, float]) -> str:
        return json.dumps({name: round(x, 3) for name, x in sorted(worth.items())}, ensure_ascii=False)

    phases = json.dumps([str(phase) for phase in PHASES], ensure_ascii=False)
    return (
        f'{{"phases":{phases},\n"scales":{numbers(weights.scales)},\n"costs":{numbers(weights.costs)},\n'
        f'"standing":{table(weights.standing)},\n"beginning":{table(weights.beginning)}}}\n'
    )
