"""What was learnt about parts: the file, and the search that uses it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import sections
from pipeline.structure import section_order, section_scores, section_weights
from pipeline.structure.section_scores import Evidence
from pipeline.structure.section_weights import PHASES, SCALES, Weights

numbers = st.floats(-3, 3)
worth = st.dictionaries(
    st.text(max_size=5), st.lists(numbers, min_size=len(PHASES), max_size=len(PHASES)).map(np.array), max_size=3
)


@given(st.fixed_dictionaries(dict.fromkeys(SCALES, numbers)), st.dictionaries(st.text(max_size=5), numbers), worth, worth)
def test_weights_come_back_from_the_file_as_rounded(
    scales: dict[str, float], costs: dict[str, float], standing: dict[str, np.ndarray], beginning: dict[str, np.ndarray]
) -> None:
    weights = Weights(scales, costs, standing, beginning)
    again = section_weights.parsed(section_weights.written(weights))
    assert again.scales == pytest.approx(scales, abs=1e-3) and again.costs == pytest.approx(costs, abs=1e-3)
    for before, after in ((standing, again.standing), (beginning, again.beginning)):
        for name, values in before.items():
            assert after.get(name, np.zeros(len(PHASES))) == pytest.approx(values, abs=0.51 * section_weights.UNIT)
    assert section_weights.written(again) == section_weights.written(section_weights.parsed(section_weights.written(again)))


def test_another_set_of_phases_is_refused() -> None:
    text = section_weights.written(section_weights.BY_HAND).replace("休憩", "昼食")
    with pytest.raises(ValueError, match="昼食"):
        section_weights.parsed(text)


def test_the_file_holds_what_the_program_sees() -> None:
    """Every price is one that a step can have, every scale one that the scores ask for, and features were learnt."""
    weights = section_weights.learnt()
    assert set(weights.scales) == set(SCALES) and all(scale > 0 for scale in weights.scales.values())
    known = {name.partition("/")[0] for name in weights.costs}
    assert known <= set(section_order.TABLE)
    assert len(weights.standing) > 1000 and len(weights.beginning) > 1000


def test_a_report_costs_what_any_item_costs_unless_the_table_knows_better() -> None:
    paid = section_order.Costs({"leave 質疑/報告": 2})
    assert section_order.price(paid, {"leave 質疑": 3.0}) == 6.0
    assert section_order.price(paid, {"leave 質疑": 3.0, "leave 質疑/報告": 1.0}) == 2.0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(0, 1))
def test_the_search_finds_the_best_of_all_paths(seed: int, units: int, items: int) -> None:
    rng = np.random.default_rng(seed)
    phases = {kind: rng.normal(size=(units, len(PHASES)), scale=4.0) for kind in ("announced", "recess", "fits")}
    begins = {kind: rng.normal(size=(units, len(PHASES)), scale=4.0) for kind in ("unannounced", "beginner")}
    of_items = {kind: rng.normal(size=(units, items), scale=2.0) for kind in ("named", "mentioned", "own item")}
    evidence = Evidence(phases, begins, of_items, rng.normal(size=units), [["a"] for _ in range(units)])
    weights = Weights(
        {kind: float(rng.uniform(0.5, 2)) for kind in SCALES}, section_order.TABLE,
        {"a": rng.normal(size=len(PHASES))}, {"a": rng.normal(size=len(PHASES))},
    )  # fmt: skip
    agenda = ("",) * items
    known = section_order.states(items)
    begin, steps, end = section_order.costs(known, agenda, frozenset(), weights.costs)
    scores = section_scores.scores(evidence, weights)
    standing = sections.standing(scores, known)
    starts, changes = sections.step_kinds(known)

    def total(path: tuple[int, ...]) -> float:
        worth = standing[0, path[0]] - begin[path[0]] - end[path[-1]]
        for n, (i, j) in enumerate(itertools.pairwise(path), start=1):
            entered = scores.beginning[n, PHASES.index(known[j].place)]
            worth += standing[n, j] - steps[i, j] + starts[i, j] * entered + changes[i, j] * scores.other_item[n]
        return float(worth)

    best = max(itertools.product(range(len(known)), repeat=units), key=total)
    found = sections.decode(evidence, agenda, frozenset(), weights)
    assert found == [(None if known[k].paused else known[k].item, known[k].place) for k in best]
