"""``minutes doctor``: what is installed, weights, device, folders, and every setting with the place it came from.

In: the settings. Out: findings, each good or not, where not good says the next step. Looks only at this machine and opens
no socket; library versions come from their metadata, so that a broken library is reported instead of crashing the
examination. What is examined is what these settings would use: an office's own model, not the one of the handbook.
"""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipeline import __version__
from pipeline.commands.columns import aligned
from pipeline.engines import weights
from pipeline.schema import Record
from pipeline.settings import DEMO, Settings

LIBRARIES = ("faster-whisper", "ctranslate2", "pyannote.audio", "torch", "torchaudio", "pydub", "SudachiPy", "python-docx")
ENOUGH_GB = 5.0  # three hours of meeting need about 0.4 GB beside the originals


class Finding(Record):
    """One line of the report."""

    topic: str
    good: bool
    text: str


def examine(home: Path, settings: Settings) -> tuple[Finding, ...]:
    """Raises nothing: whatever is wrong is a finding."""
    return (*_programs(), *_weights(home, settings), _device(), *_folders(settings), *_settings(settings))


def table(findings: tuple[Finding, ...]) -> str:
    """One line each: よし or 注意, topic, text."""
    return aligned([("よし" if one.good else "注意", one.topic, one.text) for one in findings])


def _programs() -> list[Finding]:
    found = [Finding(topic="プログラム", good=True, text=f"minutes {__version__}、Python {platform.python_version()}")]
    for name in LIBRARIES:
        try:
            found.append(Finding(topic="部品", good=True, text=f"{name} {version(name)}"))
        except PackageNotFoundError:
            text = f"{name} が入っていません。プログラムを入れ直してください。"
            found.append(Finding(topic="部品", good=False, text=text))
    return found


def _weights(home: Path, settings: Settings) -> list[Finding]:
    wanted = [weights.known(settings.whisper, weights.WHISPER)]
    if settings.diarizer != "builtin":
        wanted.append(weights.known(settings.pyannote, weights.PYANNOTE))
    wanted += [model for model in weights.KNOWN if model.name == DEMO and model not in wanted]
    return [_weights_finding(weights.examine(home, model)) for model in wanted]


def _weights_finding(found: weights.Found) -> Finding:
    name = f"{found.model.part} {found.model.name}"
    if found.folder is None:
        text = f"{name} がありません。{weights.command_for(found.model)}"
    elif found.trouble:
        text = f"{name} が壊れています({found.trouble})。{weights.command_for(found.model)}"
    else:
        text = f"{name} {found.size_bytes / 1e6:,.1f} MB({found.folder})"
    return Finding(topic="モデル", good=found.folder is not None and not found.trouble, text=text)


def _device() -> Finding:
    try:
        from ctranslate2 import get_cuda_device_count

        count = int(get_cuda_device_count())
    except Exception as error:
        return Finding(topic="装置", good=False, text=f"計算部品 ctranslate2 を読み込めません({type(error).__name__})。")
    if count:
        return Finding(topic="装置", good=True, text=f"CUDA {count} 基")
    text = f"CPU {os.cpu_count()} コア(CUDA なし)"
    if shutil.which("nvidia-smi"):  # the driver's own program is here, but the driver does not answer
        text += "。NVIDIA のドライバは入っていますが、使える装置が見つかりません。nvidia-smi を実行して確かめてください。"
    return Finding(topic="装置", good=not shutil.which("nvidia-smi"), text=text)


def _folders(settings: Settings) -> list[Finding]:
    outputs = settings.outputs_folder.resolve()
    existing = next(path for path in (outputs, *outputs.parents) if path.exists())
    writable = existing.is_dir() and os.access(existing, os.W_OK)
    free_gb = shutil.disk_usage(existing).free / 1e9
    enough = free_gb >= ENOUGH_GB
    state = "書き込めます" if writable else "書き込めません。場所と権限を確かめてください"
    room = f"{free_gb:.1f} GB" + ("" if enough else f"(少なめです。{ENOUGH_GB:g} GB 以上を勧めます)")
    return [
        Finding(topic="フォルダ", good=writable, text=f"下書きを置く {outputs}: {state}"),
        Finding(topic="空き容量", good=enough, text=room),
    ]


def _settings(settings: Settings) -> list[Finding]:
    return [
        Finding(
            topic="設定", good=True, text=f"{name} = {_shown(getattr(settings, name))}({settings.sources.get(name, '既定')})"
        )
        for name in Settings.model_fields
        if name != "sources"
    ]


def _shown(value: object) -> str:
    """As one would write it in ``minutes.toml``, without the quotes."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value) or "(空)"
