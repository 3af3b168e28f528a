"""Open JTalk speech with exact times, for training the demo models and for the sample meetings.

In: a sentence and a ``Speaker``. Out: a 16 kHz wave with the time of every phone and character. The HTS engine is
driven through its C library, because the Python wrapper hides what is needed here: the all-pass constant (formants,
i.e. the size of the vocal tract) and the state durations (exact phone times, so that no aligner is needed).

Needs the package pyopenjtalk-plus and Debian's libhtsengine1; ``HTSLIB`` may name another build of that library
(compiled with ``-O3 -march=native -ffast-math`` it is 2.5 times faster, and bulk synthesis is most of the work).
Voices: Mei (in pyopenjtalk-plus) and nitech m001 (``voices/``), both CC BY 3.0.
"""

from __future__ import annotations

import ctypes
import difflib
import functools
import os
import random
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyopenjtalk
from scipy.signal import resample_poly

RATE_HZ = 16_000
LOUDNESS = 0.05  # RMS of every utterance
EDGE_S = 0.1  # silence left before and after the speech
VOICES = {
    "mei": pyopenjtalk.DEFAULT_HTS_VOICE,
    "nitech": str(Path(__file__).parent / "voices" / "nitech_jp_atr503_m001.htsvoice").encode(),
}
VOWEL_ENDS = frozenset("aiueoAIUEO") | {"N", "cl"}  # phones that close a mora
Wave = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Speaker:
    """A pseudo-speaker. ``alpha_offset`` shifts the all-pass constant: positive sounds like a larger speaker."""

    voice: str
    half_tone: float
    alpha_offset: float
    speed: float


@dataclass(frozen=True)
class Utterance:
    """``wave`` (n,) float32 at 16 kHz; phones with durations in seconds; a (start, end) in seconds per character."""

    wave: Wave
    phones: list[str]
    durations_s: npt.NDArray[np.float64]
    char_times_s: list[tuple[float, float]]


def random_speaker(rng: random.Random) -> Speaker:
    """Any speaker of the training range: formants follow the pitch, as in people, with some freedom."""
    voice = rng.choice(sorted(VOICES))
    half_tone = rng.uniform(-11, 4) if voice == "mei" else rng.uniform(-4, 8)
    usual = -half_tone * 0.005 if voice == "mei" else (2 - half_tone) * 0.006
    alpha = max(-0.055, min(0.07, usual + rng.uniform(-0.02, 0.02)))
    return Speaker(voice, half_tone, alpha, rng.uniform(0.92, 1.3))


@functools.cache
def _library() -> Any:
    library = ctypes.CDLL(os.environ.get("HTSLIB", "libHTSEngine.so.1"))
    p, d, z = ctypes.c_void_p, ctypes.c_double, ctypes.c_size_t
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "initialize": (None, [p]),
        "load": (ctypes.c_char, [p, ctypes.POINTER(ctypes.c_char_p), z]),
        "get_alpha": (d, [p]),
        "set_alpha": (None, [p, d]),
        "set_speed": (None, [p, d]),
        "add_half_tone": (None, [p, d]),
        "synthesize_from_strings": (ctypes.c_char, [p, ctypes.POINTER(ctypes.c_char_p), z]),
        "get_nsamples": (z, [p]),
        "get_generated_speech": (d, [p, z]),
        "get_total_state": (z, [p]),
        "get_state_duration": (z, [p, z]),
        "get_nstate": (z, [p]),
        "get_fperiod": (z, [p]),
        "get_sampling_frequency": (z, [p]),
        "refresh": (None, [p]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, f"HTS_Engine_{name}")
        function.restype, function.argtypes = result, arguments
    return library


class _Engine:
    """One loaded voice. The C struct is opaque: a generous buffer holds it."""

    def __init__(self, voice: str) -> None:
        self._buffer = ctypes.create_string_buffer(8192)
        self.address = ctypes.addressof(self._buffer)
        self.c = _library()
        self.c.HTS_Engine_initialize(self.address)
        if self.c.HTS_Engine_load(self.address, (ctypes.c_char_p * 1)(VOICES[voice]), 1) != b"\x01":
            raise RuntimeError(f"voice {voice} does not load")
        self.rate_hz = self.c.HTS_Engine_get_sampling_frequency(self.address)
        self.alpha = self.c.HTS_Engine_get_alpha(self.address)

    def speak(self, labels: list[str], speaker: Speaker) -> tuple[Wave, npt.NDArray[np.float64]]:
        """The wave at ``rate_hz`` and the duration of each label in seconds."""
        c, p = self.c, self.address
        c.HTS_Engine_refresh(p)
        c.HTS_Engine_set_speed(p, speaker.speed)
        c.HTS_Engine_add_half_tone(p, speaker.half_tone)
        c.HTS_Engine_set_alpha(p, self.alpha + speaker.alpha_offset)
        lines = (ctypes.c_char_p * len(labels))(*[label.encode() for label in labels])
        if c.HTS_Engine_synthesize_from_strings(p, lines, len(labels)) != b"\x01":
            raise RuntimeError("synthesis failed")
        samples = c.HTS_Engine_get_nsamples(p)
        wave = np.fromiter((c.HTS_Engine_get_generated_speech(p, i) for i in range(samples)), np.float32, samples)
        states = c.HTS_Engine_get_total_state(p)
        frames = np.array([c.HTS_Engine_get_state_duration(p, i) for i in range(states)], float)
        per_phone = frames.reshape(-1, c.HTS_Engine_get_nstate(p)).sum(1)
        return wave, per_phone * c.HTS_Engine_get_fperiod(p) / self.rate_hz


@functools.cache
def _engine(voice: str) -> _Engine:
    return _Engine(voice)


def say(text: str, speaker: Speaker) -> Utterance:
    """Raises ValueError where the front end loses track of the characters (rare; such a sentence is left out)."""
    words = pyopenjtalk.run_frontend(text, use_sudachi_kanji_yomi=False, predict_nani=False)
    labels = pyopenjtalk.make_label(words)
    phones = [label.split("-", 1)[1].split("+", 1)[0] for label in labels]
    engine = _engine(speaker.voice)
    wave, durations_s = engine.speak(labels, speaker)
    times = _char_times(text, words, phones, durations_s)
    wave = resample_poly(wave, 1, engine.rate_hz // RATE_HZ).astype(np.float32)
    lead_s, tail_s = max(0.0, durations_s[0] - EDGE_S), max(0.0, durations_s[-1] - EDGE_S)
    wave = wave[int(lead_s * RATE_HZ) : len(wave) - int(tail_s * RATE_HZ)]
    durations_s = durations_s.copy()
    durations_s[0] -= lead_s
    durations_s[-1] -= tail_s
    wave = wave * np.float32(LOUDNESS / (float(np.sqrt((wave**2).mean())) + 1e-9))
    return Utterance(wave, phones, durations_s, [(a - lead_s, b - lead_s) for a, b in times])


def _char_times(
    text: str, words: list[Any], phones: list[str], durations_s: npt.NDArray[np.float64]
) -> list[tuple[float, float]]:
    """Word times spread over their characters; what the front end rewrote (350 → 三百五十) is filled in proportion."""
    ends = np.cumsum(durations_s)
    moras: list[tuple[float, float]] = []
    begun: float | None = None
    for phone, start, end in zip(phones, ends - durations_s, ends, strict=True):
        if phone in ("sil", "pau"):
            begun = None
            continue
        begun = start if begun is None else begun
        if phone in VOWEL_ENDS:
            moras.append((float(begun), float(end)))
            begun = None
    if sum(word["mora_size"] for word in words) != len(moras):
        raise ValueError(f"moras and phones disagree in a sentence of {len(text)} characters")
    shown: list[str] = []
    times: list[tuple[float, float]] = []
    used, last = 0, float(durations_s[0])
    for word in words:
        string = unicodedata.normalize("NFKC", word["string"])
        shown.append(string)
        if word["mora_size"] == 0:
            times += [(last, last)] * len(string)
            continue
        start, end = moras[used][0], moras[used + word["mora_size"] - 1][1]
        used += word["mora_size"]
        edges = np.linspace(start, end, len(string) + 1)
        times += [(float(edges[i]), float(edges[i + 1])) for i in range(len(string))]
        last = end
    return _carried_over(text, "".join(shown), times)


def _carried_over(text: str, shown: str, times: list[tuple[float, float]]) -> list[tuple[float, float]]:
    if shown == text:
        return times
    result: list[tuple[float, float]] = [(0.0, 0.0)] * len(text)
    for kind, i1, i2, j1, j2 in difflib.SequenceMatcher(None, text, shown, False).get_opcodes():
        if kind == "equal":
            result[i1:i2] = times[j1:j2]
        elif i2 > i1:
            low = times[j1][0] if j1 < len(times) else times[-1][1]
            edges = np.linspace(low, times[j2 - 1][1] if j2 > j1 else low, i2 - i1 + 1)
            result[i1:i2] = [(float(edges[i]), float(edges[i + 1])) for i in range(i2 - i1)]
    return result
