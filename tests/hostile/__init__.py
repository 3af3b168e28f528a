"""A corpus of hostile, damaged and merely unlucky input: made by code, one generator per family, nothing checked in.

In: an empty folder. Out: the files of one case, the command that is given them, and what must come of it. ``CASES`` is all of
them; ``tests/test_hostile.py`` runs each.
"""

from __future__ import annotations

from tests.hostile.case import Case


def cases() -> tuple[Case, ...]:
    """Every family, in order. Names are unique."""
    from tests.hostile import drafts, media, particulars, places, playlists, transcripts

    return (
        *media.cases(),
        *playlists.cases(),
        *places.cases(),
        *particulars.cases(),
        *transcripts.cases(),
        *drafts.cases(),
    )
