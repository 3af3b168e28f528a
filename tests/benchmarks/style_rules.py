"""Which rules of 整文 fire how often on the rehearsal meetings, whether numbers and negations survive, and how fast it goes.

    python tests/benchmarks/style_rules.py [--level 要点常体] [--sample 200] [--seed 1] [--folder tests/rehearsals]

All that is printed (not the chair, not the explanations) goes through the rules. Lost: a turn whose figures or negations
are not those of its speech; stretches that a rule takes out whole (言い直し, お礼, 前置き) are taken out of the speech first.
``--sample`` prints so many changed sentences, drawn by the seed, to be read and judged.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
import unicodedata
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from pipeline import style
from pipeline.japanese import morphemes
from pipeline.layouts import Register
from pipeline.schema import Change
from tests import rehearsal
from tests.rehearsal import Said

PRINTED = ("質疑", "審議", "答申審議")
TAKEN_OUT = ("言い直し", "お礼・あいさつ", "前置き", "名乗り", "相づち", "フィラー", "口癖")
_FIGURES = re.compile(r"[0-9]+|[一二三四五六七八九十百千万億]+(?=[年月日時分人名件円回号条つ割])")
_SENTENCE = re.compile(r"[^。？?]*[。？?]?")


def printed(folder: Path) -> list[tuple[Said, bool, str]]:
    """Turns, whether they are asked by somebody who is there to ask, and the surname of who speaks."""
    found = []
    for path in sorted(folder.glob("*.txt")):
        meeting = rehearsal.load(path)
        for said in meeting.turns:
            role = meeting.cast[said.speaker]
            if role != "会長" and said.phase in PRINTED:
                found.append((said, role == "委員" and said.phase == "質疑", meeting.names[said.speaker].split()[0]))
    return found


def negations(text: str) -> int:
    return sum(m.base in ("ない", "無い", "ぬ", "ず", "まい") and m.pos in ("助動詞", "形容詞") for m in morphemes.of(text))


def lost(spoken: str, changes: list[Change]) -> str:
    """What is not as it was said: 数 or 否定, or nothing."""
    deleted = [c for c in changes if not c.after and c.rule in TAKEN_OUT]
    kept = style.applied(spoken, deleted)
    written = style.applied(spoken, changes)
    figures = [_FIGURES.findall(unicodedata.normalize("NFKC", text)) for text in (kept, written)]
    if figures[0] != figures[1]:
        return "数"
    return "否定" if negations(kept) != negations(written) else ""


def sentences(spoken: str, changes: list[Change]) -> list[tuple[str, str, list[str]]]:
    """Spoken, written and rules of each sentence that was changed."""
    result = []
    for match in _SENTENCE.finditer(spoken):
        mine = [c for c in changes if match.start() <= c.start and c.end <= match.end() and c.start < match.end()]
        if mine:
            moved = [c.model_copy(update={"start": c.start - match.start(), "end": c.end - match.start()}) for c in mine]
            result.append((match[0], style.applied(match[0], moved), [c.rule for c in mine]))
    return result


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--level", default="要点常体")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=rehearsal.FOLDER)
    a = parser.parse_args()
    rules = style.chosen(Register(a.level))
    turns = printed(a.folder)
    style.changed("読み込み。", rules)  # the dictionary is loaded once
    begun = time.process_time()
    done = [(said.text, *style.changed(said.text, rules, asks, name)) for said, asks, name in turns]
    seconds = time.process_time() - begun
    fired = Counter(change.rule for _, changes, _ in done for change in changes)
    changed = [s for spoken, changes, _ in done for s in sentences(spoken, changes)]
    if a.sample:
        for n, (spoken, written, names) in enumerate(random.Random(a.seed).sample(changed, a.sample), start=1):
            print(f"{n:3d} {spoken}\n    {written}\n    {'、'.join(names)}")
        return
    for rule, times in fired.most_common():
        print(f"{rule:24s} {times:5d}")
    chars = sum(len(said.text) for said, _, _ in turns)
    left = sum(len(uncovered) for _, _, uncovered in done)
    print(f"{len(turns)} turns, {chars} characters, {len(changed)} sentences changed, {left} places left as spoken")
    for what in ("数", "否定"):
        where = [spoken for spoken, changes, _ in done if lost(spoken, changes) == what]
        print(f"{what} not as said: {len(where)} turns", *where[:20], sep="\n  ")
    print(f"{chars / seconds:.0f} characters a second ({seconds:.1f} CPU s)")


if __name__ == "__main__":
    main()
