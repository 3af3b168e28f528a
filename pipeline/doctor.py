"""``minutes doctor``: what is installed, weights, device, folders, and every setting with the place it came from.

In: the settings. Out: findings, each good or not. Looks only at this machine and opens no socket; library versions come
from their metadata, so that a broken library is reported instead of crashing the examination.
"""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipeline import __version__
from pipeline.engines import weights
from pipeline.schema import Record
from pipeline.settings import Settings

LIBRARIES = ("faster-whisper", "ctranslate2", "pyannote.audio", "torch", "torchaudio", "pydub", "SudachiPy", "python-docx")
ENOUGH_GB = 5.0  # three hours of meeting need about 0.4 GB beside the originals


class Finding(Record):
    """One line of the report."""

    topic: str
    good: bool
    text: str


def examine(home: Path, settings: Settings) -> tuple[Finding, ...]:
    return (*_programs(), *_weights(home), _device(), *_folders(settings), *_settings(settings))


def table(findings: tuple[Finding, ...]) -> str:
    return "\n".join(f"{'よし' if one.good else '注意'}\t{one.topic}\t{one.text}" for one in findings)


def _programs() -> list[Finding]:
    found = [Finding(topic="プログラム", good=True, text=f"minutes {__version__}、Python {platform.python_version()}")]
    for name in LIBRARIES:
        try:
            found.append(Finding(topic="部品", good=True, text=f"{name} {version(name)}"))
        except PackageNotFoundError:
            found.append(Finding(topic="部品", good=False, text=f"{name} が入っていません。"))
    return found


def _weights(home: Path) -> list[Finding]:
    result = []
    for model in weights.KNOWN:
        found = weights.examine(home, model)
        text = f"{model.part} {model.name}: " + (
            (found.trouble and f"壊れています({found.trouble})")
            or ("あり" if found.folder else f"なし。{weights.command_for(model)}")
        )
        result.append(Finding(topic="モデル", good=bool(found.folder) and not found.trouble, text=text))
    return result


def _device() -> Finding:
    try:
        from ctranslate2 import get_cuda_device_count

        count = int(get_cuda_device_count())
    except Exception as error:
        return Finding(topic="装置", good=False, text=f"計算部品を読み込めません({type(error).__name__})。")
    text = f"CUDA {count} 基" if count else f"CPU {os.cpu_count()} コア(CUDA なし)"
    return Finding(topic="装置", good=True, text=text)


def _folders(settings: Settings) -> list[Finding]:
    outputs = settings.outputs_folder
    existing = next(path for path in (outputs, *outputs.resolve().parents) if path.exists())
    writable = os.access(existing, os.W_OK)
    free_gb = shutil.disk_usage(existing).free / 1e9
    return [
        Finding(topic="フォルダ", good=writable, text=f"{outputs}: {'書き込めます' if writable else '書き込めません'}"),
        Finding(topic="空き容量", good=free_gb >= ENOUGH_GB, text=f"{free_gb:.1f} GB"),
    ]


def _settings(settings: Settings) -> list[Finding]:
    return [
        Finding(topic="設定", good=True, text=f"{name} = {getattr(settings, name)}({settings.sources.get(name, '既定')})")
        for name in Settings.model_fields
        if name != "sources"
    ]
