"""Published verbatim minutes read as a rehearsal: who says what, and the role that the label of each speech tells.

In: text with labels at the beginning of lines: 「○佐藤会長　…」「【事務局】…」「(企画課長)…」「副会長:…」, one way in one text.
Out: a ``Rehearsal`` without agenda or phases, for roles only. What does not tell a role is 「その他」, for the caller to leave out.

A label with a name (or a letter, 「A委員」) or with a department is one voice. So is a bare 「会長」 or 「事務局」. A bare 「委員」 stands
for several people: somebody who comes back within two speeches is taken for the same, any other for the next of ``MEMBERS`` voices
in turn. It is a guess, and says so: such minutes do not tell who it was.
"""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.terms import Role
from tests.rehearsal import Rehearsal, Said

MEMBERS = 4
BACK_WITHIN = 2  # speeches by others, and it is still the same unnamed member
FEWEST_LABELS = 3
_LABEL = r"[^\s○〇◯●◎「」。、\uff1a:【】]{1,30}?"
WAYS = (
    re.compile(rf"^[ \u3000]*[○〇◯●◎][ \u3000]*(?P<label>{_LABEL})(?:[ \u3000\uff1a:]+|$)(?P<text>.*)"),
    re.compile(rf"^[ \u3000]*【(?P<label>{_LABEL})】[ \u3000\uff1a:]*(?P<text>.*)"),
    re.compile(
        r"^[ \u3000]*[(\uff08\[〔〈<](?P<label>[^\s()\uff08\uff09「」。、]{1,24})[)\uff09\]〕〉>][ \u3000\uff1a:]*(?P<text>.*)"
    ),
    re.compile(rf"^[ \u3000]*(?P<label>{_LABEL})[ \u3000]*[\uff1a:][ \u3000]*(?P<text>.*)"),
    re.compile(r"^(?P<label>[^\s「」。、]{0,16}(?:会長|座長|議長|委員長?|事務局|議員|[課部局室]長))[ \u3000]+(?P<text>.*)"),
)
_DEPUTY = re.compile(r"副|代理|代行")
_ROLES = (  # the first that is found; longest words first, for 事務局長 is no 局長
    (Role.SECRETARIAT, re.compile(r"事務局|書記|司会")),
    (Role.CHAIR, re.compile(r"委員長|部会長|分科会長|会長|座長|議長")),
    (Role.MEMBER, re.compile(r"委員|議員|構成員")),
    (
        Role.AGENCY,
        re.compile(
            r"説明員|理事者|当局|実施機関|執行部|所管|担当|市長|町長|村長|区長|教育長|管理者|助役|収入役|"
            r"[課係部局室所館園]長|主[幹査事任]|参事|次長|技監|理事$|課$|部$|局$|室$"
        ),
    ),
)  # fmt: skip
_DIRECTION = re.compile(
    r"[(\uff08〔\[―─][^()\uff08\uff09〔〕\[\]]{0,40}(?:呼ぶ者|声|挙手|起立|退[席室]|入[席室]|拍手|休憩|再開|交代|配付|中断)[^()\uff08\uff09〔〕\[\]]{0,20}[)\uff09〕\]―─]"
)
_HEADING = re.compile(r"午前|午後|\d|開会|閉会|散会|議題|議事|出席|欠席|傍聴|日時|場所")  # 「○午前10時開会」
_RULE = re.compile(r"^[\s\u3000─━―ー=*-]*$")
_SENTENCE_ENDS = "。？?」!！"


def role_of(label: str) -> Role:
    """What a label tells: a deputy is a member until he leads, which a label alone does not tell."""
    for role, words in _ROLES:
        if words.search(label):
            return Role.MEMBER if role is Role.CHAIR and _DEPUTY.search(label) else role
    return Role.OTHER


def read(path: Path) -> Rehearsal:
    """Raises ValueError where no way of writing labels fits."""
    turns = parse(path.read_text(encoding="utf-8"))
    if not turns:
        raise ValueError(f"{path.name}: no speeches with labels that tell roles")
    cast = {voice: role_of(voice.partition("#")[0]).value for voice, _ in turns}
    said = tuple(Said(voice, text, None, "") for voice, text in turns)
    return Rehearsal(path.stem, {"name": path.stem, "agenda": []}, cast, said)


def parse(text: str) -> list[tuple[str, str]]:
    """Voices with what they say, speeches of one voice that follow each other as one."""
    lines = text.splitlines()
    way = max(WAYS, key=lambda way: _labels(lines, way))
    if _labels(lines, way) < FEWEST_LABELS:
        return []
    speeches: list[tuple[str, list[str]]] = []
    for line in lines:
        found = way.match(line)
        if found and (role_of(found["label"]) is not Role.OTHER or (way is WAYS[0] and not _HEADING.match(found["label"]))):
            speeches.append((found["label"], [found["text"]]))
        elif speeches and not _RULE.match(line):
            speeches[-1][1].append(line.strip())
    said = [(label, _speech(parts)) for label, parts in speeches]
    turns: list[tuple[str, str]] = []
    for voice, speech in _voices([(label, speech) for label, speech in said if speech]):
        if turns and turns[-1][0] == voice:
            turns[-1] = (voice, turns[-1][1] + speech)
        else:
            turns.append((voice, speech))
    return turns


def _labels(lines: list[str], way: re.Pattern[str]) -> int:
    found = (way.match(line) for line in lines)
    return sum(match is not None and role_of(match["label"]) is not Role.OTHER for match in found)


def _speech(parts: list[str]) -> str:
    """What was said: without stage directions, and without the heading that may stand before the next label."""
    spoken = _DIRECTION.sub("", "".join(part.strip() for part in parts)).replace("\u3000", "")
    last = max(spoken.rfind(end) for end in _SENTENCE_ENDS)
    if last < 0:
        return spoken + "。" if spoken and len(spoken) <= len("はい、わかりました") else ""
    return spoken[: last + 1]


def _voices(said: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """A voice for each speech; see the module's words about unnamed members."""
    result: list[tuple[str, str]] = []
    last_at: int | None = None
    number = 0
    for i, (label, speech) in enumerate(said):
        if label not in ("委員", "各委員", "構成員", "議員"):
            result.append((label, speech))
            continue
        if last_at is None or i - last_at > BACK_WITHIN:
            number = number % MEMBERS + 1
        last_at = i
        result.append((f"{label}#{number}", speech))
    return result
