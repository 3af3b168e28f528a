"""What ``minutes redactions`` shows: the places that might have to be kept back, for the clerk to decide."""

from __future__ import annotations

from pipeline import redaction
from pipeline.commands.columns import aligned
from pipeline.errors import SettingsError
from pipeline.export.blocks import Document, clock
from pipeline.schema import Draft

NOTHING = "伏せるか確かめる所は見つかりませんでした(見つけられないものもあります)。"


def table(draft: Draft | Document) -> str:
    """Time, turn, kind, words. Raises SettingsError for a parsed document."""
    if isinstance(draft, Document):
        raise SettingsError("読み取った会議録からは探せません。", "draft.json か proof.json を指定してください。")
    found = redaction.suggestions(draft)
    if not found:
        return NOTHING
    return aligned([(clock(one.start_ms), one.turn_id, one.kind, one.text) for one in found])
