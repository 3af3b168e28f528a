"""Learns what the evidence about parts counts, from the written meetings.

    python tests/training/learn_sections.py                  # all hands -> pipeline/structure/section_weights.json
    python tests/training/learn_sections.py --held-out       # each hand by the weights of the others, scored

A conditional random field over the states of the decoder: the likelihood of the true parts given the evidence, which
the same states and steps define that ``sections.decode`` searches. Learnt are how much the hand's numbers count, what
steps cost and what every feature (``section_features``) is worth for standing in a phase and for beginning one; a Gaussian
prior holds all of that to the program by hand. Every meeting is seen clean and with the noise of a recogniser, with the
roles that the program finds itself. L-BFGS, on one core some minutes.
"""

from __future__ import annotations

import argparse
import json
import pickle
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

from pipeline import agenda_heard, attribute, deputies, meeting_file, roles, sections, transcripts
from pipeline.structure import section_order, section_scores, section_weights
from pipeline.structure.section_evidence import collect, handled_together
from pipeline.structure.section_scores import Evidence
from pipeline.structure.section_weights import PHASES, SCALES, Weights
from pipeline.terms import Phase
from tests import rehearsal
from tests.benchmarks import structure as benchmark
from tests.training.chain import Chain

# Who wrote what: a hand is held out whole, since one hand's meetings resemble each other.
HANDS = {
    "A": ("cityplan_deputy", "culture_casual"),
    "B": ("dialect_harbor", "digital_strategy", "joint_landuse", "lively_welfare"),
    "C": ("formal_water", "short_board"),
    "D": ("long_privacy", "official_member"),
    "E": ("education_board", "planning_council"),
    "F": ("health_insurance", "housing_review"),
    "P": ("privacy_two", "farmland", "disclosure_review", "admin_reform", "traffic_safety"),
    "Q": ("care_insurance", "council_committee", "gender_equality", "designated_manager", "library_meeting"),
}
PRIOR = 8.0  # how strongly features are held to nothing (1 / variance)
PRIOR_HAND = 4.0  # ... and the hand's numbers to themselves
PRIOR_RECESS = 1000.0  # too few recesses to learn what announces one
STEPS = 35
IN_MEETINGS, IN_HANDS = 3, 2  # a feature must occur in so many to be learnt
SEEDS = (11, 12)  # of the noise; the benchmark's are others
MOST = 30.0  # nats: a step that costs more is as good as impossible


@dataclass(frozen=True)
class Example:
    """A meeting as the decoder sees it. ``allowed``: (units, states) where the truth may be."""

    name: str
    hand: str
    variant: str
    starts: list[bool]
    chars: list[int]
    evidence: Evidence
    agenda: tuple[str, ...]
    together: frozenset[int]
    allowed: np.ndarray


def example(meeting: rehearsal.Rehearsal, hand: str, noise: float, seed: int, attendees: bool = False) -> Example:
    """The way of ``run.understand`` up to the parts, with the truth by the time of each sentence."""
    given = rehearsal.with_attendees(meeting) if attendees else meeting
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        rehearsal.hand_over(given, folder, benchmark.CHAR_NOISE * noise, benchmark.SPEAKER_NOISE * noise, seed)
        particulars = meeting_file.read(folder / "meeting.toml")
        _, heard, voices = transcripts.read(folder / "transcript.json")
        truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    turns = attribute.words(heard.segments, voices.voices)
    particulars, _ = agenda_heard.complete(particulars, turns)
    turns, speakers = deputies.apart(turns, roles.assign(turns, particulars), particulars)
    units = collect(turns, speakers, particulars)
    known = section_order.states(len(particulars.agenda))
    starts = [turn["start_ms"] for turn in truth]
    allowed = np.zeros((len(units), len(known)), dtype=bool)
    for n, unit in enumerate(units):
        at_ms = unit.turn.words[unit.begin].start_ms + 50
        true = truth[max(0, int(np.searchsorted(starts, at_ms, side="right")) - 1)]
        items = true["items"] or [true["item"]]
        for k, state in enumerate(known):
            recess = true["phase"] == Phase.RECESS
            allowed[n, k] = state.place == true["phase"] and (recess or state.item in items)
    assert allowed.any(axis=1).all(), meeting.name
    evidence = section_scores.weigh(units, len(particulars.agenda))
    variant = "noisy" if noise else "listed" if attendees else "clean"
    starts, chars = [unit.starts_turn for unit in units], [len(unit.text) for unit in units]
    return Example(
        meeting.name,
        hand,
        variant,
        starts,
        chars,
        evidence,
        section_order.kinds(particulars.agenda),
        handled_together(units),
        allowed,
    )


def examples(paths: dict[Path, str], cache: Path | None) -> list[Example]:
    if cache and cache.exists():
        return pickle.loads(cache.read_bytes())  # our own file, made a moment ago
    found = []
    for path, hand in paths.items():
        meeting = rehearsal.load(path)
        found += [example(meeting, hand, 0.0, 1), example(meeting, hand, 0.0, 1, attendees=True)]
        found += [example(meeting, hand, 1.0, seed) for seed in SEEDS]
    if cache:
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_bytes(pickle.dumps(found))
    return found


class Field(torch.nn.Module):
    """All examples as one padded batch: (meetings, units, states)."""

    def __init__(self, seen: Sequence[Example], names: list[str], costs: list[str]) -> None:
        super().__init__()
        self.names, self.costs = names, costs
        self.scales = torch.nn.Parameter(torch.zeros(len(SCALES), dtype=torch.float64))  # logarithms
        self.prices = torch.nn.Parameter(torch.zeros(len(costs), dtype=torch.float64))  # beside the hand's
        self.standing = torch.nn.Parameter(torch.zeros(len(names), len(PHASES), dtype=torch.float64))
        self.beginning = torch.nn.Parameter(torch.zeros(len(names), len(PHASES), dtype=torch.float64))
        self.by_hand = torch.tensor([section_order.price(Counter({c: 1}), section_order.TABLE) for c in costs])
        self.load(seen)

    def load(self, seen: Sequence[Example]) -> None:
        seen = sorted(seen, key=lambda e: -len(e.allowed))
        size, longest = len(seen), len(seen[0].allowed)
        known = [section_order.states(len(e.agenda)) for e in seen]
        most = max(map(len, known))
        items = max(len(e.agenda) for e in seen) + 1
        phase, item = torch.zeros(size, most, dtype=torch.long), torch.zeros(size, most, dtype=torch.long)
        allowed_of = torch.zeros(size, longest, most, dtype=torch.float64)
        kinds = {
            kind: torch.zeros(size, longest, len(PHASES), dtype=torch.float64)
            for kind in ("announced", "recess", "fits", "unannounced", "beginner")
        }
        of_items = {
            kind: torch.zeros(size, longest, items, dtype=torch.float64) for kind in ("named", "mentioned", "own item")
        }
        self.subject = torch.zeros(size, longest, dtype=torch.float64)
        begins_of, changes_of = torch.zeros(2, size, most, most, dtype=torch.float64)
        entries: list[list[tuple[int, ...]]] = [[], [], []]
        counts: list[list[float]] = [[], [], []]
        index = {name: i for i, name in enumerate(self.names)}
        cost_index = {name: i for i, name in enumerate(self.costs)}
        rows, columns = [], []
        dead = torch.zeros(size, most, dtype=torch.float64)
        for b, (e, states) in enumerate(zip(seen, known, strict=True)):
            n, s = e.allowed.shape
            allowed_of[b, :n, :s] = torch.from_numpy(e.allowed.astype(np.float64))
            dead[b, s:] = 1.0
            phase[b, :s] = torch.tensor([PHASES.index(state.place) for state in states])
            item[b, :s] = torch.tensor([items - 1 if state.item is None else state.item for state in states])
            for kind, worth in [*e.evidence.phases.items(), *e.evidence.begins.items()]:
                kinds[kind][b, :n] = torch.from_numpy(worth)
            for kind, worth in e.evidence.items.items():
                of_items[kind][b, :n, : worth.shape[1]] = torch.from_numpy(worth)
            self.subject[b, :n] = torch.from_numpy(e.evidence.subject)
            begins, changes = sections.step_kinds(states)
            begins_of[b, :s, :s], changes_of[b, :s, :s] = torch.from_numpy(begins), torch.from_numpy(changes)
            paid = section_order.named(states, e.agenda, e.together)
            for which, place in (
                (0, [((i,), c) for i, c in enumerate(paid.begin)]),
                (1, [((i, j), c) for i, row in enumerate(paid.steps) for j, c in enumerate(row)]),
                (2, [((i,), c) for i, c in enumerate(paid.end)]),
            ):
                for at, cost in place:
                    for name, times in cost.items():
                        entries[which].append((b, *at, cost_index[name]))
                        counts[which].append(times)
            for k, found in enumerate(e.evidence.features):
                hit = [index[name] for name in found if name in index]
                rows += [b * longest + k] * len(hit)
                columns += hit
        self.kinds, self.of_items, self.phase, self.item, self.dead = kinds, of_items, phase, item, dead
        self.entries = [torch.tensor(list(zip(*e, strict=True))) for e in entries]
        self.counts = [torch.tensor(c, dtype=torch.float64) for c in counts]
        self.shape = (size, longest, most)
        self.truth = (begins_of.numpy(), changes_of.numpy(), allowed_of.numpy(), np.array([len(e.allowed) for e in seen]))
        self.features = (
            torch.sparse_coo_tensor(
                torch.tensor([rows, columns]), torch.ones(len(rows), dtype=torch.float64), (size * longest, len(self.names))
            )
            .coalesce()
            .to_sparse_csr()
        )
        self.transposed = (
            torch.sparse_coo_tensor(
                torch.tensor([columns, rows]), torch.ones(len(rows), dtype=torch.float64), (len(self.names), size * longest)
            )
            .coalesce()
            .to_sparse_csr()
        )

    def _cost(self, which: int, shape: tuple[int, ...]) -> torch.Tensor:
        prices = self.by_hand + self.prices
        worth = prices[self.entries[which][-1]] * self.counts[which]
        summed = torch.zeros(shape, dtype=torch.float64).index_put(tuple(self.entries[which][:-1]), worth, accumulate=True)
        return summed.clamp(max=MOST)

    def loss(self) -> torch.Tensor:
        """Negative logarithm of the likelihood of the true parts, summed over all meetings."""
        size, longest, most = self.shape
        scale = dict(zip(SCALES, self.scales.exp(), strict=True))
        learnt = _Product.apply(self.features, self.transposed, torch.cat([self.standing, self.beginning], dim=1))
        learnt = learnt.view(size, longest, 2 * len(PHASES))
        stand = sum((scale[k] * self.kinds[k] for k in ("announced", "recess", "fits")), learnt[..., : len(PHASES)])
        begin = sum((scale[k] * self.kinds[k] for k in ("unannounced", "beginner")), learnt[..., len(PHASES) :])
        items = sum(scale[k] * worth for k, worth in self.of_items.items())
        where = self.phase[:, None].expand(size, longest, most)
        emit = stand.gather(2, where) + items.gather(2, self.item[:, None].expand(size, longest, most))
        return Chain.apply(
            emit - 1e3 * self.dead[:, None], begin.gather(2, where), scale["subject"] * self.subject,
            -self._cost(1, (size, most, most)), -self._cost(0, (size, most)), -self._cost(2, (size, most)), self.truth,
        )  # fmt: skip

    def prior(self, strength: float) -> torch.Tensor:
        held = self.standing.square().sum() + self.beginning.square().sum()
        scales = self.scales.square() * torch.tensor([PRIOR_RECESS if kind == "recess" else 4.0 for kind in SCALES])
        return 0.5 * strength * held + 0.5 * PRIOR_HAND * (scales.sum() + self.prices.square().sum() / 2)

    def weights(self) -> Weights:
        with torch.no_grad():
            return Weights(
                dict(zip(SCALES, self.scales.exp().tolist(), strict=True)),
                dict(zip(self.costs, (self.by_hand + self.prices).tolist(), strict=True)),
                dict(zip(self.names, self.standing.numpy(), strict=True)),
                dict(zip(self.names, self.beginning.numpy(), strict=True)),
            )


class _Product(torch.autograd.Function):
    """Sparse times dense, with the transposed at hand for the way back."""

    @staticmethod
    def forward(ctx, sparse, transposed, dense):  # type: ignore[no-untyped-def]
        ctx.transposed = transposed
        return sparse @ dense

    @staticmethod
    def backward(ctx, gradient):  # type: ignore[no-untyped-def]
        return None, None, ctx.transposed @ gradient


def learn(seen: Sequence[Example], strength: float, steps: int, log: bool = True) -> Weights:
    meetings: defaultdict[str, set[str]] = defaultdict(set)
    hands: defaultdict[str, set[str]] = defaultdict(set)
    for e in seen:
        for name in {name for found in e.evidence.features for name in found}:
            meetings[name].add(e.name)
            hands[name].add(e.hand)
    names = sorted(n for n in meetings if len(meetings[n]) >= IN_MEETINGS and len(hands[n]) >= IN_HANDS)
    paid = [section_order.named(section_order.states(len(e.agenda)), e.agenda, e.together) for e in seen]
    costs = sorted({c for p in paid for one in (*p.begin, *p.end, *(c for row in p.steps for c in row)) for c in one})
    field = Field(seen, names, costs)
    optimizer = torch.optim.LBFGS(field.parameters(), lr=1.0, max_iter=steps, history_size=10, line_search_fn="strong_wolfe")
    count = 0

    def closure() -> torch.Tensor:
        nonlocal count
        optimizer.zero_grad()
        loss = field.loss()
        total = loss + field.prior(strength)
        total.backward()  # type: ignore[no-untyped-call]
        count += 1
        if log and count % 5 == 1:
            print(f"{count:3d} {loss.item():10.1f} {total.item():10.1f}", file=sys.stderr, flush=True)
        return total

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    if log:
        print(f"{len(seen)} examples, {len(names)} features, {count} evaluations", file=sys.stderr)
    return field.weights()


def paths() -> dict[Path, str]:
    """Of all written meetings, the hand."""
    hands = {name: hand for hand, names in HANDS.items() for name in names}
    return {path: hands[path.stem] for path in sorted(rehearsal.FOLDER.rglob("*.txt")) if path.stem in hands}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--hands", default="", help="only these are held out")
    parser.add_argument("--prior", type=float, default=PRIOR)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seeds", type=int, default=2, help="of the noise in the scores")
    parser.add_argument("--cache", type=Path)
    a = parser.parse_args()
    torch.set_num_threads(1)
    written = paths()
    seen = examples(written, a.cache)
    if not a.held_out:
        weights = learn(seen, a.prior, a.steps)
        target = Path(section_weights.__file__).parent / section_weights.FILE
        target.write_text(section_weights.written(weights), encoding="utf-8")
        print(target)
        return
    clean, noisy = [], []
    for hand in a.hands or sorted(set(written.values())):
        weights = learn([e for e in seen if e.hand != hand], a.prior, a.steps)
        # as it will be read: rounded
        with benchmark.patched(
            [(section_weights, "learnt", lambda w=weights: section_weights.parsed(section_weights.written(w)))]
        ):
            for path in (p for p, h in written.items() if h == hand):
                meeting = rehearsal.load(path)
                one, other = benchmark.over([meeting], a.seeds)
                print(benchmark.line(f"{hand} {meeting.name} ({len(meeting.turns)} turns)", one[0], other[0]), flush=True)
                clean += one
                noisy += other
    print(benchmark.line("mean", benchmark.mean(clean), benchmark.mean(noisy)))


if __name__ == "__main__":
    main()
