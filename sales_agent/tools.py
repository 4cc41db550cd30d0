"""What the model can do beside talking: write down what it learns, and end the call."""

import asyncio
import logging

from livekit.agents import RunContext, ToolError, function_tool, llm
from livekit.agents.voice import SpeechHandle

from sales_agent.call import Call, Stage
from sales_agent.conversation import is_callers
from sales_agent.farewell import said_goodbye
from sales_agent.store import StoreError

logger = logging.getLogger("sales_agent")

# In a tool call's extras: the model spoke before it, in the same breath. No provider is sent this key.
SPOKEN = "spoken"
# Seconds from the farewell's last sound that we hand over until the line is cut: it is still on its way then.
LINGER = 0.6


@function_tool
async def note(
    ctx: RunContext[Call],
    name: str | None = None,
    company: str | None = None,
    need: str | None = None,
    products: list[str] | None = None,
    quantity: str | None = None,
    budget: str | None = None,
    timeline: str | None = None,
    objections: list[str] | None = None,
    stage: Stage | None = None,
    next_step: str | None = None,
    contact_consent: bool | None = None,
    remember_consent: bool | None = None,
) -> llm.ToolResult:
    """Write down what the caller has told you, as soon as they have. Give only what is new; never guess.

    Args:
        name: The caller's name, as they said it.
        company: The company they call for.
        need: What they want to solve, in a few of their words.
        products: Products that were talked about, by their names in the documents.
        quantity: How many they want.
        budget: What they want to spend.
        timeline: When they need it.
        objections: What holds them back, a few words each.
        stage: Where the call stands now.
        next_step: What was agreed to happen next.
        contact_consent: Whether they agreed to be contacted; only after they were asked.
        remember_consent: Whether they agreed that their next call builds on this one; only after they were asked.
    """
    ctx.userdata.update(
        name=name,
        company=company,
        need=need,
        products=products,
        quantity=quantity,
        budget=budget,
        timeline=timeline,
        objections=objections,
        stage=stage,
        next_step=next_step,
        contact_consent=contact_consent,
        remember_consent=remember_consent,
    )
    kept = await keep(ctx.userdata)
    # Who has spoken already would say it all again if asked for a reply.
    return llm.ToolResult(
        f"{kept} Go on with your answer, without mentioning the note.",
        reply_required=not has_spoken(ctx),
    )


@function_tool
async def end_call(ctx: RunContext[Call]) -> llm.ToolResult:
    """End the call, once the caller has said goodbye or asked to end it. Say goodbye with it.

    Not when they object, hesitate, thank you or fall silent: then go on with the conversation.
    """
    session, speech = ctx.session, ctx.speech_handle
    lines = [m.text_content or "" for m in session.history.messages() if is_callers(m)]
    if not said_goodbye(lines[-2:]):
        logger.info("the model wanted to end a call whose caller has not said goodbye")
        raise ToolError(
            "The call goes on: the caller has not said goodbye. Answer them, or ask whether there is anything else."
        )
    ctx.userdata.update(stage="close")

    def hang_up(speech: SpeechHandle) -> None:
        if speech.interrupted:  # they have something to say after all
            return
        logger.info("the agent hangs up")
        asyncio.get_running_loop().call_later(LINGER, lambda: session.shutdown(drain=False))

    speech.add_done_callback(hang_up)
    return llm.ToolResult("Say goodbye in one short sentence.", reply_required=not has_spoken(ctx))


async def keep(call: Call) -> str:
    """Wait until what a tool has changed is on the disk; gives the words for it. Raises ToolError where it is not."""
    try:
        kept = await call.save()
    except StoreError as error:
        logger.error("a change of the call is not saved: %s", error)
        raise ToolError(
            "Not saved. Say nothing of having noted it; if they rely on it, say that you could not write it down."
        ) from error
    return "Noted." if kept else "Noted for this call only: promise nothing that rests on it."


def has_spoken(ctx: RunContext[Call]) -> bool:
    """Whether the model said something before it made this tool call."""
    return bool(ctx.function_call.extra.get(SPOKEN))
