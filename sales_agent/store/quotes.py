"""What an order costs: computed here, in whole minor units, never by a language model."""

from collections.abc import Sequence
from dataclasses import dataclass

from sales_agent.store.money import spoken_money

FULL = 10_000  # basis points


@dataclass(frozen=True)
class Product:
    """What is sold. `price` is in minor units: 34900 is 349 dollars."""

    id: str
    name: str
    category: str
    price: int
    currency: str
    attributes: dict[str, object]
    description: str

    @property
    def load_kg(self) -> float | None:
        """How much it carries; None where nobody says."""
        load = self.attributes.get("load_kg")
        return load if isinstance(load, int | float) else None


@dataclass(frozen=True)
class Discount:
    """So much less for so many, or for so much. `basis_points` None: the sales team makes an offer."""

    minimum_quantity: int | None
    minimum_total: int | None
    basis_points: int | None
    counts: str
    applies_to: frozenset[str]
    buyer: str

    def is_reached(self, lines: Sequence["QuoteLine"], buyer: str) -> bool:
        counted = [line for line in lines if self.counts in ("", line.product.category)]
        if self.buyer not in ("", buyer):
            return False
        if self.minimum_quantity is not None:
            return sum(line.quantity for line in counted) >= self.minimum_quantity
        return sum(line.total for line in counted) >= (self.minimum_total or 0)

    def amount(self, lines: Sequence["QuoteLine"]) -> int:
        """What is taken off, in minor units, half of one rounded up."""
        cheaper = sum(
            line.total
            for line in lines
            if not self.applies_to or line.product.category in self.applies_to
        )
        return (cheaper * (self.basis_points or 0) + FULL // 2) // FULL


@dataclass(frozen=True)
class DeliveryRule:
    """The fee of an order, in minor units, and the total from which on there is none."""

    fee: int
    free_from: int | None


@dataclass(frozen=True)
class QuoteLine:
    product: Product
    quantity: int

    @property
    def total(self) -> int:
        return self.product.price * self.quantity


@dataclass(frozen=True)
class Quote:
    """All amounts in minor units of `currency`, before tax."""

    lines: tuple[QuoteLine, ...]
    currency: str
    subtotal: int
    discount: int
    basis_points: int
    """Of the discount; 0 where there is none."""
    delivery: int | None
    """None where nothing is known about it."""
    personal_offer: bool
    """Whether the sales team makes a better offer than can be computed."""

    @property
    def total(self) -> int:
        return self.subtotal - self.discount + (self.delivery or 0)

    def spoken(self) -> str:
        """The quote as one says it."""
        said = [_spoken_line(line) for line in self.lines]
        parts = [_listed(said)]
        if len(self.lines) > 1 or self.lines[0].quantity > 1:
            parts.append(f"{self._money(self.subtotal)} in all")
        if self.discount:
            percent = f"{self.basis_points / 100:g} percent"
            reached = {line.product.category for line in self.lines}
            less = f"less {percent}" if len(reached) == 1 else f"less a discount of {percent}"
            parts.append(
                f"{less}, which is {self._money(self.discount)}, "
                f"makes {self._money(self.subtotal - self.discount)}"
            )
        text = ", ".join(parts) + "."
        if self.personal_offer:
            return f"{text} For an order of that size the sales team makes a personal offer."
        if self.delivery is None:
            return text
        if self.delivery == 0:
            return f"{text} Delivery is free."
        fee, total = self._money(self.delivery), self._money(self.total)
        return f"{text} Delivery is {fee}, so {total} together."

    def _money(self, amount: int) -> str:
        return spoken_money(amount, self.currency)


def make_quote(
    lines: Sequence[QuoteLine],
    discounts: Sequence[Discount],
    delivery: DeliveryRule | None,
    buyer: str = "",
) -> Quote:
    """Discounts are not added together: the one that takes most off counts.

    Free delivery looks at what is left to pay. `lines` has one at least, in one currency.
    """
    subtotal = sum(line.total for line in lines)
    reached = [discount for discount in discounts if discount.is_reached(lines, buyer)]
    best = max(reached, key=lambda discount: discount.amount(lines), default=None)
    discount = best.amount(lines) if best is not None else 0
    fee = None
    if delivery is not None:
        free = delivery.free_from is not None and subtotal - discount >= delivery.free_from
        fee = 0 if free else delivery.fee
    return Quote(
        lines=tuple(lines),
        currency=lines[0].product.currency,
        subtotal=subtotal,
        discount=discount,
        basis_points=(best.basis_points or 0) if best is not None and discount else 0,
        delivery=fee,
        personal_offer=any(found.basis_points is None for found in reached),
    )


def _spoken_line(line: QuoteLine) -> str:
    price = spoken_money(line.product.price, line.product.currency)
    if line.quantity == 1:
        return f"one {line.product.name} at {price}"
    return f"{line.quantity:,} {_plural(line.product.name)} at {price} each"


def _plural(name: str) -> str:
    if name.endswith(("s", "x", "ch", "sh")):
        return name + "es"
    return name + "s"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
