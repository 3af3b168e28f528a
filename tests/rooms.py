"""Rooms for the tests: what each microphone hears of people who speak at their seats (image sources, bleed, noise).

In: dry voices, where they sit, where the microphones stand, a shoebox of given reverberation. Out: one signal a microphone. The
walls are mirrors (Allen and Berkley 1979): each mirror image of a speaker is heard at its distance, weaker by every wall on its way.
Everything follows from a seed.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.signal

RATE_HZ = 16_000
SOUND_M_PER_S = 343.0
Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Room:
    size_m: Vector = (8.0, 6.0, 2.8)
    rt60_s: float = 0.5

    @property
    def reflection(self) -> float:
        """Of each wall (amplitude), by Eyring's formula."""
        x, y, z = self.size_m
        surface = 2 * (x * y + y * z + x * z)
        absorbed = 1 - math.exp(-24 * math.log(10) / SOUND_M_PER_S * x * y * z / (surface * self.rt60_s))
        return math.sqrt(1 - absorbed)


def impulse(room: Room, source: Vector, microphone: Vector, rng: np.random.Generator) -> np.ndarray:
    """What the microphone hears of a click at the source, (n,) float64."""
    longest_s = max(0.05, 0.8 * room.rt60_s)
    far_m = longest_s * SOUND_M_PER_S
    axes = []
    for size, s, m in zip(room.size_m, source, microphone, strict=True):
        n = np.arange(-math.ceil(far_m / (2 * size)), math.ceil(far_m / (2 * size)) + 1)
        position = np.concatenate((2 * n * size + s, 2 * n * size - s)) - m
        walls = np.concatenate((np.abs(2 * n), np.abs(2 * n - 1)))
        near = np.abs(position) <= far_m
        axes.append((position[near], walls[near]))
    squared = axes[0][0][:, None, None] ** 2 + axes[1][0][None, :, None] ** 2 + axes[2][0][None, None, :] ** 2
    walls = axes[0][1][:, None, None] + axes[1][1][None, :, None] + axes[2][1][None, None, :]
    inside = squared <= far_m**2
    distance, walls = np.sqrt(squared[inside]), walls[inside]
    distance = np.where(
        walls > 0, distance * (1 + rng.normal(0, 0.004, len(distance))), distance
    )  # walls are not quite flat
    amplitude = room.reflection**walls / (4 * np.pi * np.maximum(distance, 0.05))
    at = distance / SOUND_M_PER_S * RATE_HZ
    whole = at.astype(int)
    part = at - whole
    result = np.bincount(whole, amplitude * (1 - part), minlength=int(longest_s * RATE_HZ) + 2)
    result[1:] += np.bincount(whole, amplitude * part, minlength=len(result))[: len(result) - 1]
    return result


def heard(
    voices: list[np.ndarray],
    seats: list[Vector],
    microphones: list[Vector],
    room: Room,
    rng: np.random.Generator,
    snr_db: float = 25.0,
    gains_db: list[float] | None = None,
) -> np.ndarray:
    """(microphones, samples) float32, each with its gain; noise of a projector in the room and of each microphone.

    ``snr_db``: of a voice one metre away against all noise.
    """
    length = max(len(voice) for voice in voices)
    projector = (room.size_m[0] * 0.5, room.size_m[1] * 0.4, room.size_m[2] - 0.4)
    hum = pink(length, rng)
    level = float(np.sqrt(np.mean([np.mean(v[np.abs(v) > 1e-3] ** 2) for v in voices if (np.abs(v) > 1e-3).any()]))) / (
        4 * np.pi
    )
    noise_level = level * 10 ** (-snr_db / 20)
    result = np.zeros((len(microphones), length), np.float32)
    for m, microphone in enumerate(microphones):
        for voice, seat in zip(voices, seats, strict=True):
            result[m, : len(voice)] += scipy.signal.oaconvolve(voice, impulse(room, seat, microphone, rng))[: len(voice)]
        far = scipy.signal.oaconvolve(hum, impulse(room, projector, microphone, rng))[:length]
        result[m] += 0.8 * noise_level * far / np.sqrt(np.mean(far**2))
        result[m] += 0.6 * noise_level * pink(length, rng)
        result[m] *= 10 ** ((gains_db[m] if gains_db else 0.0) / 20)
    return result


def pink(length: int, rng: np.random.Generator) -> np.ndarray:
    """Noise that falls by 3 dB an octave, of power 1."""
    spectrum = np.fft.rfft(rng.normal(size=length))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 20 * length / RATE_HZ))
    noise = np.fft.irfft(spectrum, length)
    return np.asarray(noise / np.sqrt(np.mean(noise**2)))


def table(people: int, rng: np.random.Generator, room: Room) -> tuple[list[Vector], list[Vector]]:
    """Seats around a table of 1 m a person, and a microphone 25 to 50 cm before each mouth."""
    seats, microphones = [], []
    half = math.ceil(people / 2)
    x0, y0 = room.size_m[0] / 2 - (half - 1) / 2, room.size_m[1] / 2
    for person in range(people):
        side = 1 if person < half else -1
        x = x0 + (person % half) * 1.0 + rng.uniform(-0.15, 0.15)
        y = y0 + side * (0.95 + rng.uniform(-0.1, 0.1))
        seats.append((x, y, 1.2 + rng.uniform(-0.08, 0.08)))
        microphones.append((x + rng.uniform(-0.15, 0.15), y - side * rng.uniform(0.25, 0.5), 1.0 + rng.uniform(-0.05, 0.1)))
    return seats, microphones


def dry_voices(
    recording: Path, truth: Path, seconds: float | None = None
) -> tuple[list[np.ndarray], list[tuple[int, int, str]]]:
    """The voices of a bundled meeting, cut apart by its truth: (one signal a person, [(start_ms, end_ms, person)])."""
    import av

    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
    with av.open(str(recording)) as container:
        pieces = [p.to_ndarray()[0] for frame in container.decode(audio=0) for p in resampler.resample(frame)]
        pieces += [p.to_ndarray()[0] for p in resampler.resample(None)]
    sound = np.concatenate(pieces)
    turns = json.loads(truth.read_text(encoding="utf-8"))["turns"]
    said = [(t["start_ms"], t["end_ms"], t["speaker"]) for t in turns if seconds is None or t["end_ms"] <= seconds * 1000]
    sound = sound[: said[-1][1] * 16 + RATE_HZ]
    voices = []
    for person in dict.fromkeys(speaker for _, _, speaker in said):
        mask = np.zeros(len(sound), np.float32)
        for start_ms, end_ms, speaker in said:
            if speaker == person:
                mask[start_ms * 16 : end_ms * 16] = 1.0
        voices.append(sound * scipy.signal.oaconvolve(mask, np.hanning(160) / np.hanning(160).sum(), mode="same"))
    return voices, said
