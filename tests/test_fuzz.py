"""Importers, parser and decoder against input that nobody thought of, made to look almost right.

Whatever comes in, there are two ends: the records that the rest of the program relies on, or a ``MinutesError`` in Japanese.
The quick run tries some dozens of each; ``--hypothesis-profile=long`` tries thousands.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline import documents, job, layouts, meeting_file, parsing, prepare, shown, transcripts
from pipeline.commands import check, redactions
from pipeline.errors import MinutesError, RecordingError, SettingsError
from pipeline.export import EXPORTERS, plaintext
from pipeline.protocols import no_progress
from pipeline.run import understand
from pipeline.schema import Draft, Meeting
from pipeline.settings import Settings, load
from tests.hostile import drafts, sound
from tests.test_hostile import ENGLISH, JAPANESE

QUICK = 50
IS_LONG = settings().max_examples > 100
pytestmark = pytest.mark.timeout(3_600 if IS_LONG else 120)


def fuzz(quick: int = QUICK) -> Callable[[Any], Any]:
    """As many examples as the profile asks for; in the default one, few."""
    wanted = settings().max_examples if IS_LONG else quick
    return settings(max_examples=wanted, deadline=None, suppress_health_check=list(HealthCheck))


def in_a_file(content: bytes, name: str, use: Callable[[Path], Any]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(content)
        return use(file)


def helps(error: MinutesError) -> None:
    assert JAPANESE.search(error.message)
    assert error.advice
    assert "\n" not in error.message


# --- what values look like --------------------------------------------------------------------------------------------

texts = st.text(st.characters(codec=None), max_size=20) | st.text("はいえー、。？「」 \n賛成です1<>&{}", max_size=30)
numbers = st.integers() | st.floats() | st.sampled_from([0, -0.0, 1e308, math.nan, math.inf, 2**63, 1e-320, 359_999.9995])
anything = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(texts, inside, max_size=3),
    max_leaves=6,
)


def mostly(good: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What is right, and now and then anything at all."""
    return st.integers(0, 12).flatmap(lambda die: anything if die == 0 else good)


# --- transcripts ------------------------------------------------------------------------------------------------------

seconds = st.floats(0, 50)
speakers = st.sampled_from(["A", "B", "", None])
word = st.fixed_dictionaries(
    {"word": mostly(texts)},
    optional={"start": mostly(seconds), "end": mostly(seconds), "score": mostly(numbers), "speaker": mostly(speakers)},
)
segment = st.fixed_dictionaries(
    {"start": mostly(seconds), "end": mostly(st.floats(50, 90)), "text": mostly(texts)},
    optional={
        "speaker": mostly(speakers),
        "words": mostly(st.lists(mostly(word), max_size=4)),
        "avg_logprob": mostly(numbers),
        "no_speech_prob": mostly(st.floats(0, 1)),
        "id": anything,
    },
)
transcript = mostly(st.fixed_dictionaries({"segments": mostly(st.lists(mostly(segment), max_size=5))}))


def to_a_draft(file: Path) -> Draft | None:
    """The whole way; None for a file that is refused."""
    try:
        recording, heard, voices = transcripts.read(file)
    except RecordingError as error:
        helps(error)
        return None
    meeting = Meeting()
    return understand(
        recording, heard, voices, meeting, layouts.load(meeting.template), job.provenance(load({}, {}), ()), ()
    )


@fuzz()
@given(transcript)
@example({"segments": [{"start": 0, "end": 1e308, "text": "x"}]})
@example({"segments": [{"start": 0, "end": 1, "text": "\ud800\x00", "avg_logprob": math.nan}]})
def test_any_json_is_a_draft_with_every_word_or_an_error(content: Any) -> None:
    draft = in_a_file(json.dumps(content).encode(), "x.json", to_a_draft)
    if draft is None:
        return
    given_chars = sum(
        len("".join(shown.text("".join(w["word"] for w in s["words"]) if any(w["word"] for w in s.get("words", ())) else s["text"]).split()))
        for s in content["segments"]
    )  # fmt: skip
    assert sum(len("".join(turn.spoken.split())) for turn in draft.turns) == given_chars
    assert Draft.model_validate_json(draft.model_dump_json(by_alias=True)) == draft
    for name in EXPORTERS:
        assert documents.render(draft, name) is not None


stamp = st.builds("{:02}:{:02}.{:03}".format, st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
odd_stamp = st.sampled_from(
    ["00:01", "1:2:3.4", "-00:01.000", "NaN", "", "99:99:99.999", "٠٠:٠٠.٠٠٠", "1" * 40 + ":00:00.000"]
)
stamps = st.integers(0, 12).flatmap(lambda die: odd_stamp if die == 0 else stamp)
arrow = st.sampled_from([" --> "] * 8 + ["-->", " -> ", " --> --> ", "\t-->\t"])
pieces = st.lists(st.sampled_from(["<v A>", "<v B.x>", "<v.c D>", "</v>", "<", ">", "<b>", "&amp;", "&#0;", "はい。", "-->"]) | texts, max_size=5)  # fmt: skip
cue = st.builds("{}{}{}\n{}\n".format, stamps, arrow, stamps, pieces.map("".join))
lines = st.lists(cue | st.sampled_from(["NOTE x\n", "STYLE\n", "\n", "1\n", "\r", "\ufeff"]) | texts, max_size=6)


@fuzz()
@given(lines.map(lambda parts: "WEBVTT\n\n" + "\n".join(parts)))
def test_any_cues_are_a_draft_or_an_error(content: str) -> None:
    draft = in_a_file(content.encode("utf-8", "surrogatepass"), "x.vtt", to_a_draft)
    if draft is not None:
        assert any(turn.spoken for turn in draft.turns)
        assert documents.render(draft, "docx")


@fuzz()
@given(st.binary(max_size=200), st.sampled_from([b"", b"WEBVTT\n\n", b"{", b'{"segments":[', b"\xef\xbb\xbf"]))
def test_any_bytes_are_refused_as_a_transcript(content: bytes, head: bytes) -> None:
    in_a_file(head + content, "x.json", to_a_draft)


# --- what is written by hand ------------------------------------------------------------------------------------------

toml_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
moments = st.datetimes() | st.dates() | st.times() | st.datetimes(timezones=st.just(dt.UTC))
toml_value = st.recursive(
    toml_text | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | moments,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(toml_text, inside, max_size=3),
    max_leaves=5,
)


def toml(value: Any) -> str:
    """TOML of a value; tables are written inline, so that they fit everywhere."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(inside)}" for key, inside in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value).replace("\x7f", "\\u007f") if value.isascii() else _basic(value)
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _basic(value: str) -> str:
    return '"' + "".join(c if c.isalnum() else f"\\U{ord(c):08x}" for c in value) + '"'


def table(fields: list[str]) -> st.SearchStrategy[str]:
    keys = st.sampled_from(fields) | toml_text
    item = st.fixed_dictionaries(
        {}, optional={"label": toml_value, "title": toml_text, "name": toml_text, "role": toml_value}
    )
    values = toml_value | st.lists(item, max_size=3)
    return st.dictionaries(keys, values, max_size=3).map(
        lambda entries: "".join(f"{_basic(key)} = {toml(value)}\n" for key, value in entries.items())
    )


@fuzz()
@given(table(list(Meeting.model_fields)) | texts)
@example('[[attendees]]\nname = ""\nrole = "会長"')
@example("speakers = true")
def test_any_meeting_file_is_a_meeting_or_an_error(content: str) -> None:
    def read(file: Path) -> None:
        try:
            assert isinstance(meeting_file.read(file), Meeting)
        except SettingsError as error:
            helps(error)
            assert not ENGLISH.search(error.message.split("): ")[-1] if "): " in error.message else ""), error.message

    in_a_file(content.encode("utf-8", "surrogatepass"), "x.toml", read)


@fuzz()
@given(
    table(list(Settings.model_fields)) | texts,
    st.dictionaries(st.sampled_from(list(Settings.model_fields)), texts, max_size=2),
)
def test_any_settings_are_settings_or_an_error(content: str, variables: dict[str, str]) -> None:
    def read(file: Path) -> None:
        environment = {f"MINUTES_{name.upper()}": value for name, value in variables.items() if name != "home"}
        try:
            made = load({"home": file.parent}, environment)
            assert job.provenance(made, ()).model_dump_json()
        except SettingsError as error:
            helps(error)

    in_a_file(content.encode("utf-8", "surrogatepass"), "minutes.toml", read)


# --- pages and drafts -------------------------------------------------------------------------------------------------


def page_lines(template: str) -> st.SearchStrategy[str]:
    """Lines that this layout prints, and others."""
    layout = layouts.load(template)
    printed = [
        *(layout.field_line.format(n=n, name=layout.field_name(f), value=v) for n, f in enumerate(layout.header, 1) for v in ("", "x")),
        *(layout.heading(phase) for phase in layout.phases),
        *(layout.label.format(role=role, name="山本", letter="A") for role in layout.labels.values()),
        layout.agenda_line.format(n=1, label="諮問第1号", title="件名"),
        layout.outside_heading, layout.results_heading, *layout.directions.values(), *layout.page_ends,
        "", "〔要確認〕", "発言です。", "\u3000", "\x0c", "# ", "(A)",
    ]  # fmt: skip
    return st.sampled_from(printed) | texts


pages = st.sampled_from(layouts.presets()).flatmap(
    lambda template: st.tuples(st.just(template), st.lists(page_lines(template), max_size=14).map("\n".join))
)


def header_first(page: tuple[str, str]) -> tuple[str, str]:
    """The same behind the header's first line, so that most pages get past it."""
    template, text = page
    layout = layouts.load(template)
    first = layout.field_line.format(n=1, name=layout.field_name(layout.header[0]), value="")
    return template, first + "\n" + text


def visible(text: str) -> str:
    """Without spaces and control characters, which the exporters turn into spaces."""
    return "".join(c for c in text if not c.isspace() and shown.is_text(c))


@fuzz(150)
@example(("qa-inline", "担当所属名 "))
@given(pages | pages.map(header_first))
def test_any_page_is_read_or_refused(page: tuple[str, str]) -> None:
    template, text = page
    try:
        document = parsing.parse(text, layouts.load(template), template)
    except RecordingError as error:
        helps(error)
        return
    assert type(document).model_validate_json(document.model_dump_json()) == document
    printed = plaintext.render(document).decode("utf-8", "surrogatepass")
    assert parsing.parse(printed, layouts.load(template), template) is not None
    assert visible(printed) == visible(text), "what stood on the page stands on it still"
    for name in ("markdown", "docx", "json"):
        assert documents.render(document, name)


def leaves(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for key, one in inside for path in leaves(one, (*at, key)))]


WHOLE = drafts.whole()
PLACES = [path for path in leaves(WHOLE) if path]


@fuzz()
@given(st.lists(st.tuples(st.sampled_from(PLACES), anything), min_size=1, max_size=3))
def test_any_bent_draft_is_shown_or_refused(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    content = json.loads(json.dumps(WHOLE))
    for path, value in changes:
        place = content
        try:
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away

    def use(file: Path) -> None:
        try:
            draft = documents.read(file)
            assert check.table(draft) and redactions.table(draft)
            for name in EXPORTERS:
                documents.render(draft, name)
            documents.render(documents.public(draft), "text")
        except MinutesError as error:
            helps(error)

    in_a_file(json.dumps(content).encode(), "draft.json", use)


# --- recordings -------------------------------------------------------------------------------------------------------

spots = st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=8)


@fuzz()
@given(st.sampled_from(list(sound.FORMS)), spots, st.floats(0.2, 1))
def test_any_damage_to_a_recording_is_a_recording_or_an_error(
    form: str, damage: list[tuple[float, bytes]], kept: float
) -> None:
    data = bytearray(sound.encoded(form))
    for share, value in damage:
        at = int(share**3 * (len(data) - 1))  # mostly in the head, where it hurts
        data[at : at + len(value)] = value

    def use(file: Path) -> None:
        try:
            made = prepare.recording(file, file.parent / "out", no_progress)
            assert made.duration_ms > 0
        except RecordingError as error:
            helps(error)
        assert not list(file.parent.rglob("*.part"))

    in_a_file(bytes(data[: max(1, int(len(data) * kept))]), f"x.{form}", use)


def test_the_long_profile_is_there() -> None:
    assert settings.get_profile("long").max_examples > 10 * QUICK
