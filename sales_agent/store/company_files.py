"""The company's CSV files as rows of tables, checked against each other, in the order they can be stored."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sales_agent.store import cells
from sales_agent.store.csv_files import Column, Problems, Row, read_rows
from sales_agent.store.database import StoreError
from sales_agent.store.money import parse_money
from sales_agent.store.schema import (
    Base,
    CustomerRow,
    DeliveryRow,
    DiscountRow,
    OrderItemRow,
    OrderRow,
    ProductRow,
    SlotRow,
    StockRow,
)
from sales_agent.store.spoken import order_key

CURRENCY = "USD"
NEEDED = ("products.csv", "stock.csv", "customers.csv", "orders.csv")
COLUMNS: dict[str, tuple[Column, ...]] = {
    "products.csv": (
        Column("id", cells.identifier),
        Column("name", cells.words),
        Column("category", cells.category),
        Column("price", str),  # read when the currency is known
        Column("currency", cells.currency, optional=True, default=CURRENCY),
        Column("attributes", cells.attributes, optional=True, default={}),
        Column("description", cells.words, optional=True, default=""),
    ),
    "stock.csv": (
        Column("product", cells.identifier),
        Column("quantity", cells.quantity),
        Column("restock_date", cells.day, optional=True),
    ),
    "discounts.csv": (
        Column("minimum_quantity", cells.counted, optional=True),
        Column("minimum_total", str, optional=True),
        Column("percent", cells.basis_points, optional=True),
        Column("counts", cells.category, optional=True, default=""),
        Column("applies_to", cells.categories, optional=True, default=""),
        Column("buyer", cells.category, optional=True, default=""),
    ),
    "delivery.csv": (Column("fee", str), Column("free_from", str, optional=True)),
    "customers.csv": (
        Column("id", cells.identifier),
        Column("name", cells.words),
        Column("email", cells.email, optional=True, default=""),
        Column("postcode", cells.words, optional=True, default=""),
        Column("consent", cells.yes_or_no, optional=True, default=False),
    ),
    "orders.csv": (
        Column("order", cells.identifier),
        Column("customer", cells.identifier),
        Column("date", cells.day),
        Column("status", cells.words),
        Column("delivery_date", cells.day, optional=True),
        Column("product", cells.identifier),
        Column("product_name", cells.words, optional=True, default=""),
        Column("quantity", cells.counted),
    ),
    "slots.csv": (Column("start", cells.moment),),
}
TableRow = tuple[str, type[Base], dict[str, Any]]
"""The file a row is from, its table, and its values."""


def check_folder(folder: Path, problems: Problems) -> None:
    """Whether the files are there, and no other one that somebody expects to be read."""
    if not folder.is_dir():
        raise StoreError(f"{folder} is not a folder: name the one with {', '.join(NEEDED)}")
    for name in NEEDED:
        if not (folder / name).is_file():
            problems.add(name, None, None, f"is missing: put it into {folder}")
    for path in sorted(folder.glob("*.csv")):
        if path.name not in COLUMNS:
            problems.add(path.name, None, None, f"unknown file: known are {', '.join(COLUMNS)}")


class CompanyFiles:
    """One reading of the folder. Remembers ids, to see what is there twice or leads nowhere."""

    def __init__(self, folder: Path, problems: Problems) -> None:
        self._folder = folder
        self._problems = problems
        self._currency = ""
        self._products: dict[str, str] = {}
        self._categories: set[str] = set()
        self._customers: dict[str, str] = {}
        self._orders: dict[str, list[int]] = {}
        """Of each order what its rows agree in, as a hash, and how many rows it has."""

    def rows(self) -> Iterator[TableRow]:
        """Every sound row, those that others refer to first."""
        yield from self._product_rows()
        yield from self._stock_rows()
        yield from self._discount_rows()
        yield from self._delivery_rows()
        yield from self._customer_rows()
        yield from self._order_rows()
        yield from self._slot_rows()

    def _read(self, file: str) -> Iterator[Row]:
        """Every row, of one that is not sound what can be read: it may hold a second mistake."""
        path = self._folder / file
        if path.is_file():
            yield from read_rows(path, COLUMNS[file], self._problems)

    def _money(self, file: str, row: Row, column: str) -> int | None:
        text = row.values.get(column)
        if text is None:
            return None
        try:
            return parse_money(text, self._currency or CURRENCY)
        except ValueError as error:
            self._problems.add(file, row.line, column, str(error))
            return None

    def _product_rows(self) -> Iterator[TableRow]:
        file = "products.csv"
        for row in self._read(file):
            values = dict(row.values)
            currency = values.get("currency", self._currency)
            self._currency = self._currency or currency
            if currency != self._currency:
                what = f"{currency} after {self._currency}: one currency for all"
                self._problems.add(file, row.line, "currency", what)
            values["price"] = self._money(file, row, "price")
            self._categories.add(values.get("category", ""))
            first = self._is_first(file, row, self._products, values.get("name", "?"))
            if first and row.sound:
                yield file, ProductRow, values
        if not self._products:
            self._problems.add(file, None, None, "no product in it can be read: put a row for each")

    def _stock_rows(self) -> Iterator[TableRow]:
        file = "stock.csv"
        seen: set[str] = set()
        for row in self._read(file):
            product = row.values.get("product")
            if product is None:
                continue
            if product not in self._products:
                self._unknown(file, row, "product", self._products)
            elif product in seen:
                self._problems.add(file, row.line, "product", f"{product!r} stands twice")
            elif row.sound:
                stock = {"product_id": product, "quantity": row.values["quantity"]}
                yield file, StockRow, stock | {"restock_on": row.values["restock_date"]}
            seen.add(product)

    def _discount_rows(self) -> Iterator[TableRow]:
        file = "discounts.csv"
        for number, row in enumerate(self._read(file), 1):
            values = dict(row.values)
            least = [
                values[name] for name in ("minimum_quantity", "minimum_total") if name in values
            ]
            if len(least) > 1 and (least[0] is None) == (least[1] is None):
                what = "give either minimum_quantity or minimum_total"
                self._problems.add(file, row.line, None, what)
            values["minimum_total"] = self._money(file, row, "minimum_total")
            for column in ("counts", "applies_to"):
                for category in filter(None, values.get(column, "").split(";")):
                    if self._categories and category not in self._categories:
                        what = f"no product in products.csv has the category {category!r}"
                        self._problems.add(file, row.line, column, what)
            if row.sound:
                values["basis_points"] = values.pop("percent")
                yield file, DiscountRow, {"id": number, **values}

    def _delivery_rows(self) -> Iterator[TableRow]:
        file = "delivery.csv"
        for number, row in enumerate(self._read(file), 1):
            if number > 1:
                self._problems.add(file, row.line, None, "a second rule: leave one row")
            fee, free_from = self._money(file, row, "fee"), self._money(file, row, "free_from")
            if row.sound:
                yield file, DeliveryRow, {"id": number, "fee": fee, "free_from": free_from}

    def _customer_rows(self) -> Iterator[TableRow]:
        file = "customers.csv"
        for row in self._read(file):
            # No name is kept: there may be many.
            if self._is_first(file, row, self._customers, "") and row.sound:
                yield file, CustomerRow, dict(row.values)
        if not self._customers:
            what = "no customer in it can be read: put a row for each"
            self._problems.add(file, None, None, what)

    def _order_rows(self) -> Iterator[TableRow]:
        file = "orders.csv"
        for row in self._read(file):
            values, order = row.values, row.values.get("order")
            customer, product = values.get("customer"), values.get("product")
            name = self._products.get(product or "", values.get("product_name", ""))
            known = True
            if customer is not None and customer not in self._customers:
                self._unknown(file, row, "customer", self._customers)
                known = False
            if product is not None and not name:
                mend = "correct it, or fill in product_name if it is sold no more"
                self._unknown(file, row, "product", self._products, mend)
                known = False
            if not (known and row.sound and order is not None):
                continue
            head = {
                "customer_id": customer,
                "ordered_on": values["date"],
                "status": values["status"],
                "delivery_on": values["delivery_date"],
            }
            agreed = hash(tuple(head.values()))
            if order not in self._orders:
                self._orders[order] = [agreed, 0]
                yield file, OrderRow, {"number": order, "key": order_key(order), **head}
            if self._orders[order][0] != agreed:
                what = f"the rows of {order!r} differ in customer, date, status or delivery_date"
                self._problems.add(file, row.line, "order", f"{what}: make them the same")
                continue
            self._orders[order][1] += 1
            item = {"product_id": product, "product_name": name}
            item |= {"quantity": values["quantity"], "line": self._orders[order][1]}
            yield file, OrderItemRow, {"order_number": order, **item}

    def _slot_rows(self) -> Iterator[TableRow]:
        file = "slots.csv"
        seen: set[datetime] = set()
        for row in self._read(file):
            if not row.sound:
                continue
            start = row.values["start"]
            if start in seen:
                what = f"{start.isoformat()} stands twice: leave one out"
                self._problems.add(file, row.line, "start", what)
                continue
            seen.add(start)
            yield file, SlotRow, {"start": start, "taken_by": None}

    def _is_first(self, file: str, row: Row, known: dict[str, str], name: str) -> bool:
        """Whether a row's id is new. It is known from then on: who refers to a bad row makes no mistake."""
        number = row.values.get("id")
        if number is None:
            return False
        if number in known:
            what = f"{number!r} stands twice: give each its own"
            self._problems.add(file, row.line, "id", what)
            return False
        known[number] = name
        return True

    def _unknown(
        self,
        file: str,
        row: Row,
        column: str,
        known: dict[str, str],
        mend: str = "correct it, or add it there",
    ) -> None:
        there = f"{column}s.csv"
        # Where nothing of that file is known, or some of its rows are not CSV, that is the mistake.
        if known and there not in self._problems.cut:
            what = f"{row.values[column]!r} is not in {there}: {mend}"
            self._problems.add(file, row.line, column, what)
