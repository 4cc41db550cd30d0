import csv
import re
from datetime import date
from pathlib import Path

import pytest

from sales_agent.store import SAMPLE, Product, RefusedError, Store, import_folder
from sales_agent.store.names import match_names
from tests.unit.store.spoken_names import OTHER_PRODUCTS, OTHER_SAID, SAID


async def ids(store: Store, name: str) -> set[str]:
    return {product.id.removeprefix("HO-") for product in await store.catalogue.find(name)}


async def test_products_are_found_by_what_callers_say(store: Store) -> None:
    assert len(SAID) >= 60
    wrong = {
        said: found
        for said, want in SAID.items()
        if (found := await ids(store, said)) != set(want.split())
    }
    assert wrong == {}


def test_other_names_are_found_as_well() -> None:
    products = [
        Product(name, name, category, price * 100, "USD", {}, "")
        for name, (category, price) in OTHER_PRODUCTS.items()
    ]
    wrong = {
        said: found
        for said, want in OTHER_SAID.items()
        if (found := {p.name for p in match_names(said, products)})
        != set(filter(None, want.split("|")))
    }
    assert len(wrong) <= 2, wrong


async def test_a_new_import_is_seen_without_a_restart(store: Store, folder: Path) -> None:
    assert await ids(store, "the everest desk") != {"DE-30"}
    text = (folder / "products.csv").read_text()
    (folder / "products.csv").write_text(text.replace("Summit desk", "Everest desk"))
    await import_folder(store.database, folder)
    assert await ids(store, "the everest desk") == {"DE-30"}


@pytest.mark.parametrize(
    ("need", "limits", "names"),
    [
        ("several large monitors", {}, ["Summit desk"]),
        ("a small room", {"category": "desk"}, ["Breeze desk", "Summit desk", "Ridge desk"]),
        ("", {"category": "desks", "budget": 60_000}, ["Breeze desk", "Ridge desk"]),
        ("", {"category": "desk", "minimum_load": 120}, ["Summit desk"]),
        ("", {"minimum_load": 111, "budget": 30_000}, ["Willow chair"]),
        ("hide cables under the top", {"budget": 5_000}, ["Cable tray"]),
        ("head rest", {"category": "chair"}, ["Cedar chair", "Willow chair"]),
        ("", {"category": "desk", "budget": 10_000}, []),
        ("a submarine", {}, []),
        ("", {"category": "sofa"}, []),
    ],
)
async def test_products_are_found_by_need(
    store: Store, need: str, limits: dict[str, object], names: list[str]
) -> None:
    found = await store.catalogue.find_products(need, **limits)  # type: ignore[arg-type]
    assert [product.name for product in found][: max(len(names), 1)] == names


async def test_stock_is_told_with_the_day_of_the_next(store: Store) -> None:
    products = await store.catalogue.products()
    drawer = await store.catalogue.stock(products["HO-AC-08"])
    assert drawer is not None
    assert (drawer.quantity, drawer.restock_on) == (0, date(2026, 12, 15))
    unknown = Product("X", "X", "desk", 1, "USD", {}, "")
    assert await store.catalogue.stock(unknown) is None


@pytest.mark.parametrize(
    ("items", "buyer", "subtotal", "discount", "delivery", "total"),
    [
        ({"DE-10": 1}, "", 34_900, 0, 3_900, 38_800),
        ({"DE-30": 1, "CH-10": 1}, "", 97_800, 0, 3_900, 101_700),
        ({"DE-30": 1, "CH-10": 1, "AC-07": 1}, "", 100_700, 0, 0, 100_700),
        ({"DE-30": 9}, "", 674_100, 0, 0, 674_100),
        ({"DE-30": 10}, "", 749_000, 59_920, 0, 689_080),
        ({"DE-10": 5, "DE-20": 5}, "", 449_000, 35_920, 0, 413_080),  # desks can be mixed
        ({"CH-10": 12}, "", 274_800, 0, 0, 274_800),  # chairs do not count
        ({"DE-10": 10, "CH-20": 10}, "", 738_000, 59_040, 0, 678_960),  # but get cheaper with desks
        ({"DE-10": 10, "AC-01": 10}, "", 438_000, 27_920, 0, 410_080),  # accessories do not
        ({"DE-10": 25}, "", 872_500, 104_700, 0, 767_800),
        ({"DE-10": 10}, "school", 349_000, 34_900, 0, 314_100),
        ({"DE-10": 3}, "School", 104_700, 10_470, 3_900, 98_130),  # free from what is left to pay
        ({"DE-10": 30}, "charity", 1_047_000, 125_640, 0, 921_360),  # the higher one counts
    ],
)
async def test_quotes_are_computed_as_the_documents_say(
    store: Store,
    items: dict[str, int],
    buyer: str,
    subtotal: int,
    discount: int,
    delivery: int,
    total: int,
) -> None:
    quote = await store.catalogue.quote({f"HO-{key}": n for key, n in items.items()}, buyer=buyer)
    found = (quote.subtotal, quote.discount, quote.delivery, quote.total)
    assert found == (subtotal, discount, delivery, total)
    assert not quote.personal_offer


@pytest.mark.parametrize(
    ("items", "text"),
    [
        (
            {"DE-10": 1},
            "one Breeze desk at 349 dollars. Delivery is 39 dollars, so 388 dollars together.",
        ),
        (
            {"DE-30": 10},
            "10 Summit desks at 749 dollars each, 7,490 dollars in all, less 8 percent, which is "
            "599 dollars and 20 cents, makes 6,890 dollars and 80 cents. Delivery is free.",
        ),
        (
            {"DE-30": 1, "CH-20": 2, "AC-13": 1},
            "one Summit desk at 749 dollars, 2 Cedar chairs at 389 dollars each and one Power strip "
            "at 55 dollars, 1,582 dollars in all. Delivery is free.",
        ),
        (
            {"DE-10": 100},
            "100 Breeze desks at 349 dollars each, 34,900 dollars in all, less 12 percent, which is "
            "4,188 dollars, makes 30,712 dollars. For an order of that size the sales team makes a "
            "personal offer.",
        ),
    ],
)
async def test_quotes_can_be_said(store: Store, items: dict[str, int], text: str) -> None:
    quote = await store.catalogue.quote({f"HO-{key}": n for key, n in items.items()})
    assert quote.spoken() == text


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        ({}, "1 to 50 products"),
        ({"HO-DE-99": 1}, "There is no product 'HO-DE-99'"),
        ({"HO-DE-10": 0}, "0 of Breeze desk: 1 to 10,000 can be ordered"),
        ({"HO-DE-10": -2}, "-2 of Breeze desk"),
        ({"HO-DE-10": 10_001}, "10001 of Breeze desk"),
        ({"HO-DE-10": 1.5}, "1.5 of Breeze desk"),
        ({"HO-DE-10": True}, "True of Breeze desk"),
    ],
)
async def test_quantities_that_are_none_are_refused(
    store: Store, items: dict[str, int], reason: str
) -> None:
    with pytest.raises(RefusedError, match=re.escape(reason)):
        await store.catalogue.quote(items)


async def test_half_a_cent_is_rounded_up_and_totals_can_give_discounts(
    empty: Store, folder: Path
) -> None:
    with (folder / "discounts.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["minimum_total", "percent"], ["500", "2.5"], ["1000.50", "5"]])
    text = (SAMPLE / "products.csv").read_text()
    (folder / "products.csv").write_text(text.replace("desk,549,", "desk,549.90,"))
    (folder / "delivery.csv").unlink()
    await import_folder(empty.database, folder)
    quote = await empty.catalogue.quote({"HO-DE-20": 1})
    assert (quote.subtotal, quote.discount, quote.delivery) == (54_990, 1_375, None)
    assert quote.spoken() == (
        "one Ridge desk at 549 dollars and 90 cents, less 2.5 percent, which is 13 dollars and "
        "75 cents, makes 536 dollars and 15 cents."
    )
    assert (await empty.catalogue.quote({"HO-DE-20": 2})).discount == 5_499
