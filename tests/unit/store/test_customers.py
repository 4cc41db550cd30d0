from datetime import date
from pathlib import Path

import pytest

from sales_agent.store import Customer, Store, import_folder


async def ada(store: Store) -> Customer:
    customer = await store.customers.identify("HO-10042", "ada.king@example.com")
    assert customer is not None
    return customer


@pytest.mark.parametrize(
    ("order", "known"),
    [
        ("HO-10042", "ada.king@example.com"),
        ("H O one double oh four two", "Ada dot King at example dot com"),
        ("10021", "oh four one oh one"),
    ],
)
async def test_a_number_and_its_address_identify_a_customer(
    store: Store, order: str, known: str
) -> None:
    customer = await store.customers.identify(order, known)
    assert customer is not None
    assert (customer.id, customer.name, customer.consent) == ("C-1001", "Ada King", True)


@pytest.mark.parametrize(
    ("order", "known"),
    [
        ("HO-10042", "noah@brooks-law.example"),  # another customer's
        ("HO-10042", "02110"),
        ("HO-99999", "ada.king@example.com"),  # no order
        ("HO-10042", ""),
        ("HO-10042", "@"),
        ("", "ada.king@example.com"),
        ("%", "%"),
        ("' OR 1=1 --", "04101"),
        ("HO-10042" * 10_000, "ada.king@example.com"),
        ("HO-10042", "\0"),
    ],
)
async def test_wrong_and_unknown_get_the_same_answer(store: Store, order: str, known: str) -> None:
    assert await store.customers.identify(order, known) is None


async def test_a_customer_without_address_is_never_identified(empty: Store, folder: Path) -> None:
    text = (folder / "customers.csv").read_text()
    (folder / "customers.csv").write_text(text.replace("ada.king@example.com,04101", ","))
    await import_folder(empty.database, folder)
    for known in ("", " ", "-", "ada.king@example.com"):
        assert await empty.customers.identify("HO-10042", known) is None


async def test_orders_that_differ_in_letters_only_are_told_apart_by_the_address(
    empty: Store, folder: Path
) -> None:
    with (folder / "orders.csv").open("a") as file:
        file.write("AX-10042,C-1002,2026-01-02,delivered,,HO-DE-10,,1\n")
    await import_folder(empty.database, folder)
    noah = await empty.customers.identify("10042", "02110")
    assert noah is not None
    assert noah.id == "C-1002"
    order = await empty.customers.order_status(noah, "10042")
    assert order is not None
    assert order.number == "AX-10042"


async def test_orders_are_told_with_what_was_ordered(store: Store) -> None:
    order = await store.customers.order_status(await ada(store), "one zero zero four two")
    assert order is not None
    assert (order.number, order.status) == ("HO-10042", "in the workshop")
    assert (order.ordered_on, order.delivery_on) == (date(2026, 11, 18), date(2026, 12, 1))
    assert [(item.product_name, item.quantity) for item in order.items] == [
        ("Summit desk", 1),
        ("Double monitor arm", 1),
    ]


async def test_another_customers_order_is_as_one_that_nobody_has(store: Store) -> None:
    customer = await ada(store)
    assert await store.customers.order_status(customer, "HO-10034") is None
    assert await store.customers.order_status(customer, "HO-99999") is None


async def test_the_history_has_their_own_orders_the_newest_first(store: Store) -> None:
    customer = await ada(store)
    history = await store.customers.purchase_history(customer)
    assert [order.number for order in history] == ["HO-10042", "HO-10021"]
    assert [item.product_name for item in history[1].items] == ["Ridge desk", "Cedar chair"]
    assert len(await store.customers.purchase_history(customer, limit=1)) == 1


async def test_products_that_are_sold_no_more_keep_their_name(store: Store) -> None:
    harper = await store.customers.identify("HO-10061", "10011")
    assert harper is not None
    order = await store.customers.order_status(harper, "HO-10061")
    assert order is not None
    assert order.items[0].product_name == "Book end"


async def test_an_address_is_in_no_repr(store: Store) -> None:
    assert "ada.king" not in repr(await ada(store))
