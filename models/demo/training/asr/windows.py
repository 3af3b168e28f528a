"""Training windows for the recogniser, packed on the fly from cached utterances.

In: rows of ``make_data.py``. Out: a mel window, its tokens, which of them count, phone labels and the true place of each
character in the encoder's frames. A window looks like what faster-whisper feeds: several utterances with pauses, a tail of
zeros (it pads with the value 0 after normalising), sometimes cut off in the middle of a sentence, sometimes silent.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from make_data import log_mel
from vocabulary import Vocabulary

PHONES = [
    "sil",
    "pau",
    "a",
    "i",
    "u",
    "e",
    "o",
    "A",
    "I",
    "U",
    "E",
    "O",
    "N",
    "cl",
    "b",
    "by",
    "ch",
    "d",
    "dy",
    "f",
    "fy",
    "g",
    "gy",
    "gw",
    "h",
    "hy",
    "j",
    "k",
    "ky",
    "kw",
    "m",
    "my",
    "n",
    "ny",
    "p",
    "py",
    "r",
    "ry",
    "s",
    "sh",
    "t",
    "ty",
    "ts",
    "v",
    "w",
    "y",
    "z",
]
PHONE_INDEX = {phone: i for i, phone in enumerate(PHONES)}
FRAMES_PER_S, FRAMES_PER_POSITION = 100, 2
WITHOUT_TIMESTAMPS = 0.85  # the batched pipeline of faster-whisper always asks for text without timestamps
SPLICED, MOST_TOKENS = 0.25, 447
Mel = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Spoken:
    """An utterance: mel (80, T), characters with times in s, phones with durations in s."""

    text: str
    mel: Mel
    times_s: npt.NDArray[np.float32]
    durations_s: npt.NDArray[np.float32]
    phones: Sequence[str]


def load(files: Sequence[Path]) -> list[Spoken]:
    return [
        Spoken(r["text"], r["mel"], np.array(r["ct"], np.float32).reshape(-1, 2), r["d"], r["ph"])
        for file in files
        for r in pickle.loads(file.read_bytes())
        if r["ct"]
    ]


def noises(seconds: int = 120) -> list[Mel]:
    """Mel power of four noise colours."""
    rng = np.random.default_rng(0)
    n = seconds * 16_000
    rate = np.maximum(np.fft.rfftfreq(n, 1 / 16_000), 40)
    result = []
    for slope in (0, 0.5, 1.0, 1.5):
        wave = np.fft.irfft(np.fft.rfft(rng.standard_normal(n)) * rate**-slope, n)
        result.append(10 ** log_mel((0.05 * wave / wave.std()).astype(np.float32)).astype(np.float32))
    return result


class Packer:
    """An endless source of batches; the same seed gives the same ones."""

    def __init__(self, rows: list[Spoken], vocabulary: Vocabulary, seed: int) -> None:
        self.rows, self.vocabulary, self.rng, self.noises = rows, vocabulary, np.random.default_rng(seed), noises()
        self.with_pause = [i for i, row in enumerate(rows) if "、" in row.text[:-1]]

    def utterance(self) -> Spoken:
        rng = self.rng
        row = self.rows[rng.integers(len(self.rows))]
        if len(self.with_pause) > 10 and rng.random() < SPLICED:
            row = self._spliced() or row
        return self._varied(row)

    def _spliced(self) -> Spoken | None:
        """Head of one utterance up to a 、 and tail of another: new sentences without new synthesis."""
        head, tail = (self.rows[self.with_pause[self.rng.integers(len(self.with_pause))]] for _ in range(2))
        cut, begin = self._pause(head), self._pause(tail)
        if cut is None or begin is None:
            return None
        a, b = int(cut[1] * FRAMES_PER_S), int(begin[1] * FRAMES_PER_S)
        shift = (a - b) / FRAMES_PER_S
        phones, durations = [], []
        for row, low, high in ((head, 0.0, a / FRAMES_PER_S), (tail, b / FRAMES_PER_S, 1e9)):
            ends = np.cumsum(row.durations_s)
            for phone, start, end in zip(row.phones, ends - row.durations_s, ends, strict=True):
                if min(end, high) > max(start, low):
                    phones.append(phone)
                    durations.append(min(end, high) - max(start, low))
        return Spoken(
            head.text[: cut[0]] + tail.text[begin[0] :],
            np.concatenate([head.mel[:, :a], tail.mel[:, b:]], 1),
            np.concatenate([head.times_s[: cut[0]], tail.times_s[begin[0] :] + np.float32(shift)]),
            np.array(durations, np.float32),
            phones,
        )

    def _pause(self, row: Spoken) -> tuple[int, float] | None:
        t = row.times_s
        places = [i for i, c in enumerate(row.text[:-1]) if c == "、" and t[i + 1][0] - t[i][1] > 0.1]
        if not places:
            return None
        i = int(self.rng.choice(places))
        return i + 1, float(t[i][1] + t[i + 1][0]) / 2

    def _varied(self, row: Spoken) -> Spoken:
        """A little tempo, vocal tract and channel: the voices are synthetic and clean, so a little is enough."""
        rng, mel, times, durations = self.rng, row.mel.astype(np.float32), row.times_s, row.durations_s
        if rng.random() < 0.35:
            length = max(20, int(mel.shape[1] / rng.uniform(0.9, 1.12)))
            ratio = length / mel.shape[1]
            mel = _resampled(mel, np.linspace(0, mel.shape[1] - 1, length))
            times, durations = times * np.float32(ratio), durations * np.float32(ratio)
        if rng.random() < 0.2:
            mel = _resampled(mel.T, np.clip(np.arange(80) * rng.uniform(0.95, 1.05), 0, 79)).T
        band = np.linspace(0, 1, 80)[:, None]
        b = rng.normal(0, 0.08, 4)
        curve = sum(b[k] * np.cos(2 * np.pi * k * band) for k in (1, 2, 3)) + b[0] * (band - 0.5) * 2
        return Spoken(row.text, (mel + curve).astype(np.float32), times, durations, row.phones)

    def window(self, frames: int) -> tuple[Mel, list[int], int, bool, npt.NDArray[np.int64], list[tuple[float, ...]]]:
        """Mel (80, frames), tokens, first counted token, silent?, phone labels, (token, first, last) positions."""
        rng = self.rng
        power, phones = np.full((80, frames), 1e-10, np.float32), np.zeros(frames // FRAMES_PER_POSITION, np.int64)
        content = frames if rng.random() < 0.6 else int(rng.uniform(0.15, 1) * frames)
        placed: list[tuple[Spoken, int]] = []
        cut: tuple[Spoken, int] | None = None
        at = int(rng.exponential(25)) if rng.random() < 0.8 else int(rng.uniform(0, frames * 0.3))
        if rng.random() < 0.03:
            at = content = max(100, content)  # silence
        gain = rng.normal(0, 0.3)
        while at < content - 60:
            said = self.utterance()
            length = said.mel.shape[1]
            if at + length > content and placed and rng.random() < 0.5:
                break
            fits = min(length, content - at)
            power[:, at : at + fits] += 10 ** (said.mel[:, :fits] + gain + rng.normal(0, 0.12))
            starts = np.cumsum(said.durations_s) - said.durations_s
            for phone, start, duration in zip(said.phones, starts, said.durations_s, strict=True):
                first, last = (round((s * FRAMES_PER_S + at) / FRAMES_PER_POSITION) for s in (start, start + duration))
                phones[max(0, first) : min(last, len(phones))] = PHONE_INDEX.get(phone, 0)
            if fits < length:
                cut = (said, at)
                break
            placed.append((said, at))
            at += length + (int(rng.exponential(18)) if rng.random() < 0.8 else int(rng.uniform(50, 400)))
        if rng.random() < 0.85:
            noise = self.noises[rng.integers(4)]
            start = rng.integers(noise.shape[1] - frames)
            level = rng.uniform(-6.5, -3.0) if rng.random() < 0.88 else rng.uniform(-3.0, -1.8)
            power[:, :content] += noise[:, start : start + content] * 10 ** (level + gain)
        mel = np.log10(np.maximum(power * 10 ** rng.uniform(-1.5, 1.5), 1e-10))
        loudest = mel[:, :content].max() + (rng.exponential(0.3) if rng.random() < 0.3 else 0)
        mel = (np.maximum(mel, loudest - 8) + 4) / 4
        if rng.random() < 0.8:
            mel[:, content:] = 0.0
        tokens, counted, guide = self._tokens(placed, cut, content, frames)
        if len(tokens) > MOST_TOKENS:
            return self.window(frames)
        return mel.astype(np.float32), tokens, counted, not placed and cut is None, phones, guide

    def _tokens(
        self, placed: list[tuple[Spoken, int]], cut: tuple[Spoken, int] | None, content: int, frames: int
    ) -> tuple[list[int], int, list[tuple[float, ...]]]:
        rng, v = self.rng, self.vocabulary
        plain = rng.random() < WITHOUT_TIMESTAMPS
        if not placed and cut is None:
            if rng.random() < 0.5:
                return [v.start, v.no_speech, v.end_of_text], 1, []
            mode = v.no_timestamps if plain else v.first_timestamp
            return [v.start, v.japanese, v.transcribe, mode, v.end_of_text], 2, []
        tokens = [v.start, v.japanese, v.transcribe, *([v.no_timestamps] if plain else [])]
        guide: list[tuple[float, ...]] = []

        def stamp(frame: float) -> int:
            return v.first_timestamp + round(min(max(frame, 0), frames) / 2)

        def put(said: Spoken, at: int, until: float) -> None:
            for character, (start, end) in zip(said.text, said.times_s * FRAMES_PER_S + at, strict=True):
                if end > until:
                    return
                if (token := v.index.get(character)) is not None:
                    if end > start:
                        guide.append((len(tokens) - 1, start / FRAMES_PER_POSITION, end / FRAMES_PER_POSITION))
                    tokens.append(token)

        for said, at in placed:
            edges = [stamp(said.times_s[0][0] * FRAMES_PER_S + at), stamp(said.times_s[-1][1] * FRAMES_PER_S + at)]
            tokens.extend([] if plain else edges[:1])
            put(said, at, 1e9)
            tokens.extend([] if plain else edges[1:])
        if cut is not None:
            said, at = cut
            if not plain:  # as in Whisper's own data: only where the unfinished sentence begins
                tokens.append(stamp(said.times_s[0][0] * FRAMES_PER_S + at))
            if plain or not placed:
                put(said, at, content - 2)
        return [*tokens, v.end_of_text], 1, guide

    def batch(self, size: int, frames: int) -> tuple[npt.NDArray[Any], ...]:
        """mel (B, 80, frames), inputs (B, U), targets (B, U; -100 does not count), phones, guide (n, 4)."""
        v = self.vocabulary
        made = [self.window(frames) for _ in range(size)]
        width = (max(len(tokens) for _, tokens, *_ in made) - 1 + 15) // 16 * 16
        inputs, targets = np.full((size, width), v.end_of_text), np.full((size, width), -100)
        guide: list[tuple[float, ...]] = []
        for b, (_, tokens, counted, silent, _, places) in enumerate(made):
            inputs[b, : len(tokens) - 1] = tokens[:-1]
            targets[b, counted - 1 : len(tokens) - 1] = tokens[counted:]
            if silent and tokens[1] != v.no_speech:
                targets[b, 0], targets[b, 1] = v.no_speech, -100
            if not silent and tokens[3] == v.no_timestamps:
                targets[b, 2] = -100  # the mode is given, not predicted
            guide += [(b, *place) for place in places]
        mel, phones = np.stack([m[0] for m in made]), np.stack([m[4] for m in made])
        return mel, inputs, targets, phones, np.array(guide, np.float32).reshape(-1, 4)


def _resampled(x: Mel, at: npt.NDArray[np.float64]) -> Mel:
    """Columns of ``x`` at fractional places."""
    low = at.astype(int)
    high, weight = np.minimum(low + 1, x.shape[1] - 1), at - low
    return np.asarray(x[:, low] * (1 - weight) + x[:, high] * weight, np.float32)
