"""What ``minutes export`` makes: a draft, in its own layout or another one, whole or for the public, as one document.

In: the id of a draft and what is wanted. Out: the document's bytes and where they go unless the user says otherwise. A copy in
another layout, or without what was marked, gets a name of its own: it must not replace the document of the draft.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline import documents, relayout
from pipeline.errors import SettingsError
from pipeline.export.blocks import Document
from pipeline.export.document import template_of
from pipeline.schema import Draft, Record
from pipeline.settings import Settings


class Wanted(Record):
    """The options. ``template``: another layout, a name or a path; ``form``: a Word form to fill in."""

    format: str
    public: bool = False
    template: str | None = None
    form: Path | None = None


def document(id_or_path: str, wanted: Wanted, settings: Settings, say: Callable[[str], None]) -> tuple[bytes, Path]:
    """Raises RecordingError for no such draft, SettingsError for what cannot be done with it."""
    documents.check_formats((wanted.format,))
    if wanted.form and wanted.format != documents.WORD:
        raise SettingsError("--form は Word の様式です。", "-f docx と一緒に指定してください。")
    source = documents.find(id_or_path, settings.outputs_folder)
    draft = documents.read(source)
    name = source.stem
    if wanted.template:
        draft = _in_layout(draft, wanted.template, say)
        name += f"-{Path(wanted.template).stem}"
    if wanted.public:
        draft = documents.public(draft)
        name += "-public"
    form = wanted.form
    if wanted.format == documents.WORD and not form:
        form = documents.form_of(template_of(draft), settings.home)
    data = documents.render(draft, wanted.format, form)
    return data, source.with_name(f"{name}.{documents.extension(wanted.format)}")


def _in_layout(draft: Draft | Document, template: str, say: Callable[[str], None]) -> Draft:
    if isinstance(draft, Document):
        raise SettingsError(
            "読み取った会議録は、別の様式に書き直せません。もとの発言がないためです。",
            "draft.json か proof.json を指定してください。",
        )
    relaid = relayout.in_layout(draft, template)
    if relaid.edited:
        say(f"手で直した発言は、直したままの文です({len(relaid.edited)}件): {'、'.join(relaid.edited)}")
    if relaid.marked:
        say(f"伏せる印を移しました。印の所を確かめてください({len(relaid.marked)}件): {'、'.join(relaid.marked)}")
    return relaid.draft
