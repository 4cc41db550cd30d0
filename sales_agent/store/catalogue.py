"""What the company sells: found by name or by need, with its stock and what an order of it costs."""

import asyncio
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from sales_agent.store.database import Database, RefusedError
from sales_agent.store.names import match_names, singular
from sales_agent.store.quotes import DeliveryRule, Discount, Product, Quote, QuoteLine, make_quote
from sales_agent.store.schema import DeliveryRow, DiscountRow, ImportRow, ProductRow, StockRow

MAX_QUANTITY = 10_000  # of one product; more is a number misheard
MAX_PRODUCTS = 50  # in one quote
_SHORT = 3  # letters; shorter words tell nothing about a need


@dataclass(frozen=True)
class Stock:
    """How many are there, and when more come, where that is known."""

    quantity: int
    restock_on: date | None


class Catalogue:
    """Reads the products once for each import, as they are asked for in every turn."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._imported: int | None = None
        self._products: dict[str, Product] = {}

    async def products(self) -> Mapping[str, Product]:
        """Every product by its id."""
        async with self._database.reading() as connection:
            newest = await connection.scalar(select(func.max(ImportRow.id)))
            if newest != self._imported:
                rows = await connection.execute(select(ProductRow.__table__))
                self._products = {row.id: Product(**row._mapping) for row in rows}
                self._imported = newest
        return self._products

    async def find(self, name: str) -> list[Product]:
        """The product that a caller names, or the two or three it may be, or none."""
        products = [*(await self.products()).values()]
        # 0.2 s with 5,000 products, in which the call's sound must not stop.
        return await asyncio.to_thread(match_names, name, products)

    async def find_products(
        self,
        need: str = "",
        *,
        budget: int | None = None,
        minimum_load: float | None = None,
        category: str = "",
        limit: int = 3,
    ) -> list[Product]:
        """What fits best, the best first; among equals the cheapest.

        `need` is in the caller's words. `budget`, in minor units, is for one; `minimum_load` is in
        kilograms, and leaves out what carries less or does not say.
        """
        products = await self.products()
        wanted = [singular(word) for word in category.casefold().split()]
        fitting = [
            product
            for product in products.values()
            if (budget is None or product.price <= budget)
            and (minimum_load is None or (product.load_kg or 0) >= minimum_load)
            and (not wanted or [singular(w) for w in product.category.split()] == wanted)
        ]
        scores = _need_scores(need, [*products.values()])
        if scores and not (wanted or minimum_load is not None):
            fitting = [product for product in fitting if scores[product.id] > 0]
        fitting.sort(key=lambda product: (-scores.get(product.id, 0.0), product.price))
        return fitting[:limit]

    async def stock(self, product: Product) -> Stock | None:
        """None where nothing is known."""
        async with self._database.reading() as connection:
            row = (
                await connection.execute(
                    select(StockRow.quantity, StockRow.restock_on).where(
                        StockRow.product_id == product.id
                    )
                )
            ).one_or_none()
        return None if row is None else Stock(row.quantity, row.restock_on)

    async def quote(self, items: Mapping[str, int], *, buyer: str = "") -> Quote:
        """What an order of so many of each product id costs, with discount and delivery.

        `buyer` is what a discount asks for, such as "school". Raises RefusedError for an unknown
        product and for a quantity that is none.
        """
        products = await self.products()
        if not 0 < len(items) <= MAX_PRODUCTS:
            raise RefusedError(f"A quote has 1 to {MAX_PRODUCTS} products, not {len(items)}")
        for product_id, quantity in items.items():
            if product_id not in products:
                raise RefusedError(f"There is no product {product_id!r}")
            whole = isinstance(quantity, int) and not isinstance(quantity, bool)
            if not whole or not 0 < quantity <= MAX_QUANTITY:
                raise RefusedError(
                    f"{quantity!r} of {products[product_id].name}: 1 to {MAX_QUANTITY:,} can be ordered"
                )
        lines = [QuoteLine(products[product_id], n) for product_id, n in items.items()]
        async with self._database.reading() as connection:
            discounts = await connection.execute(select(DiscountRow.__table__))
            delivery = (await connection.execute(select(DeliveryRow.__table__))).first()
        return make_quote(
            lines,
            [
                Discount(
                    minimum_quantity=row.minimum_quantity,
                    minimum_total=row.minimum_total,
                    basis_points=row.basis_points,
                    counts=row.counts,
                    applies_to=frozenset(filter(None, row.applies_to.split(";"))),
                    buyer=row.buyer,
                )
                for row in discounts
            ],
            None if delivery is None else DeliveryRule(delivery.fee, delivery.free_from),
            buyer.strip().casefold(),
        )


def _need_scores(need: str, products: list[Product]) -> dict[str, float]:
    """How much of the need stands in each product's words; rare words count more. Empty without one."""
    words = set(_words(need))
    if not words:
        return {}
    texts = {
        product.id: set(_words(f"{product.name} {product.description} {product.attributes}"))
        for product in products
    }
    scores = dict.fromkeys(texts, 0.0)
    for word in words:
        having = [key for key, text in texts.items() if word in text]
        for key in having:
            scores[key] += math.log((len(texts) + 1) / len(having))
    return scores


def _words(text: str) -> list[str]:
    found = re.findall(r"[^\W_]+", text.casefold())
    return [singular(word) for word in found if len(word) >= _SHORT]
