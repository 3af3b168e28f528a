"""What comes from outside: read whole or refused in words, and shown so that it does no harm."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError

from pipeline import complaints, reading, shown, store
from pipeline.errors import OutputError, RecordingError
from pipeline.schema import Meeting

any_text = st.text(st.characters(codec=None))


@given(any_text)
def test_what_is_shown_keeps_every_place_and_can_be_saved(given_text: str) -> None:
    for clean in (shown.text, shown.line):
        fit = clean(given_text)
        assert len(fit) == len(given_text)
        assert clean(fit) == fit
        assert fit.encode("utf-8").decode("utf-8") == fit
        assert all(new in (old, shown.REPLACEMENT) for old, new in zip(given_text, fit, strict=True))
    assert len(shown.line(given_text).splitlines()) <= 1
    assert shown.is_text(shown.text(given_text))


@pytest.mark.parametrize("ordinary", ["会議 1.wav", "か\u3099", "👩\u200d💼", "\u3000全角", "café", "собрание", "A\u00a0B"])
def test_ordinary_names_stay_as_they_are(ordinary: str) -> None:
    assert shown.line(ordinary) == ordinary


def test_lines_and_tabs_stay_in_a_text() -> None:
    assert shown.text("一\n二\t三\r\n") == "一\n二\t三\r\n"
    assert shown.line("一\n二\t三") == "一\ufffd二\ufffd三"


def test_an_error_is_one_line_whatever_the_file_is_called() -> None:
    error = RecordingError("録音がありません: a\n2026 ERROR \u202evaw.\x1b[2J", "次\nの手")
    assert error.message == "録音がありません: a\ufffd2026 ERROR \ufffdvaw.\ufffd[2J"
    assert error.advice == "次\ufffdの手"


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"12345")
    assert reading.whole(file, 5) == b"12345"
    with pytest.raises(reading.Unreadable, match="大きすぎます"):
        reading.whole(file, 4)


@pytest.mark.parametrize("code", [errno.ENOENT, errno.EACCES, errno.ELOOP, errno.ENAMETOOLONG, errno.EIO, errno.EISDIR])
def test_reasons_are_japanese(code: int) -> None:
    assert not reading.why(OSError(code, os.strerror(code))).isascii()


def test_a_reason_that_we_do_not_know_is_the_systems_own() -> None:
    assert reading.why(OSError(errno.EDOM, "strange")) == "strange"
    assert reading.why(OSError("no number")) == "OSError"


class Written(BaseModel):
    """One field of each kind of mistake."""

    whole: int = 1
    many: int = Field(default=1, ge=1, le=9)
    kind: Literal["a", "b"] = "a"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"whole": "x"}, "整数を書きます"),
        ({"whole": 1.5}, "整数を書きます"),
        ({"many": 0}, "1 以上の数を書きます"),
        ({"many": 10}, "9 以下の数を書きます"),
        ({"kind": "c"}, "使えるのは a, b"),
        ({"whole": b"\xff"}, "整数を書きます"),
    ],
)
def test_a_mistake_is_told_in_japanese(values: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Written.model_validate(values)
    assert complaints.in_japanese(caught.value.errors()[0]) == said


def test_a_kind_of_mistake_that_we_do_not_know_is_told_in_general() -> None:
    with pytest.raises(ValidationError) as caught:
        Meeting.model_validate({"speakers": object()})
    assert "{" in complaints.in_japanese(caught.value.errors()[0])
    assert complaints.in_japanese({"type": "of_tomorrow", "loc": (), "msg": "", "input": 0}) == "値の種類が違います"


# --- what is written --------------------------------------------------------------------------------------------------


def test_an_unfinished_file_is_for_its_owner_only_and_gone_after_a_failure(tmp_path: Path) -> None:
    target = tmp_path / "draft.json"
    (tmp_path / "draft.json.part").write_bytes(b"of a killed run")
    (tmp_path / "draft.json.part").chmod(0o644)
    with store.replacing(target) as part:
        assert part.stat().st_mode & 0o777 == 0o600
        assert part.read_bytes() == b""
        part.write_bytes(b"new")
    (tmp_path / "ordinary").touch()
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode == (tmp_path / "ordinary").stat().st_mode
    with pytest.raises(RuntimeError), store.replacing(target) as part:
        part.write_bytes(b"half")
        raise RuntimeError
    assert target.read_bytes() == b"new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["draft.json", "ordinary"]


def test_a_link_in_the_place_of_an_unfinished_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"kept")
    (tmp_path / "x.part").symlink_to(tmp_path / "elsewhere")
    store.write_bytes(tmp_path / "x", b"new")
    assert (tmp_path / "elsewhere").read_bytes() == b"kept"
    assert not (tmp_path / "x").is_symlink()


def test_a_full_disk_leaves_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="空き"):
        store.write_bytes(tmp_path / "x", b"data")
    assert list(tmp_path.iterdir()) == []


@given(any_text.filter(lambda name: name not in ("", ".", "..") and not {"/", "\0"} & set(name)))
@example("-rf")
@example("x" * 251 + ".wav")
@example("議" * 84)
def test_an_id_is_a_folders_name_and_no_option(name: str) -> None:
    made = store.id_of(Path(name), "ab" * 32, "other")
    assert made.endswith("-ababab")
    assert len(made.encode()) < 200
    assert not made.startswith(("-", "."))
    assert shown.line(made) == made
    assert Path(made).name == made


def test_ids_of_ordinary_names_are_what_they_were() -> None:
    assert store.id_of(Path("第1回 会議.wav"), "0123456789", "x") == "第1回_会議-012345"
    assert store.id_of(Path("...wav"), "0123456789", "recording") == "recording-012345"
