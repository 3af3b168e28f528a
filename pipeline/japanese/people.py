"""Who is named in a sentence: somebody introducing himself, or somebody being called.

In: a sentence. Out: ``Introduction`` (「収納課長の古閑でございます」) or ``Call`` (「古閑課長、お願いします」) with the surname,
where one is safe, and what the post tells about the role. Words are data (``people.toml``). A name is safe when the
dictionary knows it as a surname: after a post recognisers write 医療 for 吉田, and 「別会社です」 introduces nobody.
"""

from __future__ import annotations

import re

from pipeline.japanese import tables
from pipeline.japanese.reading import is_surname, kana
from pipeline.schema import Record
from pipeline.terms import Role

_NAME = r"[一-龠々ヶ]{1,4}|[ァ-ヶー]{2,6}"
_INTRODUCED = re.compile(
    rf"(?:^|[、。])(?P<post>[^、。「」]{{0,24}}?(?:の|をしております、?|をしています、?|しております、?)|私|)(?P<name>{_NAME})"
    r"(?:です|でございます|と申します|といいます|と言います)(?=[。、がけ]|$)"
)
_OF_ANOTHER = re.compile(r"隣|こちら|皆さん|担当の|が担当")  # 「隣が係長の○○です」
_SELF_AS_OFFICE = re.compile(
    r"^(?:はい、)?(?:え[ーっと]*、)?(?P<post>[^、。]{1,14}?(?:課|室|局|部|センター|館|園))(?:です|でございます)"
)
_ADDRESSED = re.compile(rf"(?P<name>{_NAME})(?=(?:副?会長|委員|医院|先生|課長|係長|所長|館長|部長|室長|さん))")


class Introduction(Record):
    """``post``: the words before the name; ``name`` None where only an office is named."""

    post: str
    name: str | None
    roles: dict[Role, float]


class Call(Record):
    """``called``: the word that called, for the reason given to the proofreader."""

    called: str
    name: str | None
    roles: dict[Role, float]


def introduction(sentence: str) -> Introduction | None:
    """Of the speaker, not of a neighbour; None where nobody is introduced."""
    found = None if _OF_ANOTHER.search(sentence) else _INTRODUCED.search(sentence)
    if found:
        before, name = found["post"], found["name"]
        roles = post(before)
        if is_surname(name) or (roles and len(name) >= 2 and not post(name)):
            return Introduction(post=before, name=name if is_surname(name) else None, roles=roles)
    office = _SELF_AS_OFFICE.search(sentence)
    return Introduction(post=office["post"], name=None, roles=post(office["post"])) if office else None


def call(sentence: str, departments: tuple[str, ...]) -> Call | None:
    """Of the next to speak; ``departments`` are those on the agenda. The last one named counts."""
    if any(word in sentence for word in tables.read("people")["no_call"]["words"]):
        return None
    office = _by_words("calls", sentence)
    if office:
        return Call(called=next(iter(office)).value, name=None, roles=office)
    sound = kana(sentence)
    for department in departments:
        if department and kana(department) in sound:
            return Call(called=department, name=None, roles={})
    addressed = list(_ADDRESSED.finditer(sentence))
    if addressed:
        name, rest = addressed[-1]["name"], sentence[addressed[-1].end() :]
        roles = post(rest[:4]) or ({Role.MEMBER: 2.0} if rest.startswith("医院") else {})
        surname = name if is_surname(name) else None
        return Call(called=name + rest[:2], name=surname, roles=roles) if roles or surname else None
    return None


def post(words: str) -> dict[Role, float]:
    """What a post named in ``words`` tells about the role, in nats."""
    return _by_words("posts", words)


def _by_words(table: str, text: str) -> dict[Role, float]:
    for line in tables.read("people")[table]:
        if any(word in text for word in line["words"]):
            return {Role(role): points for role, points in line["roles"].items()}
    return {}
