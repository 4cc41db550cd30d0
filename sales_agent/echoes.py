"""The caller's own figures, said again without promising anything: refused, explained, or as what they need."""

import re
from collections.abc import Iterable

from sales_agent.knowledge.figure import SMALL, Figure
from sales_agent.knowledge.figures import figures_of
from sales_agent.talk import Talk

_REFUSED_BEFORE = re.compile(
    r"(?:\b(?:ca|wo|do|does|would|could|is|are)n['’]t|\b(?:cannot|not|never|unable to))\s+(?:be able to\s+|able to\s+)?"
    r"(?:match|offer|do|give|grant|go|accept|take|sell|meet|let|make|have|reach|come)\b(?:\s+[\w'’-]+){0,4}?\s+$",
    re.IGNORECASE,
)
_REFUSED_BEHIND = re.compile(
    r"(?:\s+(?:off|discount|dollars?|euros?|pounds?|per\s+\w+))*\s+(?:is|are|would be|was)(?:"
    r"(?:n['’]t|\s+not)\s+(?:possible|something|what|available|enough|doable|offered|an?\s+(?:option|price|discount))"
    r"|\s+(?:too low|below (?:our|the|what)|less than (?:our|what|it costs)|more than (?:I|we) can))\b",
    re.IGNORECASE,
)
# What grants after all: "not more than 15", "not 350 but 400".
_COMPARES = re.compile(
    r"\b(?:more|less|lower|higher|cheaper|below|under|above|over|than|but|only|just|unless|except|until)\b",
    re.IGNORECASE,
)
_THE = re.compile(r"\b(?:the|that|this)\s+$", re.IGNORECASE)
_THEIRS = re.compile(r"\b(?:your|those|these)\s+$", re.IGNORECASE)
_WORTH = re.compile(r"\b(?:worth|valued at|value of)\s+(?:about\s+|around\s+)?$", re.IGNORECASE)
_AT = re.compile(r"\bat\s+$", re.IGNORECASE)  # "at six": years old, or o'clock
_DENIED_BEHIND = re.compile(r"\s+(?:is|are|do|does)(?:n['’]t|\s+not)\b", re.IGNORECASE)
_WISHED = re.compile(
    r"\bI (?:understand|hear|see|know)(?: that)? you['’]d (?:like|want|prefer)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_BUDGET = re.compile(
    r"\bbudget\b|\bspend\b|\btops\b"
    r"|\b(?:(?:i|we)['’]ve got|we have|(?<!can )(?<!could )(?<!may )i have)\s+(?:about |only )*[\w$€£]+ \w+ for\b",
    re.IGNORECASE,
)
_TO_SPEND_BEFORE = re.compile(r"\b(?:with|on)\s+(?:about\s+|around\s+|your\s+)*$", re.IGNORECASE)
_TO_SPEND_BEHIND = re.compile(
    r"(?:\s+a month)?,?\s+(?:in mind|to spend|good to know)\b", re.IGNORECASE
)
_WANTED = re.compile(r"\b(?:buy|need|order|have)\s+(?:about\s+|around\s+)?$", re.IGNORECASE)
_GRANTS = re.compile(
    r"\b(?:gets?|gives?|giving|have|take|apply|applies|qualif\w+|entitled|yours|off)\b",
    re.IGNORECASE,
)
_FOR_THEM = re.compile(r"\b(?:for|with|at)\s+(?:about\s+|around\s+|your\s+)*$", re.IGNORECASE)


def is_theirs(clause: str, figure: Figure, talk: Talk, *, of_product: bool) -> bool:
    """Whether a figure that looks like a price is only the caller's own again. `of_product`: one is named before it."""
    return (
        _is_refused(clause, figure, talk)
        or _is_their_quantity(clause, figure, talk)
        or _is_wished(clause, figure, talk)
        or (not of_product and _is_their_worth(clause, figure, talk))
    )


def is_budget(clause: str, figure: Figure, lines: Iterable[str]) -> bool:
    """ "With 400 in mind", where a line says that the caller has as much to spend."""
    spent = _TO_SPEND_BEFORE.search(_before(clause, figure))
    if not (spent or _TO_SPEND_BEHIND.match(clause, figure.end)):
        return False
    said = (f for line in lines if _BUDGET.search(line) for f in figures_of(line))
    return _is_among(figure, said)


def _is_wished(clause: str, figure: Figure, talk: Talk) -> bool:
    """ "I understand you'd like ten percent"."""
    return _WISHED.search(_before(clause, figure)) is not None and _is_among(
        figure, talk.callers_figures()
    )


def _is_refused(clause: str, figure: Figure, talk: Talk) -> bool:
    """ "I can't match 15 percent", where the caller named it. "Not more than 15" offers as much."""
    before = _REFUSED_BEFORE.search(_before(clause, figure))
    if before is not None and _COMPARES.search(before[0]):
        return False
    refused = before or _REFUSED_BEHIND.match(clause, figure.end)
    return refused is not None and _is_among(figure, talk.callers_figures())


def is_explained(clause: str, figure: Figure, talk: Talk) -> bool:
    """ "The 8 percent is for desks only", of a discount that the caller asked about; "the 25 euros aren't due"."""
    if _THE.search(_before(clause, figure)) and _DENIED_BEHIND.match(clause, figure.end):
        return True
    asked = (f for line in talk.lines[:1] for f in figures_of(line) if f.kind == "percent")
    return (
        figure.kind == "percent"
        and _THE.search(_before(clause, figure)) is not None
        and _GRANTS.search(clause) is None
        and _is_among(figure, asked)
    )


def _is_their_quantity(clause: str, figure: Figure, talk: Talk) -> bool:
    """ "Your 12 would qualify", where the caller wants twelve."""
    wanted = (
        other
        for line in talk.callers
        for other in figures_of(line)
        if (other.kind == "other" and (other.noun or other.unit or other.in_passing))
        or _WANTED.search(line[: other.start])
    )
    if not figure.bare or not _is_among(figure, wanted):
        return False
    aged = figure.spelled and figure.values[0] <= SMALL and _AT.search(_before(clause, figure))
    return bool(aged) or _THEIRS.search(_before(clause, figure)) is not None


def _is_their_worth(clause: str, figure: Figure, talk: Talk) -> bool:
    """ "With a painting worth 4,000 pounds", where the caller has one."""
    return _WORTH.search(_before(clause, figure)) is not None and _is_among(
        figure, talk.callers_figures()
    )


def is_their_need(clause: str, figure: Figure, talk: Talk) -> bool:
    """ "For 90 kilos the Ridge is right", where the caller has as much to put on it."""
    return _FOR_THEM.search(_before(clause, figure)) is not None and any(
        figure.is_like(other) for other in talk.callers_figures()
    )


def _before(clause: str, figure: Figure) -> str:
    return clause[: figure.start].rstrip("$€£")


def _is_among(figure: Figure, others: Iterable[Figure]) -> bool:
    return any(set(figure.values) & set(other.values) for other in others)
