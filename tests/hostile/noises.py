"""What a microphone hears when nobody speaks: made with numpy, the same samples every time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

RATE_HZ = 16_000
CHORDS_HZ = ((262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294))  # C, Am, F, G


def silence(seconds: float) -> np.ndarray:
    """A room at night: noise of the converter alone, -80 dB."""
    return _noise(seconds, 1) * 1e-4


def air_conditioner(seconds: float) -> np.ndarray:
    """Low noise that breathes a little, and the hum of a motor; about -35 dB."""
    raw = _noise(seconds, 2)
    low = np.convolve(raw, np.hanning(24) / 12, mode="same")
    at_s = _times_s(seconds)
    breath = 1 + 0.3 * np.sin(2 * np.pi * at_s / 7)
    hum = sum(np.sin(2 * np.pi * hz * at_s) / n for n, hz in enumerate((50, 100, 150, 200), 1))
    return 0.03 * low * breath + 0.006 * hum


def applause(seconds: float) -> np.ndarray:
    """Forty people clapping, each three or four times a second, in a hall; swells and ebbs every ten seconds."""
    chance = np.random.default_rng(3)
    total = int(seconds * RATE_HZ)
    heard = np.zeros(total + RATE_HZ, np.float64)
    clap = _noise(0.03, 4) * np.exp(-np.arange(480) / 80)
    for _ in range(40):
        at = chance.uniform(0, 0.3)
        while at < seconds:
            first = int(at * RATE_HZ)
            heard[first : first + len(clap)] += clap * chance.uniform(0.02, 0.06)
            at += chance.normal(0.28, 0.03)
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * _times_s(seconds) / 10)
    return heard[:total] * swell


def music(seconds: float) -> np.ndarray:
    """A chime before the broadcast that never stops: chords with overtones, a melody on top, a beat below."""
    at_s = _times_s(seconds)
    heard = np.zeros(len(at_s))
    for number in range(int(seconds / 0.5) + 1):
        here = slice(int(number * 0.5 * RATE_HZ), int((number + 1) * 0.5 * RATE_HZ))
        fade = np.exp(-3 * (at_s[here] - number * 0.5))
        chord = CHORDS_HZ[number // 4 % len(CHORDS_HZ)]
        for hz in (*chord, chord[number % 3] * 2):
            heard[here] += fade * sum(np.sin(2 * np.pi * hz * k * at_s[here]) / k**1.5 for k in range(1, 6))
        heard[here] += 2 * np.exp(-30 * (at_s[here] - number * 0.5)) * np.sin(2 * np.pi * 60 * at_s[here])
    return 0.03 * heard


NOISES: dict[str, Callable[[float], np.ndarray]] = {
    "silence": silence,
    "air conditioner": air_conditioner,
    "applause": applause,
    "music": music,
}


def _noise(seconds: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(int(seconds * RATE_HZ))


def _times_s(seconds: float) -> np.ndarray:
    return np.arange(int(seconds * RATE_HZ)) / RATE_HZ
