"""What is wrong with a value, in the words of somebody who wrote it by hand.

In: one of pydantic's error details. Out: a short Japanese phrase. pydantic speaks English and of types; the clerk who wrote
``start = 14:00`` wants to read what to write instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_WHY = {
    "extra_forbidden": "知らない項目です",
    "missing": "書かれていません",
    "string_type": '文字列を " " で囲んで書きます',
    "string_unicode": "文字として読めません",
    "bool_type": "true か false を書きます",
    "bool_parsing": "true か false を書きます",
    "int_type": "整数を書きます",
    "int_parsing": "整数を書きます",
    "int_parsing_size": "数が大きすぎます",
    "int_from_float": "整数を書きます",
    "greater_than_equal": "{ge} 以上の数を書きます",
    "less_than_equal": "{le} 以下の数を書きます",
    "finite_number": "有限の数を書きます",
    "tuple_type": "[ ] で囲んだ並びを書きます",
    "model_type": "項目の組({{ }} か、[ ] の見出しの下)を書きます",
    "model_attributes_type": "項目の組({{ }} か、[ ] の見出しの下)を書きます",
    "dict_type": "項目の組({{ }} か、[ ] の見出しの下)を書きます",
    "path_type": '場所を " " で囲んで書きます',
}
_DATE = "2026-05-14 の形の日付を書きます"
_OTHER = "値の種類が違います"


def in_japanese(error: ErrorDetails) -> str:
    """The reason alone, without the key and without the value."""
    kind, context = error["type"], error.get("ctx", {})
    if kind.startswith("date"):
        return _DATE
    if kind in ("enum", "literal_error"):
        return "使えるのは " + str(context.get("expected", "")).replace(" or ", ", ").replace("'", "")
    if kind == "value_error":
        return str(context.get("error", _OTHER))
    return _WHY.get(kind, _OTHER).format(**context)
