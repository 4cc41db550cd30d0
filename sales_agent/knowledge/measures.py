"""What stands beside a number: currencies, periods, units and times of day."""

import re
from collections.abc import Sequence

_CURRENCIES = {
    "USD": r"us dollars?|dollars?|bucks?|usd|us\$|\$",
    "EUR": r"euros?|eur|€",
    "GBP": r"gbp|£|pounds? sterling|quid",
    "CHF": r"chf|francs?",
}
_MONEY = {
    code: re.compile(rf"(?:{words})(?![^\W\d_])", re.I) for code, words in _CURRENCIES.items()
}
_BEFORE = re.compile(r"(us\$|\$|€|£|usd|eur|gbp|chf)\s*$", re.IGNORECASE)
_AFTER = re.compile(rf"[\s-]*({'|'.join(_CURRENCIES.values())})(?![^\W\d_])", re.IGNORECASE)
_STERLING = re.compile(r"£|\bgbp\b|\b(?:in|british) pounds\b|\bpounds sterling\b", re.IGNORECASE)
POUNDS = re.compile(r"[\s-]*pounds?\b", re.IGNORECASE)
WEIGHING = re.compile(
    r"\bweigh\w*(?:\s+[\w'’-]+){0,3}\s+$"
    r"|\b(?:carr|hold|lift|support)\w*\s+(?:(?:up to|about|around|only|just|at most)\s+)?$",
    re.IGNORECASE,
)
WEIGHS = re.compile(r"weigh|weight|carr|load|lift|hold|heav|kilo|kg|lbs", re.IGNORECASE)
CENTS = re.compile(r"[\s-]*(?:cents?|pence|¢)(?![^\W\d_])", re.IGNORECASE)
PERCENT = re.compile(r"[\s-]*(?:%|per\s?cent\b|percent|percentage points?)", re.IGNORECASE)
_SPANS = "month|mo|year|yr|annum|season|quarter|week|wk|night|day|hour|hr"
_OFTEN = "monthly|yearly|annual(?:ly)?|quarterly|weekly|nightly|daily|hourly"
_PERIOD = re.compile(
    r"[\s,-]*(?:(?:/|per|an?|each|every|for (?:an?|one|each|every|the)(?: whole| entire| full)?)\s*"
    rf"(?P<one>{_SPANS})\b|(?P<ly>{_OFTEN})\b)",
    re.IGNORECASE,
)
_PERIOD_ALONE = re.compile(rf"\s+(?P<one>{_SPANS})\b", re.IGNORECASE)
_PERIOD_NEAR = re.compile(
    rf"\b(?:per|an?|each|every)\s+(?P<one>{_SPANS})\b(?!\s+(?:guests?|pass|trips?|tours?|tickets?|spa|use|off)\b)"
    rf"|/(?P<slash>{_SPANS})\b|\b(?P<ly>{_OFTEN})\b",
    re.IGNORECASE,
)
_PERIODS = {
    "mo": "month", "monthly": "month", "yr": "year", "annum": "year", "yearly": "year", "annually": "year",
    "annual": "year", "quarterly": "quarter", "weekly": "week", "wk": "week", "nightly": "night", "daily": "day",
    "hourly": "hour", "hr": "hour",
}  # fmt: skip
_COUNTED = re.compile(r"(?:\s+[^\W\d_][\w-]*){0,2}\s*")
_UNIT = re.compile(
    r"[\s-]*(?:(?!(?:and|or|to|for|with|per|in|on|at|of|is|are|the|a|an|kilowatt|square|sq)\b)[a-z]+[\s-]+)?(?P<unit>"
    r"kilowatt[\s-]hours?|kwh|kilowatts?|kwp?|amps?|square[\s-](?:met(?:er|re)s?|feet|foot)|sq\.?\s?(?:m|ft)|sqm|m2|m²|"
    r"years?|yrs?|months?|mths?|weeks?|wks?|days?|hours?|hrs?|minutes?|mins?|seconds?|"
    r"kilograms?|kilos?|kgs?|grams?|lbs?|pounds?|tons?|ounces?|oz|gallons?|gal|"
    r"centimet(?:er|re)s?|cm|millimet(?:er|re)s?|mm|met(?:er|re)s?|m|inch(?:es)?|feet|foot|ft|miles?|mi|kilomet(?:er|re)s?|km|"
    r"watts?|volts?|decibels?|db|degrees?|liters?|litres?|gigabytes?|gb|megabytes?|mb|terabytes?|tb|people|employees)\b",
    re.IGNORECASE,
)
_UNITS = {
    "kilo": "kilogram", "kg": "kilogram", "lb": "pound", "cm": "centimeter", "centimetre": "centimeter",
    "mm": "millimeter", "millimetre": "millimeter", "metre": "meter", "m": "meter", "kilometre": "kilometer",
    "km": "kilometer", "db": "decibel", "inche": "inch", "feet": "foot", "ft": "foot", "litre": "liter",
    "gb": "gigabyte", "mb": "megabyte", "tb": "terabyte", "min": "minute", "mi": "mile", "oz": "ounce", "gal": "gallon",
    "kwh": "kilowatt hour", "kw": "kilowatt", "kwp": "kilowatt", "square metre": "square meter", "sqm": "square meter",
    "sq m": "square meter", "sqft": "square foot", "sq ft": "square foot", "square feet": "square foot",
    "m2": "square meter", "m²": "square meter", "yr": "year", "mth": "month", "wk": "week", "hr": "hour",
}  # fmt: skip
CLOCK = re.compile(
    r"\s*(?:(?P<am>am\b|a\.m\.|in the morning\b)|(?P<pm>pm\b|p\.m\.|in the (?:afternoon|evening)\b|at night\b)"
    r"|o['’]clock\b)",
    re.IGNORECASE,
)


def money_at(text: str, start: int, end: int) -> tuple[int, str] | None:
    """Where an amount at `text[start:end]` ends with its currency, and which that is; None where it has none."""
    before, after = _BEFORE.search(text[max(0, start - 4) : start]), _AFTER.match(text, end)
    if not (before or after):
        return None
    words = (before or after)[1]  # type: ignore[index]
    code = next(code for code, pattern in _MONEY.items() if pattern.fullmatch(words))
    return (after.end() if after else end), code


def currency_in(text: str) -> str:
    return next((code for code, words in _MONEY.items() if words.search(text)), "")


def counts_in_sterling(text: str) -> bool:
    """Whether a document's pounds are money."""
    return _STERLING.search(text) is not None


def period_at(text: str, end: int, *, bare: bool = False) -> tuple[int, str] | None:
    """Where "per month" behind a price ends, and which period it is. `bare`: "month" alone is one."""
    match = (_PERIOD_ALONE if bare else _PERIOD).match(text, end)
    return (match.end(), _named(match)) if match else None


def period_near(text: str, start: int, end: int, counts: Sequence[int]) -> str:
    """The period that a part of a text names. `counts`: where quantities end: "four hours a day" is none of a price."""
    for match in _PERIOD_NEAR.finditer(text, start, end):
        if not any(
            c <= match.start() and _COUNTED.fullmatch(text, c, match.start()) for c in counts
        ):
            return _named(match)
    return ""


def unit_at(text: str, end: int) -> tuple[int, str] | None:
    """Where a number's common unit ends, and its name in the singular."""
    match = _UNIT.match(text, end)
    if match is None:
        return None
    return match.end(), unit_name(match["unit"])


def unit_name(unit: str) -> str:
    """The name of a unit in the singular: terabyte for "TB"."""
    unit = re.sub(r"[\s.-]+", " ", unit.casefold())
    unit = unit if unit in _UNITS else unit.removesuffix("s")
    return _UNITS.get(unit, unit)


def _named(match: re.Match[str]) -> str:
    word = next(group for group in match.groups() if group).casefold()
    return _PERIODS.get(word, word)
