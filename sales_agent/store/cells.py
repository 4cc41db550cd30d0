"""What may stand in a cell of a CSV file. Each function raises ValueError with what is wrong and the mend."""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

MAX_QUANTITY = 1_000_000
MAX_ID = 64  # characters

_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def words(text: str) -> str:
    """Text on one line."""
    return " ".join(text.split())


def identifier(text: str) -> str:
    if len(text) > MAX_ID or any(ch.isspace() and ch != " " for ch in text):
        raise ValueError(
            f"{text[:20]!r} is too long for a number or id: {MAX_ID} characters at most"
        )
    return text


def category(text: str) -> str:
    """A word in small letters, such as desk."""
    return words(text).lower()


def categories(text: str) -> str:
    """Several categories, separated by semicolons."""
    return ";".join(category(part) for part in text.split(";") if part.strip())


def quantity(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or int(text) > MAX_QUANTITY:
        raise ValueError(f"{text!r} is not a whole number from 0 to {MAX_QUANTITY:,}: write 12")
    return int(text)


def counted(text: str) -> int:
    """A quantity of something that is there."""
    if quantity(text) == 0:
        raise ValueError("is 0: write 1 or more, or leave the row out")
    return int(text)


def basis_points(text: str) -> int:
    """Hundredths of a percent, from a percentage such as 8 or 12.5."""
    try:
        points = Decimal(text.removesuffix("%").strip()) * 100
    except InvalidOperation:
        points = Decimal(-1)
    if not 0 < points <= 10_000 or points != int(points):
        raise ValueError(f"{text!r} is not a percentage above 0 and up to 100: write 8 or 12.5")
    return int(points)


def currency(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{3}", text, re.ASCII):
        raise ValueError(f"{text!r} is not a currency: write three letters, such as USD")
    return text.upper()


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a day: write 2026-12-31") from None


def moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ValueError(f"{text!r} is not a time with its zone: write 2026-12-31T14:00-05:00")
    return found


def yes_or_no(text: str) -> bool:
    if text.lower() not in _YES:
        raise ValueError(f"{text!r} is neither yes nor no: write one of them")
    return _YES[text.lower()]


def email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise ValueError(f"{text!r} is not an email address: write name@company.com")
    return text


def attributes(text: str) -> dict[str, Any]:
    """`load_kg=150; colors=white, oak` as a mapping; numbers are numbers."""
    found: dict[str, Any] = {}
    for part in text.split(";"):
        if not part.strip():
            continue
        key, sign, value = (piece.strip() for piece in part.partition("="))
        if not (sign and value and re.fullmatch(r"[a-z][a-z0-9_]*", key)):
            raise ValueError(f"{part.strip()!r} is not an attribute: write load_kg=150; colors=oak")
        if re.fullmatch(r"-?\d{1,15}(\.\d{1,9})?", value, re.ASCII):
            found[key] = float(value) if "." in value else int(value)
        else:
            found[key] = value
    return found
