"""One figure of a text, and whether another says the same."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Kind = Literal["price", "percent", "free", "other"]

# What a price per person is said to be for.
_EACH = dict.fromkeys(("pp", "head", "guest", "plate", "seat", "adult"), "person")
SMALL = 10  # up to it a number without a unit counts things in passing: "two of them", "one moment"


@dataclass(frozen=True)
class Figure:
    """One number of a text, `text[start:end]` with its unit."""

    start: int
    end: int
    values: tuple[Decimal, ...]
    """Its readings; a source that has one of them has the figure."""
    kind: Kind
    currency: str = ""
    period: str = ""
    """month, year, …, where a price is per month or per year."""
    unit: str = ""
    """Of "other", in the singular, where it is a common one; of "free" that of what is free: "two months free"."""
    noun: str = ""
    """Of "other", where it has no common unit: the word behind it, as in "25 desks"; of a time of day, am or pm; of a
    price, what it is charged for each of: "39 dollars per order"."""
    bare: bool = False
    """It says neither currency, percent nor unit: what it counts was taken from the words around it."""
    spelled: bool = False
    bound: Literal["", "from", "over"] = ""
    """Of a price: something holds from this amount on, or up to it: "orders of 1,000 dollars or more"."""
    parts: tuple[Decimal, ...] = ()
    """Groups of a telephone number, which a listener may get one by one."""

    @property
    def in_passing(self) -> bool:
        """Whether it only counts what is being talked about."""
        return self.kind == "other" and not self.unit and self.values[0] <= SMALL

    def is_like(self, other: "Figure") -> bool:
        """Whether the other figure, of a source, says the same; what a source leaves open may be meant."""
        if not set(self.values) & {*other.values, *other.parts}:
            return False
        apart = bool(self.noun and other.noun) and _EACH.get(self.noun, self.noun) != _EACH.get(
            other.noun, other.noun
        )
        if self.unit == "clock":
            return other.bare or (other.unit == "clock" and not apart)
        if self.kind == "other":
            counted = other.unit or other.noun or self.unit
            same = counted == self.unit or counted == f"{self.unit}ly"  # "12 monthly payments"
            return not self.unit or (other.kind == "other" and same)
        if self.kind != other.kind:
            return False
        if self.kind in ("percent", "free"):
            return True
        if other.bound == "over" and not self.bound:
            return False
        same_currency = not self.currency or not other.currency or self.currency == other.currency
        return same_currency and not apart and (not self.period or self.period == other.period)
