import pytest

from sales_agent.store.spoken import email_key, order_key, postcode_key


@pytest.mark.parametrize(
    "said",
    [
        "HO-10042",
        "ho 10042",
        "10042",
        "H O one zero zero four two",
        "HO one oh oh four two",
        "one double oh four two",
        "one double zero, four two.",
        "order number HO 1 0 0 4 2",
        "HO1OO42",
        "it's H. O. dash one zero zero four two",
    ],
)
def test_order_numbers_are_understood_as_people_say_them(said: str) -> None:
    assert order_key(said) == order_key("HO-10042")


def test_orders_with_few_digits_are_told_apart_by_their_letters() -> None:
    assert order_key("A-17") == order_key("a dash one seven") != order_key("B-17")
    assert order_key("") == ""


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("Ada.King@Example.com", "ada.king@example.com"),
        ("ada dot king at example dot com", "ada.king@example.com"),
        ("Ada Dot King At Example Dot Com.", "ada.king@example.com"),
        ("a d a . king @ example . com", "ada.king@example.com"),
        ("liam underscore oconnor at example dot com", "liam_oconnor@example.com"),
        ("grace dash lee at example dot net", "grace-lee@example.net"),
        ("team plus orders at harper design dot example", "team+orders@harperdesign.example"),
        ("max four two at example dot com", "max42@example.com"),
        ("one at example dot com", "one@example.com"),
    ],
)
def test_addresses_are_understood_as_people_say_them(said: str, known: str) -> None:
    assert email_key(said) == email_key(known)


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("04101", "04101"),
        ("oh four one oh one", "04101"),
        ("zero 4 1 zero 1", "04101"),
        ("O4101", "04101"),
        ("03801", "03801-2214"),
        ("zero three eight zero one dash two two one four", "03801-2214"),
        ("sw1a 1aa", "SW1A 1AA"),
        ("S W one A one double A", "SW1A 1AA"),
    ],
)
def test_postcodes_are_understood_as_people_say_them(said: str, known: str) -> None:
    assert postcode_key(said) == postcode_key(known)
