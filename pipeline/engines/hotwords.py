"""The words a recogniser should expect at this meeting: from the agenda, the glossary and the attendees.

In: a ``Meeting``. Out: terms in the order of their worth, because the decoder has room for few of them (they share its
448 tokens with the text); the engine cuts the list with its own tokenizer.
"""

from __future__ import annotations

from pipeline.schema import Meeting


def hotwords(meeting: Meeting) -> tuple[str, ...]:
    """Glossary first (somebody chose these), then names, then labels, titles and departments of the agenda."""
    terms = [
        *meeting.glossary,
        *(attendee.name.replace(" ", "").replace("\u3000", "") for attendee in meeting.attendees),
        *(text for item in meeting.agenda for text in (item.label, item.title, item.department)),
    ]
    return tuple(dict.fromkeys(term.strip() for term in terms if term.strip()))
