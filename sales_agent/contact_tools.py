"""What the model can agree on with a caller: a lead, a time to be called back, a colleague who takes over."""

from datetime import UTC, datetime
from typing import Any

from livekit.agents import RunContext, ToolError, function_tool

from sales_agent.call import Call, clean
from sales_agent.data_tools import honestly, store_of
from sales_agent.store import Lead
from sales_agent.tools import keep

TIMES_TOLD = 4  # more than one can keep in mind


@function_tool
async def save_lead(ctx: RunContext[Call], name: str, email: str, need: str) -> str:
    """Save the caller's details. Call once they have agreed to be contacted.

    Args:
        name: Full name, as the caller said it.
        email: Email address, after reading it back to the caller.
        need: The problem they want solved, in their words.
    """
    call, store = ctx.userdata, store_of(ctx)
    address = email.strip()
    if "@" not in address or "." not in address.rpartition("@")[2] or " " in address:
        raise ToolError(f"{email!r} is no email address. Ask for it again, letter by letter.")
    ctx.disallow_interruptions()  # a half-finished save is worse than a short wait
    known = {key: fact for key, fact in call.facts().items() if fact}
    lead = Lead(call_id=call.id, name=name, email=address, need=need, details=known)
    async with honestly(ctx, "the list of callers", "Not saved."):
        await store.calls.save_lead(lead, now=datetime.now(UTC))
    call.update(name=name, need=need, contact_consent=True)
    await keep(call)
    return "Saved. Thank them and name the next step."


@function_tool
async def free_times(ctx: RunContext[Call]) -> str:
    """The next times at which the sales team can call the caller back."""
    store = store_of(ctx)
    async with honestly(ctx, "the calendar"):
        times = await store.calendar.free(datetime.now(UTC), limit=TIMES_TOLD)
    if not times:
        return "No time is free. Offer that the team gets in touch by email."
    return "\n".join(f"{time.isoformat()}: {spoken_time(time)}" for time in times)


@function_tool
async def book_follow_up(ctx: RunContext[Call], time: str) -> str:
    """Book one of the free times for a call back, once the caller has chosen it.

    Args:
        time: One of those that free_times gave, as it was written there.
    """
    store, call = store_of(ctx), ctx.userdata
    try:
        chosen = datetime.fromisoformat(time)
    except ValueError:
        chosen = None
    if chosen is None or chosen.tzinfo is None:
        raise ToolError("Take a time exactly as free_times gave it.")
    ctx.disallow_interruptions()
    async with honestly(ctx, "the calendar", "Not booked."):
        booked = await store.calendar.book(call.id, chosen)
    if not booked:
        raise ToolError("That time has just been taken, or is none. Look for the free times again.")
    call.update(next_step=f"call back on {spoken_time(chosen)}", contact_consent=True)
    await keep(call)
    return f"Booked: {spoken_time(chosen)}. Confirm it to them."


@function_tool
async def transfer_to_human(ctx: RunContext[Call], reason: str) -> str:
    """Hand the call to a person of the sales team, when the caller asks for one or you cannot help.

    Args:
        reason: What it is about, in one sentence, for the colleague.
    """
    call, store = ctx.userdata, store_of(ctx)
    told: dict[str, Any] = {
        "version": 1,
        "type": "call.human_requested",
        "id": call.id,
        "reason": clean(reason),
        "call": call.facts(),
    }
    if call.invite_colleague is not None:
        told["join"] = dict(call.invite_colleague())
    ctx.disallow_interruptions()
    async with honestly(ctx, "the line to the team", "Nobody was told."):
        await store.outbox.put({f"{call.id}.human": told}, datetime.now(UTC))
    call.update(next_step=f"a colleague gets in touch: {reason}")
    await keep(call)
    if call.invite_colleague is None:
        return "A colleague was told. Say that they will get in touch, and ask how to reach the caller."
    return (
        "A colleague was told, and may join this call. Say so, go on helping until they do, "
        "and ask how to reach the caller in case they cannot."
    )


CALENDAR_TOOLS = (free_times, book_follow_up)


def spoken_time(time: datetime) -> str:
    """A time as one says it, in UTC where nobody has said which zone the caller is in."""
    zone = "" if time.utcoffset() else " UTC"
    return f"{time:%A, %B} {time.day}, {time:%H:%M}{zone}"
