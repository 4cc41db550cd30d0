import csv
import tracemalloc
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from sales_agent.config import Settings
from sales_agent.knowledge import load_knowledge
from sales_agent.store import SAMPLE, Store, StoreError, import_folder, open_store
from sales_agent.store.company_files import CompanyFiles, check_folder
from sales_agent.store.csv_files import Problems
from sales_agent.store.schema import CallRow, LeadRow, ProductRow, SlotRow, StockRow

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


async def told(store: Store, folder: Path) -> list[str]:
    with pytest.raises(StoreError) as error:
        await import_folder(store.database, folder)
    lines = str(error.value).splitlines()
    assert lines.pop() == "Nothing was loaded."
    return lines


def mistakes(folder: Path) -> list[str]:
    """What the files alone give, without a database."""
    problems = Problems()
    check_folder(folder, problems)
    for _ in CompanyFiles(folder, problems).rows():
        pass
    return problems.told


def change(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")


async def test_the_sample_is_loaded_whole(empty: Store) -> None:
    loaded = await import_folder(empty.database, SAMPLE)
    assert loaded["products.csv"] == 18
    assert (await empty.counts())["orders"] == 10
    async with empty.database.reading() as connection:
        summit = (
            await connection.execute(select(ProductRow).where(ProductRow.id == "HO-DE-30"))
        ).one()
    assert (summit.price, summit.currency, summit.attributes["load_kg"]) == (74_900, "USD", 150)


async def test_every_bad_row_is_named_at_once_and_nothing_is_loaded(
    store: Store, folder: Path
) -> None:
    change(folder, "products.csv", "HO-CH-10,Willow chair,chair,229", "HO-CH-10,Willow,chair,2 29")
    change(folder, "products.csv", "load_kg=70", "carries 70")
    change(folder, "stock.csv", "HO-AC-13,130", "HO-AC-99,-3")
    change(folder, "customers.csv", "ada.king@example.com", "ada.king at example")
    change(folder, "orders.csv", "HO-10034,C-1002,2026-05-18", "HO-10034,C-2002,18.5.2026")
    change(folder, "discounts.csv", "10,,8,desk", "10,500,800,table")
    change(folder, "slots.csv", "-05:00", "")
    before = await store.counts()
    lines = await told(store, folder)
    assert [line.split(": ")[0] for line in lines] == [
        "products.csv, line 2, attributes",
        "products.csv, line 5, price",
        "stock.csv, line 19, quantity",
        "stock.csv, line 19, product",
        "discounts.csv, line 2, percent",
        "discounts.csv, line 2",
        "discounts.csv, line 2, counts",
        "customers.csv, line 2, email",
        "orders.csv, line 4, date",
        "orders.csv, line 4, customer",
        "slots.csv, line 2, start",
    ]
    assert "'2 29' is not an amount: write 349 or 349.50" in "\n".join(lines)
    assert await store.counts() == before


@pytest.mark.parametrize(
    ("file", "mistakes_in_it", "places"),
    [
        (
            "products.csv",
            [("load_kg=70", "carries 70"), (",349,", ',"1,349.00",')],
            ["line 2, attributes", "line 2, price"],
        ),
        (
            "products.csv",
            [("HO-DE-20", "HO-DE-10"), (",549,", ",-5,")],
            ["line 3, price", "line 3, id"],
        ),
        (
            "stock.csv",
            [("product,quantity", "product,qantity"), ("HO-DE-10,86", "HO-DE-99,86")],
            ["line 1, qantity", "line 1, quantity", "line 2, product"],
        ),
        (
            "orders.csv",
            [("C-1002,2026-05-18", "C-2002,18.5.2026"), ("HO-AC-99,Book end", "HO-AC-99,")],
            ["line 4, date", "line 4, customer"],
        ),
        (
            "discounts.csv",
            [("10,,8,desk", "10,500,800,table")],
            ["line 2, percent", "line 2", "line 2, counts"],
        ),
        (
            "customers.csv",
            [("Ada King", '"Ada" King'), ("noah", "noah at ")],
            ["line 2", "line 3, email"],
        ),
    ],
)
def test_one_mistake_hides_no_other(
    folder: Path, file: str, mistakes_in_it: list[tuple[str, str]], places: list[str]
) -> None:
    for old, new in mistakes_in_it:
        change(folder, file, old, new)
    found = [line.split(": ")[0] for line in mistakes(folder)]
    assert set(found) >= {f"{file}, {place}" for place in places}, found
    if file != "products.csv":
        assert all(place.startswith(file) for place in found), found


@pytest.mark.parametrize(
    ("file", "old", "new", "line"),
    [
        ("stock.csv", "product,quantity", "product,qantity", "unknown column: perhaps quantity?"),
        ("stock.csv", "product,quantity", "product,colour", "known are product, quantity"),
        ("stock.csv", "product,quantity", "product,product", "stands twice"),
        ("stock.csv", "quantity,", "", "quantity: the column is missing"),
        ("stock.csv", "HO-DE-10,86,", "HO-DE-10,86", "line 2: 2 cells where the header has 3"),
        ("stock.csv", "HO-DE-10,86,", "HO-DE-20,86,", "line 3, product: 'HO-DE-20' stands twice"),
        ("stock.csv", "HO-DE-10,86", "HO-DE-10,", "line 2, quantity: is empty"),
        ("stock.csv", "HO-DE-10,86", "HO-DE-10,８６", "is not a whole number"),
        ("products.csv", "HO-DE-20", "HO-DE-10", "line 3, id: 'HO-DE-10' stands twice"),
        ("products.csv", "549,USD", "549,EUR", "currency: EUR after USD"),
        ("products.csv", "549,USD", "549,$", "'$' is not a currency"),
        ("products.csv", "549,USD", "5490000000,USD", "is too large"),
        ("products.csv", '"load_kg=110', "load_kg=110", "line 3: "),
        ("products.csv", '"load_kg=70', '"load"_kg=70', "line 2: not CSV"),
        ("orders.csv", "delivered,2026-03-16", "lost,2026-03-16", "line 3, order: the rows of"),
        ("orders.csv", "HO-AC-99,Book end", "HO-AC-99,", "fill in product_name"),
        ("discounts.csv", "10,,8,", ",,8,", "give either minimum_quantity or minimum_total"),
        ("discounts.csv", "10,,8,desk,", "10,,8,sofa,", "category 'sofa'"),
        ("delivery.csv", "39,1000\n", "39,1000\n49,\n", "line 3: a second rule"),
        ("customers.csv", ",yes", ",perhaps", "'perhaps' is neither yes nor no"),
        ("customers.csv", "Ada King", "Ada\0King", "NUL"),
    ],
)
def test_each_mistake_has_its_line_and_its_mend(
    folder: Path, file: str, old: str, new: str, line: str
) -> None:
    change(folder, file, old, new)
    lines = mistakes(folder)
    assert any(found.startswith(file) and line in found for found in lines), lines


def test_files_that_are_missing_or_unknown_are_named(folder: Path) -> None:
    (folder / "stock.csv").rename(folder / "stocks.csv")
    lines = mistakes(folder)
    assert lines[0].startswith("stock.csv: is missing")
    assert lines[1].startswith("stocks.csv: unknown file: known are products.csv")


async def test_files_that_may_be_missing_may(empty: Store, folder: Path) -> None:
    for name in ("discounts.csv", "delivery.csv", "slots.csv"):
        (folder / name).unlink()
    assert "slots.csv" not in await import_folder(empty.database, folder)


@pytest.mark.parametrize("name", ["products.csv", "customers.csv"])
def test_an_empty_file_is_named(folder: Path, name: str) -> None:
    (folder / name).write_text("")
    lines = mistakes(folder)
    assert lines[0].startswith(f"{name}, line 1: no header")
    assert all(line.startswith(name) for line in lines), lines


@pytest.mark.parametrize(
    ("encoding", "what"),
    [
        ("utf-16", "line 1: UTF-16 text"),
        ("cp1252", "line 3, name: 'Noé Brooks' is not UTF-8 text, perhaps Windows-1252"),
    ],
)
def test_another_encoding_is_named_and_hides_no_other_mistake(
    folder: Path, encoding: str, what: str
) -> None:
    change(folder, "customers.csv", "Noah", "Noé")
    change(folder, "customers.csv", "ada.king@example.com", "ada.king at example")
    change(folder, "orders.csv", "HO-10034,C-1002", "HO-10034,C-2002")
    text = (folder / "customers.csv").read_text("utf-8")
    (folder / "customers.csv").write_text(text, encoding)
    lines = mistakes(folder)
    found = next(line for line in lines if line.startswith(f"customers.csv, {what}"))
    assert "save the file again as CSV UTF-8" in found
    others = [line.split(": ")[0] for line in lines if line is not found]
    assert others == ["customers.csv, line 2, email", "orders.csv, line 4, customer"]


async def test_what_spreadsheets_write_is_read(empty: Store, folder: Path) -> None:
    """A byte order mark, semicolons, lines that end in two characters, empty rows."""
    with (folder / "products.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    with (folder / "products.csv").open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file, delimiter=";").writerows([*rows, [""] * 7])
    assert (await import_folder(empty.database, folder))["products.csv"] == 18


async def test_a_second_import_replaces_data_and_keeps_calls(store: Store, folder: Path) -> None:
    async with store.database.writing() as connection:
        start = (await connection.scalars(select(SlotRow.start).order_by(SlotRow.start))).first()
        await connection.execute(
            update(SlotRow).where(SlotRow.start == start).values(taken_by="call")
        )
        call = {"id": "call", "version": 0, "started": NOW, "state": {}, "transcript": []}
        await connection.execute(insert(CallRow).values(call))
        lead = {"call_id": "call", "at": NOW, "name": "Ada", "email": "", "need": "", "details": {}}
        await connection.execute(insert(LeadRow).values(lead))
    change(folder, "products.csv", "Summit desk,desk,749", "Summit desk,desk,799.50")
    change(folder, "stock.csv", "HO-AC-13,130,\n", "")
    with (folder / "orders.csv").open("w") as file:
        file.write(
            "order,customer,date,status,product,quantity\nN-1,C-1001,2026-11-24,new,HO-DE-10,1"
        )
    await import_folder(store.database, folder)
    counts = await store.counts()
    assert (counts["orders"], counts["calls"], counts["leads"], counts["slots"]) == (1, 1, 1, 566)
    async with store.database.reading() as connection:
        price = await connection.scalar(select(ProductRow.price).where(ProductRow.price == 79_950))
        taken = await connection.scalar(select(SlotRow.start).where(SlotRow.taken_by == "call"))
        stocked = (await connection.scalars(select(StockRow.product_id))).all()
    assert price is not None
    assert taken == start
    assert "HO-AC-13" not in stocked


@pytest.mark.slow
async def test_a_hundred_thousand_rows_are_loaded_with_progress(folder: Path) -> None:
    with (folder / "orders.csv").open("a") as file:
        for number in range(100_000):
            file.write(f"X-{number // 4},C-1001,2026-01-02,delivered,,HO-DE-10,,1\n")
    heard: list[tuple[str, int]] = []
    async with aclosing(await open_store(f"sqlite:///{folder}/company.db")) as store:
        await import_folder(store.database, folder, lambda *told: heard.append(told))
        assert (await store.counts())["orders"] == 25_010
    assert heard[-1] == ("orders.csv", 100_000)


def test_checking_keeps_no_rows(folder: Path) -> None:
    with (folder / "customers.csv").open("a") as file:
        for number in range(800):
            file.write(f"X-{number},{'A long name ' * 1_000},x@example.com,04101,yes\n")
    tracemalloc.start()
    try:
        rows = sum(1 for _ in CompanyFiles(folder, Problems()).rows())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert rows > 800
    assert peak < 3_000_000, f"{peak:,} bytes of a file of 10 MB"


def test_the_sample_agrees_with_the_documents() -> None:
    knowledge = load_knowledge(Path("knowledge"), Settings.from_env({}).cache)
    texts = {document.name: document.text for document in knowledge.documents}
    catalogue, prices = texts["products/desk-catalogue.pdf"], texts["products/price-list.csv"]
    with (SAMPLE / "stock.csv").open() as file:
        stock = {row["product"]: row["quantity"] for row in csv.DictReader(file)}
    with (SAMPLE / "products.csv").open() as file:
        for row in csv.DictReader(file):
            if row["category"] == "desk":
                assert f"| {row['name']} | {row['price']} dollars |" in catalogue
                load = row["attributes"].split(";")[0].removeprefix("load_kg=")
                assert (
                    f"The {row['name']} costs {row['price']} dollars. It carries {load} "
                    in catalogue
                )
            else:
                listed = [row["name"], row["id"], row["price"], stock[row["id"]]]
                assert " | ".join(listed) in prices
    delivery = texts["policies/delivery-and-returns.md"]
    assert "Delivery costs 39 dollars" in delivery
    assert "free for orders of 1,000 dollars or more" in delivery
    assert (SAMPLE / "delivery.csv").read_text() == "fee,free_from\n39,1000\n"
    business = texts["business-orders.html"]
    for rule in ("10 to 24 desks | 8 percent", "25 to 99 desks | 12 percent", "10 percent from"):
        assert rule in business
