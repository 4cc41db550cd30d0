"""Who is calling: shown by two facts that match, or by a token that our own server made for a customer.

A name or an identity alone is nobody: any client may type one. So the customer's id stands in a token as an
attribute that is signed for one room and one identity, and counts only where its holder cannot change attributes. So
does the right of a person of the sales team to take a call over.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import aclosing

import jwt
from livekit import rtc

from sales_agent.call import Call
from sales_agent.config import ConfigError
from sales_agent.store import Customer, StoreError, open_store
from sales_agent.store.history import History

logger = logging.getLogger("sales_agent")

CUSTOMER = "customer"  # attributes of a participant: the signed id of a customer,
COLLEAGUE = "colleague"  # or that a person of the sales team takes over
# Seconds that a greeting waits for the customer to be looked up, which takes thousandths of one.
PATIENCE = 1.0
REMEMBERED = ("company", "need", "products", "quantity", "budget", "timeline", "next_step")


def sign(secret: str, what: str, value: str, *, room: str, identity: str) -> dict[str, str]:
    """The attribute that shows the agent in one room who somebody is."""
    claims = {"aud": what, "room": room, "sub": identity, "value": value}
    return {what: jwt.encode(claims, secret, algorithm="HS256")}


def signed(
    attributes: Mapping[str, str], secret: str, what: str, *, room: str, identity: str
) -> str:
    """The value of an attribute; empty where it was not signed with this secret, for this room and identity."""
    if not secret:  # with none, everybody could sign
        return ""
    try:
        claims = jwt.decode(attributes.get(what, ""), secret, algorithms=["HS256"], audience=what)
    except jwt.InvalidTokenError:
        return ""
    if claims.get("room") != room or claims.get("sub") != identity:
        return ""
    return str(claims.get("value", ""))


def shown(person: rtc.RemoteParticipant, secret: str, what: str, *, room: str) -> str:
    """What the token of a participant shows; empty where it shows nothing that our server has signed."""
    value = signed(person.attributes, secret, what, room=room, identity=person.identity)
    if what in person.attributes and (not value or person.permissions.can_update_metadata):
        logger.warning("a participant shows a %s that our server did not sign", what)
        return ""
    return value


async def meet(call: Call, customer_id: str) -> None:
    """Recognise a caller by a customer's id that was shown. A failure is logged and changes nothing."""
    if not customer_id or call.store is None or call.customer is not None:
        return
    try:
        async with asyncio.timeout(PATIENCE):
            customer = await call.store.customers.by_id(customer_id)
            if customer is None:
                logger.warning("the token of a caller names a customer who is unknown")
                return
            await recognise(call, customer)
    except (StoreError, TimeoutError) as error:
        logger.error("a customer could not be looked up: %s", error or "it took too long")


async def recognise(call: Call, customer: Customer) -> None:
    """Take the caller for this customer from now on, with what they agreed to have remembered. Raises StoreError."""
    assert call.store is not None
    call.customer = customer
    call.update(name=customer.name)
    earlier = await History(call.store.database).last_of(customer.id, before=call.id)
    if earlier is None or not earlier.state.get("remember_consent"):
        return
    past = Call(id=earlier.id)
    past.restore(earlier.state)
    facts = past.facts()
    known = "; ".join(
        f"{name.replace('_', ' ')}: {facts[name]}" for name in REMEMBERED if facts[name]
    )
    call.last_call = f"{earlier.started:%B} {earlier.started.day}, {earlier.started.year}" + (
        f" ({known})" if known else ""
    )
    call.update(remember_consent=True)  # until they say otherwise


async def need_customer(database_url: str, customer_id: str) -> None:
    """Raise ConfigError where a customer is unknown, and what opening the store raises."""
    async with aclosing(await open_store(database_url)) as store:
        if await store.customers.by_id(customer_id) is None:
            raise ConfigError(
                f"There is no customer {customer_id!r} in {store.database.where}: "
                "`agent.py data import FOLDER` loads customers.csv"
            )
