"""Rehearsal meetings: written word for word with their truth, and handed over as a recogniser would.

In: ``tests/rehearsals/*.txt`` (a TOML header with ``[speakers]`` up to ``---``, then ``== ITEM PHASE`` lines and one
``LABEL: speech`` per turn), or JSON with meeting, speakers and utterances. Out: files in a folder: ``transcript.json`` in
WhisperX's form, ``meeting.toml`` without attendees, ``truth.json`` for ``minutes score``.

Noise is what recognisers do: characters replaced, dropped or doubled, words of the trade written as homophones, and
sentences given to a neighbouring voice, short ones first.
"""

from __future__ import annotations

import json
import random
import re
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

CHARS_PER_S = 7.0
FOLDER = Path(__file__).parent / "rehearsals"
HEARD_AS = {
    "諮問": "指紋", "答申": "等身", "審議": "真偽", "質疑": "すぎ", "異議": "意義", "事務局": "事務極", "委員": "医院", "会長": "会調",
    "採決": "裁決", "閉会": "平開", "傍聴": "膨張", "議題": "偽題", "説明": "正明", "承認": "商人", "挙手": "巨首", "了承": "料省",
}  # fmt: skip


@dataclass(frozen=True)
class Said:
    """A turn. ``items``: the agenda indices of a block in which several are handled together."""

    speaker: str
    text: str
    item: int | None
    phase: str
    items: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Rehearsal:
    """``particulars`` is what the meeting file holds; ``cast`` the role of each label."""

    name: str
    particulars: dict[str, Any]
    cast: dict[str, str]
    turns: tuple[Said, ...]
    names: dict[str, str] = field(default_factory=dict)

    @property
    def chars(self) -> int:
        return sum(len(turn.text) for turn in self.turns)


def load(path: Path) -> Rehearsal:
    """Raises ValueError with the line for what is not written as described."""
    if path.suffix == ".json":
        return _from_json(path)
    head, _, body = path.read_text(encoding="utf-8").partition("\n---\n")
    particulars = tomllib.loads(head)
    speakers = particulars.pop("speakers")
    cast = {label: words.split()[0] for label, words in speakers.items()}
    names = {label: words.partition(" ")[2] for label, words in speakers.items()}
    turns: list[Said] = []
    items: tuple[int, ...] = ()
    phase = ""
    for line in filter(None, map(str.strip, body.splitlines())):
        if line.startswith("=="):
            *numbers, phase = line[2:].split()
            items = tuple(int(n) for n in numbers[0].split(",")) if numbers else ()
            if any(i >= len(particulars["agenda"]) for i in items):
                raise ValueError(f"{path.name}: {line}")
            continue
        label, colon, text = line.partition(":")
        if not colon or label not in cast or not phase:
            raise ValueError(f"{path.name}: {line[:30]}")
        joint = items if len(items) > 1 else None
        turns.append(Said(label, text.strip(), items[0] if len(items) == 1 else None, phase, joint))
    return Rehearsal(path.stem, particulars, cast, tuple(turns), names)


def _from_json(path: Path) -> Rehearsal:
    data = json.loads(path.read_text(encoding="utf-8"))
    return Rehearsal(
        path.stem,
        {key: value for key, value in data["meeting"].items() if key != "style_note"},
        {label: speaker["role"] for label, speaker in data["speakers"].items()},
        tuple(
            Said(u["speaker"], u["text"], u["item"], u["phase"], tuple(u["items"]) if u.get("items") else None)
            for u in data["utterances"]
        ),
    )


def with_attendees(meeting: Rehearsal) -> Rehearsal:
    """The meeting file knows who is expected, as what."""
    listed = [{"name": name, "role": meeting.cast[label]} for label, name in meeting.names.items()]
    return replace(meeting, particulars={**meeting.particulars, "attendees": listed})


def hand_over(meeting: Rehearsal, folder: Path, char_noise: float, speaker_noise: float, seed: int) -> None:
    """Write the three files."""
    rng = random.Random(seed)
    labels = list(meeting.cast)
    rng.shuffle(labels)
    voice = {label: f"SPEAKER_{number:02d}" for number, label in enumerate(labels)}
    letters = "".join(turn.text for turn in meeting.turns)
    segments: list[dict[str, Any]] = []
    truth = []
    at_s = 0.5
    for turn in meeting.turns:
        begin_s = at_s
        for sentence in re.findall(r"[^。？]+[。？]*", turn.text):
            end_s = at_s + max(0.3, len(sentence) / CHARS_PER_S)
            text = misheard(sentence, char_noise, letters, rng)
            segments.append({"start": round(at_s, 2), "end": round(end_s, 2), "text": text, "speaker": voice[turn.speaker]})
            at_s = end_s + 0.1
        truth.append({
            "start_ms": round(begin_s * 1000), "end_ms": round(at_s * 1000), "speaker": voice[turn.speaker],
            "role": meeting.cast[turn.speaker], "item": turn.item, "items": turn.items, "phase": turn.phase, "text": turn.text,
        })  # fmt: skip
        at_s += rng.choice([0.2, 0.4, 0.4, 1.2])
    _mistake_voices(segments, speaker_noise, rng)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "transcript.json").write_text(json.dumps({"segments": segments}, ensure_ascii=False), encoding="utf-8")
    (folder / "truth.json").write_text(json.dumps(truth, ensure_ascii=False), encoding="utf-8")
    (folder / "meeting.toml").write_text(sidecar(meeting.particulars), encoding="utf-8")


def misheard(text: str, share: float, letters: str, rng: random.Random) -> str:
    """``share`` of the characters go wrong; punctuation stays, as the recogniser sets it itself."""
    if not share:
        return text
    for word, other in HEARD_AS.items():
        text = re.sub(word, lambda match, other=other: other if rng.random() < 2 * share else match[0], text)
    result = []
    for letter in text:
        if letter in "、。？" or rng.random() >= share:
            result.append(letter)
        else:
            result.append(rng.choice([rng.choice(letters), rng.choice(letters), letter * 2, ""]))
    return "".join(result)


def _mistake_voices(segments: list[dict[str, Any]], share: float, rng: random.Random) -> None:
    order = sorted(range(len(segments)), key=lambda i: len(segments[i]["text"]) * rng.uniform(0.5, 1.5))
    for i in order[: round(share * len(segments))]:
        near = {segment["speaker"] for segment in segments[max(0, i - 3) : i + 4]} - {segments[i]["speaker"]}
        if near:
            segments[i]["speaker"] = rng.choice(sorted(near))


def sidecar(particulars: dict[str, Any]) -> str:
    """The meeting file as TOML."""

    def value(entry: Any) -> str:
        return json.dumps(entry, ensure_ascii=False) if isinstance(entry, str) else str(entry)

    dates = ("date",)
    lines = [f"{k} = {v if k in dates else value(v)}" for k, v in particulars.items() if not isinstance(v, list)]
    for item in particulars["agenda"]:
        lines += ["", "[[agenda]]", *(f"{key} = {value(entry)}" for key, entry in item.items())]
    for person in particulars.get("attendees", []):
        lines += ["", "[[attendees]]", *(f"{key} = {value(entry)}" for key, entry in person.items())]
    return "\n".join(lines) + "\n"
