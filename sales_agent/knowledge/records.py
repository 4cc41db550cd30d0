"""JSON as sentences: each value of a record with the name of the record, worded as the cell of a table is."""

import json
import re
from collections.abc import Iterator

from sales_agent.knowledge.terms import JSON_NAME

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|_")  # of "unitPrice" and "unit_price"
_MONEY = re.compile(r"price|cost|fee|total|amount|charge|saving|deposit|sum|each", re.IGNORECASE)
_PRICE = re.compile(r"\b(?:price|cost|fee|total|charge)s?\b", re.IGNORECASE)
_SHARE = re.compile(r"percent|pct", re.IGNORECASE)


def sentences_of_json(text: str) -> Iterator[str]:
    """ "Team, yearly price: 79 USD." of `{"name": "Team", "yearly_price": 79, "currency": "USD"}`; else nothing."""
    if text.lstrip()[:1] in ("[", "{"):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return
        yield from _sentences(value, "", "")


def _sentences(value: object, name: str, currency: str) -> Iterator[str]:
    if isinstance(value, list):
        for part in value:
            yield from _sentences(part, name, currency)
    elif isinstance(value, dict):
        currency = str(value.get("currency", currency))
        named = (str(v) for k, v in value.items() if JSON_NAME.fullmatch(f'"{k}": "{v}"'))
        name = next(named, name)
        for key, part in value.items():
            if isinstance(part, (list, dict)):
                yield from _sentences(part, name, currency)
            elif str(part) != name and key != "currency":
                subject = f"{name}, " if name else ""
                what = _HUMP.sub(" ", key).lower()
                if _MONEY.search(what) and not _PRICE.search(what):
                    what += " price"  # "subtotal"
                yield f"{subject}{what}: {_worded(key, part, currency)}."


def _worded(key: str, value: object, currency: str) -> str:
    """A value with what its key says that it is."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if _SHARE.search(key):
        return f"{value} percent"
    return f"{value} {currency}".strip() if _MONEY.search(key) else str(value)
