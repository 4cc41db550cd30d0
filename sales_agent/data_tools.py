"""What the model can look up in the company's own data. Every figure comes from there or is computed in code.

Each tool gives the model a sentence that it can say as it stands; a failed one says what to say instead.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date

from livekit.agents import RunContext, ToolError, function_tool
from pydantic import BaseModel

from sales_agent.call import Call
from sales_agent.identity import recognise
from sales_agent.store import Customer, Product, RefusedError, Store, StoreError
from sales_agent.store.money import digits, spoken_money

logger = logging.getLogger("sales_agent")

# Wrong answers to who they are; the fourth and all after are not even looked at.
MAX_TRIES = 3
ORDERS_TOLD = 5
# Seconds. A pause of one is a person who looks something up; after two a caller asks whether somebody is there.
SLOW = 1.0
PATIENCE = 8.0
NOTHING_FITS = "No product fits all of that. Say so, and ask which wish matters least."


class Item(BaseModel):
    """One line of an order."""

    product: str
    quantity: int


@function_tool
async def check_stock(ctx: RunContext[Call], product: str) -> str:
    """Look up how many of a product are in stock. Never guess it.

    Args:
        product: The product, in the caller's words.
    """
    store = store_of(ctx)
    async with honestly(ctx, "the stock"):
        found = await one_product(store, product)
        stock = await store.catalogue.stock(found)
    ctx.userdata.update(products=[found.name])
    if stock is None:
        return f"Nothing is known about the stock of the {found.name}. Say so; do not guess."
    if stock.quantity:
        return f"The {found.name} is in stock: {stock.quantity:,} are there."
    more = f" More come on {spoken_date(stock.restock_on)}." if stock.restock_on else ""
    return f"The {found.name} is out of stock.{more}"


@function_tool
async def find_products(
    ctx: RunContext[Call],
    need: str = "",
    budget: float | None = None,
    minimum_load_kg: float | None = None,
    category: str = "",
) -> str:
    """Find products that fit a need, the best first.

    Args:
        need: What it is for, in the caller's words.
        budget: The most that one may cost, in whole units of the currency.
        minimum_load_kg: What it has to carry, in kilograms.
        category: A kind of product, such as desk or chair.
    """
    store = store_of(ctx)
    async with honestly(ctx, "the catalogue"):
        found = await matching(store, need, budget, minimum_load_kg, category)
    if not found:
        return NOTHING_FITS
    return "\n".join(described(product) for product in found)


@function_tool
async def recommend(
    ctx: RunContext[Call],
    need: str,
    budget: float | None = None,
    minimum_load_kg: float | None = None,
    category: str = "",
) -> str:
    """Choose the one product to recommend, from need, stock and what the caller has bought, with the reason.

    Args:
        need: What it is for, in the caller's words.
        budget: The most that one may cost, in whole units of the currency.
        minimum_load_kg: What it has to carry, in kilograms.
        category: A kind of product, such as desk or chair.
    """
    store, call = store_of(ctx), ctx.userdata
    async with honestly(ctx, "the catalogue"):
        found = await matching(store, need, budget, minimum_load_kg, category)
        stocks = [(product, await store.catalogue.stock(product)) for product in found]
        orders = await store.customers.purchase_history(call.customer) if call.customer else []
    if not found:
        return NOTHING_FITS
    best, stock = next(((p, s) for p, s in stocks if s is None or s.quantity), stocks[0])
    reasons = [f"It fits {need!r} best" if best is found[0] else f"{found[0].name} is out of stock"]
    if stock is not None:
        reasons.append(
            f"{stock.quantity:,} are in stock" if stock.quantity else "it is out of stock"
        )
    bought = {item.product_id: item.product_name for order in orders for item in order.items}
    if best.id in bought:
        reasons.append("they have bought it before")
    elif bought:
        reasons.append(
            f"they have bought {', '.join(bought.values())} before: say how it goes with that"
        )
    call.update(products=[best.name], need=need, stage="recommendation")
    return f"Recommend this one. {described(best)} Reasons: {'; '.join(reasons)}."


@function_tool
async def quote(ctx: RunContext[Call], items: list[Item], buyer: str = "") -> str:
    """Compute what an order costs: quantities, discounts, delivery and total. Never compute a price yourself.

    Args:
        items: The products in the caller's words, and how many of each.
        buyer: What kind of buyer gets a discount of its own, such as school or charity; else empty.
    """
    store = store_of(ctx)
    async with honestly(ctx, "the price list"):
        wanted: dict[str, int] = {}
        for item in items:
            product = await one_product(store, item.product)
            wanted[product.id] = wanted.get(product.id, 0) + item.quantity
        made = await store.catalogue.quote(wanted, buyer=buyer)
    ctx.userdata.update(
        products=[line.product.name for line in made.lines],
        quantity=", ".join(f"{line.quantity} {line.product.name}" for line in made.lines),
        stage="pricing",
    )
    return f"{made.spoken()} Say these figures exactly as they are here."


@function_tool
async def identify_caller(ctx: RunContext[Call], order_number: str, email_or_postcode: str) -> str:
    """Check who is calling, before anything about their orders is told, by an order and its email or postcode.

    Args:
        order_number: As the caller said it.
        email_or_postcode: As the caller said it.
    """
    call = ctx.userdata
    if call.tries >= MAX_TRIES:
        raise ToolError(
            "They cannot be identified in this call any more. Say so kindly, and offer to have a colleague call back."
        )
    store = store_of(ctx)
    async with honestly(ctx, "the orders"):
        customer = await store.customers.identify(order_number, email_or_postcode)
    if customer is None:
        call.wrong_try()
        async with honestly(ctx, "the orders"):
            await call.save()  # who comes back has not more tries
        raise ToolError(
            "That does not match. Do not say which part is wrong; ask once more for both, or offer help without it."
        )
    async with honestly(ctx, "the orders"):
        await recognise(call, customer)
        await call.save()
    return f"This is {customer.name}. Their orders may be told to them now, and only theirs."


@function_tool
async def purchase_history(ctx: RunContext[Call]) -> str:
    """What the caller has ordered before. Only for a caller who was identified."""
    store, customer = store_of(ctx), identified(ctx)
    async with honestly(ctx, "the orders"):
        orders = await store.customers.purchase_history(customer, limit=ORDERS_TOLD)
    if not orders:
        return "They have no orders."
    return "\n".join(
        f"{order.number}, {spoken_date(order.ordered_on)}, {order.status}: "
        + ", ".join(f"{item.quantity} {item.product_name}" for item in order.items)
        for order in orders
    )


@function_tool
async def order_status(ctx: RunContext[Call], order_number: str) -> str:
    """How far an order of the caller is. Only for a caller who was identified.

    Args:
        order_number: As the caller said it.
    """
    store, customer = store_of(ctx), identified(ctx)
    async with honestly(ctx, "the orders"):
        order = await store.customers.order_status(customer, order_number)
    if order is None:
        return "They have no order of that number. Ask for it again, digit by digit."
    when = f" Delivery: {spoken_date(order.delivery_on)}." if order.delivery_on else ""
    return f"Order {order.number} is {order.status}.{when}"


DATA_TOOLS = (
    check_stock,
    find_products,
    recommend,
    quote,
    identify_caller,
    purchase_history,
    order_status,
)


def store_of(ctx: RunContext[Call]) -> Store:
    """The company's data. Raises ToolError where it cannot be reached in this call."""
    if ctx.userdata.store is None:
        raise ToolError(unreachable("the company's data"))
    return ctx.userdata.store


def identified(ctx: RunContext[Call]) -> Customer:
    """Who is calling, as they have shown. Raises ToolError where they have not: a name is nobody."""
    if ctx.userdata.customer is None:
        raise ToolError(
            "They are not identified. Ask for an order number, and the email address or postcode of that order."
        )
    return ctx.userdata.customer


@asynccontextmanager
async def honestly(ctx: RunContext[Call], what: str, outcome: str = "") -> AsyncIterator[None]:
    """Turn a failure of the store into what the model is to say; `outcome` is what has not happened by it.

    Who waits long is told so meanwhile, and nobody waits for ever.
    """
    try:
        async with bridged(ctx), asyncio.timeout(PATIENCE):
            yield
    except RefusedError as error:
        raise ToolError(f"{error}. Ask what they meant.") from error
    except (StoreError, TimeoutError) as error:
        logger.error("a tool failed: %s", error or "it took too long")
        raise ToolError(f"{outcome} {unreachable(what)}".lstrip()) from error


def bridged(ctx: RunContext[Call]) -> AbstractAsyncContextManager[None]:
    """Tell who waits for a tool so, once it is slow."""
    return ctx.with_filler(lambda _: ctx.userdata.moment or None, delay=SLOW)


def unreachable(what: str) -> str:
    return (
        f"{what[0].upper()}{what[1:]} cannot be read just now. Say so honestly, "
        "and offer to have it looked up and to call them back."
    )


async def one_product(store: Store, name: str) -> Product:
    """The product that is meant. Raises ToolError with the candidates, where there is not one."""
    found = await store.catalogue.find(name)
    if len(found) == 1:
        return found[0]
    if found:
        names = " or the ".join(product.name for product in found)
        raise ToolError(f"{name!r} may be the {names}. Ask which one.")
    raise ToolError(f"There is no product {name!r}. Ask what they mean, or what it is for.")


async def matching(
    store: Store, need: str, budget: float | None, load: float | None, category: str
) -> Sequence[Product]:
    most = None
    if budget is not None:
        products = await store.catalogue.products()
        places = digits(next((product.currency for product in products.values()), "USD"))
        most = round(budget * 10**places)
    return await store.catalogue.find_products(
        need, budget=most, minimum_load=load, category=category
    )


def described(product: Product) -> str:
    price = spoken_money(product.price, product.currency)
    load = f", carries {product.load_kg:g} kilograms" if product.load_kg else ""
    return f"{product.name}: {price}{load}. {product.description}."


def spoken_date(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"
