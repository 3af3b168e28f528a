"""The two bundled meetings: their truth agrees with their text and audio, and no demo model was trained on them.

What is checked is the committed files, not the program that made them, so no speech synthesis is needed here.
"""

from __future__ import annotations

import itertools
import json
import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import pytest

from pipeline import meeting_file

ROOT = Path(__file__).parent.parent
TRAINING = ROOT / "models" / "demo" / "training"
PHASES = ["説明", "質疑", "審議", "答申審議"]


class Bundled(NamedTuple):
    """A meeting as written, its truth, the path of its files without an ending, and what it must be."""

    written: dict[str, Any]
    truth: dict[str, Any]
    files: Path
    least_s: float
    results: list[str]


@pytest.fixture(params=["sample", "second"], scope="module")
def bundled(request: pytest.FixtureRequest) -> Bundled:
    name: str = request.param
    folder = ROOT / "recordings" if name == "sample" else TRAINING / "meetings"
    files = folder / f"{name}_meeting"
    return Bundled(
        json.loads((TRAINING / "meetings" / f"{name}.json").read_text(encoding="utf-8")),
        json.loads(files.with_suffix(".reference.json").read_text(encoding="utf-8")),
        files,
        *((360.0, ["承認された", "承認された"]) if name == "sample" else (300.0, ["継続審議とされた", "承認された"])),
    )


@pytest.fixture(scope="module")
def audio(bundled: Bundled) -> np.ndarray:
    """(n,) float32 at 16 kHz."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=16_000)
    with av.open(str(bundled.files.with_suffix(".opus"))) as container:
        decoded = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate([part.to_ndarray()[0] for part in decoded])


def bare(sentence: str) -> str:
    return re.sub(r"[、。\s]", "", sentence)


def sentences(texts: list[str]) -> set[str]:
    return {bare(part) for text in texts for part in text.split("。")} - {""}


def test_every_utterance_is_in_the_truth_in_order(bundled: Bundled) -> None:
    speakers = bundled.written["speakers"]
    expected = [
        (said["speaker"], speakers[said["speaker"]]["role"], said["item"], said["phase"], said["text"])
        for said in bundled.written["utterances"]
    ]
    turns = bundled.truth["turns"]
    assert [(t["speaker"], t["role"], t["item"], t["phase"], t["text"]) for t in turns] == expected
    assert bundled.truth["speakers"] == speakers
    assert bundled.truth["format"] == "minutes-reference/1"


def test_times_go_forward_at_a_speed_people_speak_at(bundled: Bundled) -> None:
    turns = bundled.truth["turns"]
    assert all(before["end_ms"] < after["start_ms"] for before, after in itertools.pairwise(turns))
    for turn in turns:
        per_second = len(bare(turn["text"])) / (turn["end_ms"] - turn["start_ms"]) * 1000
        assert 4 < per_second < 12, turn["text"]


def test_all_roles_items_and_phases_occur(bundled: Bundled) -> None:
    turns = bundled.truth["turns"]
    assert {turn["role"] for turn in turns} == {"会長", "委員", "実施機関", "事務局"}
    places = list(dict.fromkeys((turn["item"], turn["phase"]) for turn in turns))
    per_item = [(item, phase) for item in (0, 1) for phase in PHASES]
    assert places == [(None, "開会"), *per_item, (None, "閉会")]
    assert len(bundled.written["meeting"]["agenda"]) == 2


def test_a_result_is_decided_aloud(bundled: Bundled) -> None:
    assert bundled.truth["decisions"] == [{"item": item, "result": result} for item, result in enumerate(bundled.results)]
    for item, result in enumerate(bundled.results):
        last = [t for t in bundled.truth["turns"] if t["item"] == item and t["phase"] == "答申審議"][-1]
        assert last["role"] == "会長"
        assert result[:2] in last["text"]


def test_the_audio_is_long_enough_and_not_clipped(bundled: Bundled, audio: np.ndarray) -> None:
    assert len(audio) / 16_000 >= bundled.least_s
    assert len(audio) / 16 > bundled.truth["turns"][-1]["end_ms"]
    assert 0.1 < float(np.abs(audio).max()) < 0.95


def test_speech_is_where_the_truth_says(bundled: Bundled, audio: np.ndarray) -> None:
    """Within every turn it is loud, and all the rest is faint room noise."""
    spoken = np.zeros(len(audio), bool)
    for turn in bundled.truth["turns"]:
        piece = slice(turn["start_ms"] * 16, turn["end_ms"] * 16)
        assert audio[piece].std() > 0.02, turn["text"]
        spoken[piece.start - 1_600 : piece.stop + 1_600] = True
    noise = float(audio[~spoken].std())
    assert 30 < 20 * np.log10(float(audio[spoken].std()) / noise) < 50


def test_the_sidecar_describes_the_meeting(bundled: Bundled) -> None:
    sidecar = bundled.files.with_suffix(".toml")
    values = tomllib.loads(sidecar.read_text(encoding="utf-8"))
    meeting = bundled.written["meeting"]
    assert values["agenda"] == meeting["agenda"]
    assert values["date"].isoformat() == meeting["date"]
    assert {key: values[key] for key in ("name", "start", "place", "department")}.items() <= meeting.items()
    assert meeting_file.read(sidecar).speakers.exact == len(bundled.written["speakers"])


def test_no_sentence_is_in_the_training_text(bundled: Bundled) -> None:
    files = sorted((TRAINING / "text").glob("*.txt"))
    trained = sentences([line for file in files for line in file.read_text(encoding="utf-8").splitlines()])
    assert len(trained) > 1_000, "the training text is missing: nothing was compared"
    own = sentences([said["text"] for said in bundled.written["utterances"]])
    assert len(own) > 50
    assert not own & trained
