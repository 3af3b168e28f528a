"""What each sentence is worth in each part, and for beginning it.

In: ``Unit``s with their evidence, the agenda, ``Weights``. Out: ``Scores``, nats, which the decoding adds up along a path.
The evidence stays apart by kind (``Evidence``), so that learning can weigh one kind against another and a test can switch
one off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.japanese.reading import content_words
from pipeline.structure import cohesion, section_features
from pipeline.structure.section_evidence import MENTIONED, OWN_ITEM
from pipeline.structure.section_units import Unit
from pipeline.structure.section_weights import PHASES, Weights
from pipeline.terms import Phase, Role

Floats = npt.NDArray[np.float64]

# Nats. Where a part begins:
UNANNOUNCED, UNANNOUNCED_INSIDE = 1.5, 2.0  # where nothing is announced: with a turn, in the middle of one
NOT_BY_CHAIR = 2.0  # parts begin with the chair ...
BY_OTHERS = {  # ... but for these
    (Role.MEMBER, Phase.QUESTIONS): 0.5,
    (Role.SECRETARIAT, Phase.OPENING): 0.0,
    (Role.SECRETARIAT, Phase.CLOSING): 0.5,
    (Role.SECRETARIAT, Phase.REPORT_DELIBERATION): 1.0,
    (Role.SECRETARIAT, Phase.EXPLANATION): 1.0,
    (Role.AGENCY, Phase.EXPLANATION): 1.0,
}
NEW_SUBJECT = 1.5  # another item, per standard deviation by which the words change
# What a sentence tells of the item:
NAMED = 4.0  # an item begins where the chair names it ...
OTHER_NAMED = -3.0  # ... or another
IN_RECESS, RESUMED = 0.1, -4.0  # a sentence during a recess that has no other place; one that says it is over


@dataclass(frozen=True)
class Evidence:
    """By kind, for n sentences. ``phases``: (n, phases) by name; ``begins``: the same for beginning a part; ``items``:
    (n, items) by name; ``subject``: (n,) for another item; ``features``: the names that learning knows, per sentence."""

    phases: Mapping[str, Floats]
    begins: Mapping[str, Floats]
    items: Mapping[str, Floats]
    subject: Floats
    features: list[list[str]]


@dataclass(frozen=True)
class Scores:
    """``standing``: (n, phases), ``beginning``: (n, phases), ``items``: (n, items), ``other_item``: (n,)."""

    standing: Floats
    beginning: Floats
    items: Floats
    other_item: Floats


def scores(evidence: Evidence, weights: Weights) -> Scores:
    scale = weights.scales
    return Scores(
        sum((scale[kind] * worth for kind, worth in evidence.phases.items()), _learnt(evidence.features, weights.standing)),
        sum((scale[kind] * worth for kind, worth in evidence.begins.items()), _learnt(evidence.features, weights.beginning)),
        sum((scale[kind] * worth for kind, worth in evidence.items.items()), np.zeros_like(evidence.items["named"])),
        scale["subject"] * evidence.subject,
    )


def weigh(units: list[Unit], items: int) -> Evidence:
    """``items``: how many the agenda has."""
    announced = np.array([[unit.announces.get(phase, 0.0) for phase in PHASES] for unit in units])
    named, mentioned, own = (np.zeros((len(units), items)) for _ in range(3))
    for n, unit in enumerate(units):
        _item(unit, named[n], mentioned[n], own[n])
    # a recess is rare and never meant otherwise: learning may not take from it what it takes from other announcements
    recess = np.array([phase is Phase.RECESS for phase in PHASES])
    return Evidence(
        phases={
            "announced": announced * ~recess,
            "recess": announced * recess,
            "fits": np.array([_fits(unit) for unit in units]),
        },
        begins={
            "unannounced": np.array([_unannounced(unit) for unit in units])[:, None] * (announced <= 0),
            "beginner": np.array([_beginner(unit) for unit in units]),
        },
        items={"named": named, "mentioned": mentioned, "own item": own},
        subject=NEW_SUBJECT * cohesion.breaks([content_words(unit.text) for unit in units]),
        features=section_features.names(units),
    )


def _learnt(features: list[list[str]], worth: Mapping[str, Floats]) -> Floats:
    """(n, phases): the sum over the names of each sentence; one row is looked up per name, and added up at once."""
    rows = {name: row for row, name in enumerate(worth)}
    table = np.array(list(worth.values())).reshape(-1, len(PHASES))
    known = [[rows[name] for name in names if name in rows] for names in features]
    return np.array([table[of].sum(axis=0) if of else np.zeros(len(PHASES)) for of in known])


def _unannounced(unit: Unit) -> float:
    return -UNANNOUNCED if unit.starts_turn else -UNANNOUNCED_INSIDE


def _beginner(unit: Unit) -> list[float]:
    """What it costs that a part begins with this speaker."""
    if unit.role is Role.CHAIR or not unit.starts_turn:
        return [0.0] * len(PHASES)
    return [-BY_OTHERS.get((unit.role, phase), NOT_BY_CHAIR) for phase in PHASES]


def _fits(unit: Unit) -> list[float]:
    in_recess = RESUMED if "resume" in unit.families else IN_RECESS
    return [in_recess if phase is Phase.RECESS else unit.fits.get(phase, 0.0) for phase in PHASES]


def _item(unit: Unit, named: Floats, mentioned: Floats, own: Floats) -> None:
    """Fills in one row of each. An announcement counts in its part whether that begins here or goes on:
    paid only to beginnings, it would be earned again and again by leaving and coming back."""
    by_chair = unit.role is Role.CHAIR and any(unit.announces.values())
    clear = unit.named if unit.announces.get(Phase.EXPLANATION) else unit.here  # an item may be named after its call
    clearest = max(clear.values(), default=0.0)
    for item in range(len(named)):
        if by_chair and clearest:
            named[item] = NAMED * clear.get(item, 0.0) or OTHER_NAMED * clearest
        else:
            mentioned[item] = MENTIONED * unit.here.get(item, 0.0)
        if unit.homes:
            own[item] = OWN_ITEM if item in unit.homes else -OWN_ITEM
