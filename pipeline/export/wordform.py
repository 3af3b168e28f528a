"""The city's own Word form, filled: placeholders in the form are replaced, everything else stays as the city designed it.

In: a draft or a parsed document, and the .docx form with ``{{ 会議名 }}``-like placeholders (docxtpl, Jinja). Out: the filled
.docx. The form comes from outside, so its expressions run in a sandbox, what is filled in is escaped, and whatever is wrong
with it is told by the placeholder (SettingsError). A placeholder that nobody knows is an error: a gap in print is not seen.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import docx.opc.exceptions
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree

from pipeline.errors import SettingsError
from pipeline.export import wordfile
from pipeline.export.blocks import Document
from pipeline.export.formvalues import values
from pipeline.schema import Draft

_WRONG_AT_WORK = (ArithmeticError, LookupError, TypeError, ValueError)  # 1 / 0 and the like in an expression


class _Form(DocxTemplate):  # type: ignore[misc]
    """docxtpl mends broken XML by leaving out what does not fit; a form that breaks it must be told instead."""

    def fix_tables(self, xml: str) -> Any:
        etree.fromstring(xml)
        return super().fix_tables(xml)


def render(draft: Draft | Document, form: Path) -> bytes:
    """Raises SettingsError for a form that is not there, no Word file, or not understood."""
    context = values(draft)
    filled = _opened(form)
    try:
        filled.render(context, _environment())
    except UndefinedError as error:
        raise _unknown(form, str(error.message), context) from error
    except TemplateSyntaxError as error:
        raise SettingsError(
            f"Word の様式 {form.name} の差し込みの書き方が正しくありません: {_place(error)}",
            "{{ 会議名 }}、{%p for 行 in 本文 %} と {%p endfor %} のように、かっこと for・endfor の組を合わせてください。",
        ) from error
    except etree.XMLSyntaxError as error:
        raise SettingsError(
            f"Word の様式 {form.name} の {{% for %}} か {{% if %}} が、段落か表の行をまたいでいます。",
            "段落ごと繰り返すなら {%p for ... %}、表の行ごとなら {%tr for ... %} と書き、終わりも {%p endfor %}、{%tr endfor %} にしてください。",
        ) from error
    except (TemplateError, *_WRONG_AT_WORK) as error:
        raise SettingsError(
            f"Word の様式 {form.name} の差し込みを実行できません({type(error).__name__})。",
            "README の「市の Word 様式」にある差し込みだけを使ってください。",
        ) from error
    return wordfile.saved(filled)


def _opened(form: Path) -> _Form:
    try:
        opened = _Form(io.BytesIO(form.read_bytes()))
        opened.init_docx()
        return opened
    except OSError as error:
        raise SettingsError(f"Word の様式を読めません: {form}", "--form か様式の form の場所を確かめてください。") from error
    except (docx.opc.exceptions.OpcError, zipfile.BadZipFile, etree.XMLSyntaxError, KeyError, ValueError) as error:
        raise SettingsError(
            f"Word の様式として読めません: {form}", "Word で開けることを確かめ、.docx の形で保存し直してください。"
        ) from error


def _environment() -> ImmutableSandboxedEnvironment:
    """Loops, conditions and filters, no way to the program behind, and everything escaped that is filled in."""
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    environment.globals.clear()
    return environment


def _unknown(form: Path, message: str, context: Mapping[str, object]) -> SettingsError:
    found = re.search(r"'([^']*)'(?: is undefined)?$", message)
    name = found[1] if found else message
    return SettingsError(
        f"Word の様式 {form.name} に知らない差し込みがあります: {name}",
        f"使えるのは {'、'.join(context)}。見出しのほかの項目は {{{{ fields.{name} }}}} のように書きます。",
    )


def _place(error: TemplateSyntaxError) -> str:
    """The line of the form, which holds nothing of the meeting; docxtpl hands over the lines around it."""
    around = list(getattr(error, "docx_context", ()))
    index = min(error.lineno - 1, 3)
    return around[index].strip()[:60] if index < len(around) and "{" in around[index] else str(error.message)
