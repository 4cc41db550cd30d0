"""Amounts of money: whole minor units inside, major units in files, words for a caller."""

import re

# How many digits a currency's minor unit has, where it is not two.
NO_MINOR_UNIT = frozenset(["JPY", "KRW", "VND", "CLP", "ISK", "UGX", "XAF", "XOF", "PYG"])
THREE_DIGITS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
LARGEST = 10**9  # minor units of one price, so that a database's integer holds it

# Major and minor unit, each in the singular and in the plural.
_WORDS = {
    "USD": ("dollar", "dollars", "cent", "cents"),
    "CAD": ("dollar", "dollars", "cent", "cents"),
    "AUD": ("dollar", "dollars", "cent", "cents"),
    "EUR": ("euro", "euros", "cent", "cents"),
    "GBP": ("pound", "pounds", "penny", "pence"),
    "CHF": ("franc", "francs", "centime", "centimes"),
}


def digits(currency: str) -> int:
    """How many digits of an amount stand behind the point."""
    return 0 if currency in NO_MINOR_UNIT else 3 if currency in THREE_DIGITS else 2


def parse_money(text: str, currency: str) -> int:
    """The minor units of an amount such as 349 or 349.50. Raises ValueError with the mend."""
    places = digits(currency)
    match = re.fullmatch(r"(\d+)(?:\.(\d+))?", text, re.ASCII)
    if match is None or len(match[2] or "") > places:
        example = "349" if places == 0 else f"349 or 349.{'50'.ljust(places, '0')}"
        raise ValueError(f"{text!r} is not an amount: write {example}, without a currency")
    amount = int(match[1] + (match[2] or "").ljust(places, "0"))
    if amount > LARGEST:
        raise ValueError(f"{text!r} is too large: {LARGEST // 10**places:,} at most")
    return amount


def spoken_money(amount: int, currency: str) -> str:
    """The amount as one says it: "7,490 dollars", "599 dollars and 20 cents"."""
    places = digits(currency)
    major, minor = divmod(amount, 10**places)
    if currency not in _WORDS:
        return f"{major:,}{f'.{minor:0{places}}' if minor else ''} {currency}"
    one, many, minor_one, minor_many = _WORDS[currency]
    parts = []
    if major or not minor:
        parts.append(f"{major:,} {one if major == 1 else many}")
    if minor:
        parts.append(f"{minor} {minor_one if minor == 1 else minor_many}")
    return " and ".join(parts)
