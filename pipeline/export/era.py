"""Dates as 会議録 write them: 令和8年5月14日(木曜日) 14時00分~."""

from __future__ import annotations

import datetime as dt

from pipeline.schema import Meeting

_WEEKDAYS = "月火水木金土日"
_ERAS = (("令和", dt.date(2019, 5, 1)), ("平成", dt.date(1989, 1, 8)), ("昭和", dt.date(1926, 12, 25)))


def date_time(meeting: Meeting) -> str:
    """Date, weekday, start and, where known, end; empty without a date."""
    if not meeting.date:
        return ""
    text = f"{era_date(meeting.date)}({_WEEKDAYS[meeting.date.weekday()]}曜日)"
    if meeting.start:
        text += f" {_time(meeting.start)}~" + (_time(meeting.end) if meeting.end else "")
    return text


def era_date(day: dt.date) -> str:
    """The first year of an era is 元年; before 昭和 the western year."""
    for name, start in _ERAS:
        if day >= start:
            year = day.year - start.year + 1
            return f"{name}{'元' if year == 1 else year}年{day.month}月{day.day}日"
    return f"{day.year}年{day.month}月{day.day}日"


def _time(text: str) -> str:
    """「14:00」 → 14時00分; anything else as the clerk wrote it."""
    try:
        time = dt.datetime.strptime(text.strip(), "%H:%M").time()
    except ValueError:
        return text
    return f"{time.hour}時{time.minute:02}分"
