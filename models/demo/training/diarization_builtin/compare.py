"""What the built-in diarizer was chosen by: kinds of points and ways to count speakers, on the development meetings.

In: the folder that ``dev_meetings.py`` wrote (any ``<name>.wav`` with ``<name>.rttm`` may join). Out: a table with, for
each choice, the speakers found, how often the number is right, its mean error, and the DER (collar 0.25 s) with its part
that is confusion of speakers. Meetings 0-7 were for choosing, 8-15 for checking.

    python models/demo/training/diarization_builtin/compare.py .work/dev
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parents[4]))

from pipeline import wav
from pipeline.engines import cepstra, clustering, silero, spectral, voiceprints
from pipeline.schema import SpeakerCount, Voice
from pipeline.scoring import sides
from pipeline.scoring.voices import VoiceErrors, voice_errors

FEWEST, MOST = 2, 15
Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Meeting:
    name: str
    truth: tuple[Voice, ...]
    speech: list[tuple[int, int]]
    full: voiceprints.Prints
    simple: voiceprints.Prints  # mean and spread of the cepstra, nothing learned

    @property
    def speakers(self) -> int:
        return len({voice.speaker for voice in self.truth})


def load(audio: Path) -> Meeting:
    speech = silero.vad(audio, 0, wav.duration_ms(audio))
    frames = cepstra.analyse(audio, speech, lambda done, total: None)
    full = voiceprints.prints(frames, speech)
    plain, _ = voiceprints._Describer(frames)(full.windows)
    simple = voiceprints.Prints(full.windows, plain[:, : 2 * cepstra.CEPSTRA], full.weights)
    return Meeting(audio.stem, sides.read(audio.with_suffix(".rttm")).voices or (), speech, full, simple)


def measure(meeting: Meeting, found: voiceprints.Prints, speakers: int) -> VoiceErrors:
    voices = spectral.BuiltinDiarizer()._voices(meeting.speech, found, SpeakerCount(exact=speakers))
    errors = voice_errors(meeting.truth, voices, 0.25)
    assert errors is not None
    return errors


def labels(points: Points, count: int) -> npt.NDArray[np.intp]:
    centres = clustering.centres(points, np.ones(len(points)), count)
    return np.asarray(clustering.closeness(points, centres).argmax(1))


def eigengap(points: Points) -> int:
    return clustering.estimate(points, FEWEST, MOST)


def calinski(points: Points) -> int:
    from sklearn.metrics import calinski_harabasz_score

    return max(range(FEWEST, MOST + 1), key=lambda k: calinski_harabasz_score(points, labels(points, k)))


def silhouette(points: Points) -> int:
    from sklearn.metrics import silhouette_score

    return max(range(FEWEST, MOST + 1), key=lambda k: silhouette_score(points, labels(points, k)))


def bic(penalty: float) -> Callable[[Points], int]:
    """Spherical clusters of one width; windows overlap fourfold, so only a quarter of them is evidence."""

    def cost(points: Points, k: int) -> float:
        n, d = len(points) / 4, points.shape[1]
        centres = clustering.centres(points, np.ones(len(points)), k)
        squares = ((points - centres[labels(points, k)]) ** 2).sum(1)
        return float(n * d * np.log(squares.mean()) + penalty * k * (d + 1) * np.log(max(2, n)))

    return lambda points: min(range(FEWEST, MOST + 1), key=lambda k: cost(points, k))


def report(title: str, meetings: list[Meeting], simple: bool, count: Callable[[Points], int] | None) -> None:
    numbers, errors = [], []
    for meeting in meetings:
        prints = meeting.simple if simple else meeting.full
        numbers.append(count(prints.points[prints.weights > 0]) if count else meeting.speakers)
        errors.append(measure(meeting, prints, numbers[-1]))
    print(f"\n{title}\n  speakers  {' '.join(f'{n:5d}' for n in numbers)}")
    print(f"  DER %     {' '.join(f'{100 * e.error:5.1f}' for e in errors)}")
    print(f"  confusion {' '.join(f'{100 * e.confusion:5.1f}' for e in errors)}")
    for name, part in (("dev0-7", slice(0, 8)), ("dev8-15", slice(8, 16))):
        off = [abs(n - m.speakers) for n, m in zip(numbers[part], meetings[part], strict=True)]
        der = np.mean([e.error for e in errors[part]])
        confusion = np.mean([e.confusion for e in errors[part]])
        print(
            f"  {name:8s} number right {off.count(0)}/{len(off)}, off by {np.mean(off):.2f}, "
            f"DER {100 * der:.1f} %, confusion {100 * confusion:.1f} %",
            flush=True,
        )


def main(folder: Path) -> None:
    files = sorted(folder.glob("*.wav"), key=lambda f: (not f.stem.startswith("dev"), len(f.stem), f.stem))
    meetings = [load(file) for file in files]
    print("meeting    ", " ".join(f"{m.name[-5:]:>5s}" for m in meetings))
    print("speakers   ", " ".join(f"{m.speakers:5d}" for m in meetings))
    report("number given, cepstra only", meetings, True, None)
    report("number given", meetings, False, None)
    counters: dict[str, Callable[[Points], int]] = {
        "eigengap": eigengap, "Calinski-Harabasz": calinski, "silhouette": silhouette,
        "BIC 2": bic(2), "BIC 3": bic(3), "BIC 4": bic(4),
    }  # fmt: skip
    for name, counter in counters.items():
        report(f"number by {name}", meetings, False, counter)
    report("number by eigengap, cepstra only", meetings, True, eigengap)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
