"""The days of the week that a text is about: "Mon-Thu" is about Tuesday too."""

import re

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = (
    r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?|Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\b\.?"
)
_DAYS = re.compile(rf"\b({_DAY})(?:\s*(?:to|through|till|until|-|–|—)\s*({_DAY}))?")
_KINDS = (
    (re.compile(r"\b(?:every day|daily|(?:seven|7) days a week)\b", re.IGNORECASE), DAYS),
    (re.compile(r"\bweekdays?\b", re.IGNORECASE), DAYS[:5]),
    (re.compile(r"\bweekends?\b", re.IGNORECASE), DAYS[5:]),
)


def days_in(text: str) -> frozenset[str]:
    """The days that a text is about, and "weekend" or "weekday" where it names such days."""
    found = {day for pattern, days in _KINDS if pattern.search(text) for day in days}
    for first, last in _DAYS.findall(text):
        start = _number(first)
        found.update(DAYS[(start + n) % 7] for n in range((_number(last or first) - start) % 7 + 1))
    kinds = {"weekend" if day in DAYS[5:] else "weekday" for day in found}
    return frozenset(found | kinds)


def _number(day: str) -> int:
    return next(n for n, name in enumerate(DAYS) if name.startswith(day[:2].lower()))
