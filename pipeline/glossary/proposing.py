"""Which words of the papers belong in the glossary: unknown ones first, then names, then compounds.

In: papers, and the terms there are already. Out: ``Proposal``s, best first. A recogniser has heard the words of the dictionary
often enough; what it gets wrong is what the dictionary does not know, names, and compounds that only this city says. Of single
dictionary words only those are proposed that are known to be misheard (``japanese/glossary.toml``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.glossary import compounds
from pipeline.glossary.compounds import Compound
from pipeline.glossary.papers import Paper
from pipeline.glossary.term import Kind, Term
from pipeline.japanese import tables
from pipeline.schema import Record

ORDER = (Kind.UNKNOWN, Kind.NAME, Kind.COMPOUND, Kind.WORD)
LONG_PAPER_CHARS = 5_000  # a compound that stands once in so long a paper, and nowhere else, is a turn of phrase


class Proposal(Record):
    """``term`` with its counts and papers, and what kind of word it is."""

    term: Term
    kind: Kind


@dataclass
class _Found:
    compound: Compound
    count: int = 0
    in_short_paper: bool = False
    papers: dict[str, None] = field(default_factory=dict)


def propose(papers: Iterable[Paper], known: Iterable[Term] = (), scope: Term | None = None) -> tuple[Proposal, ...]:
    """Terms that the glossary has not got; what people refused (``use = false``) counts as got.

    ``scope``: a term whose city, council and item the proposals take.
    """
    found: dict[str, _Found] = {}
    for paper in papers:
        is_short = sum(map(len, paper.paragraphs)) <= LONG_PAPER_CHARS
        for paragraph in paper.paragraphs:
            for compound in compounds.found(paragraph):
                one = found.setdefault(compound.text, _Found(compound))
                one.compound = one.compound if one.compound.reading else compound
                one.count += 1
                one.in_short_paper |= is_short
                one.papers[paper.name] = None
    where = {"city": scope.city, "council": scope.council, "item": scope.item} if scope else {}
    passed_over = {term.text for term in known} | set(tables.read("glossary")["common"]["texts"]) | set(where.values())
    proposals = []
    for text, one in found.items():
        kind = kind_of(one.compound)
        if text in passed_over or (kind is Kind.WORD and text not in misheard()):
            continue
        if kind is Kind.COMPOUND and one.count == 1 and not one.in_short_paper:
            continue
        term = Term(
            text=text,
            reading=one.compound.reading,
            heard=misheard().get(text, ()),
            count=one.count,
            papers=tuple(one.papers),
            **where,
        )
        proposals.append(Proposal(term=term, kind=kind))
    return tuple(sorted(proposals, key=lambda p: (ORDER.index(p.kind), -p.term.count, p.term.text)))


def kind_of(compound: Compound) -> Kind:
    if compound.is_unknown:
        return Kind.UNKNOWN
    if compound.is_name:
        return Kind.NAME
    return Kind.COMPOUND if compound.words > 1 or len(compound.text) >= compounds.LONG_CHARS else Kind.WORD


def misheard() -> dict[str, tuple[str, ...]]:
    """Single words that are known to be misheard, with what as."""
    return {word["text"]: tuple(word["sounds_like"]) for word in tables.read("glossary")["words"]}
