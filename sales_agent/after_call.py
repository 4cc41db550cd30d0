"""After a call: its last state is stored, then it is written up, and the write-up stored with what others are told.

A model writes it, where there is one, and it is held to SCHEMA. Where it fails, is late or answers rubbish, or where
there is only the reader, the write-up follows from state and transcript alone: there always is one.
"""

import asyncio
import logging
import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sales_agent.brain import brain_kind
from sales_agent.call import Call
from sales_agent.config import Settings
from sales_agent.store import Store, StoredCall, StoreError
from sales_agent.store.calls import last_moment, may_go_on
from sales_agent.store.history import History
from sales_agent.writeup import SCHEMA, Line, RubbishError, Writeup, by_rules, parsed

if TYPE_CHECKING:
    from sales_agent.record import Record  # on LiveKit's packages, which `dev` can do without

logger = logging.getLogger("sales_agent")

# Seconds for the model, retries and all: the job's process is still there for so long, with its memory.
WRITEUP_TIMEOUT = 20.0
MAX_TOKENS = 1_500  # a write-up is some 300; a model's short reasoning fits as well
TRANSCRIPT_LENGTH = 40_000  # characters, some 10,000 tokens; of a longer call the end counts
FORMAT: Any = {
    "type": "json_schema",
    "json_schema": {"name": "writeup", "strict": True, "schema": SCHEMA},
}
# Of the ids by which a receiver knows that it has had something already.
NAMESPACE = uuid.UUID("5b0c2f3e-6a0d-4f0c-9a55-3d1c6f6f2b60")


async def finish(record: "Record", settings: Settings, prompt: str) -> None:
    """Store the last state and transcript, then the write-up, within bounded time; failures are logged."""
    try:
        if not await record.end() or record.store is None:
            return
        writeup = await write_up(record.call, record.lines, settings, prompt)
        await keep_writeup(record.store, record.call.id, writeup, tell=bool(settings.webhook_url))
    except StoreError as error:
        logger.error("what is known after the call could not be stored: %s", error)


async def write_up(call: Call, lines: Sequence[Line], settings: Settings, prompt: str) -> Writeup:
    """Have a call written up by the model of the settings, or by rules."""
    silent = not any(line["who"] == "caller" for line in lines)
    if silent or settings.reads_aloud:
        return by_rules(call, lines)
    try:
        async with asyncio.timeout(WRITEUP_TIMEOUT):
            answer = await _ask(settings, messages(call, lines, prompt))
        return parsed(answer, settings.llm_model)
    except TimeoutError:
        logger.warning("the call is written up by rules: the model took too long")
    except _failures() as error:
        logger.warning(
            "the call is written up by rules: the model failed: %s", type(error).__name__
        )
    return by_rules(call, lines)


async def keep_writeup(store: Store, call_id: str, writeup: Writeup, *, tell: bool) -> None:
    """Store it as the next version, and in the same transaction what the webhook is told. Raises StoreError."""
    for _ in range(2):  # an earlier job of the same call may write its own up at this moment
        stored = await store.calls.load_state(call_id)
        if stored is None:
            return
        version, now = stored.version + 1, datetime.now(UTC)
        news = event(stored, writeup, version)
        if await store.calls.save_writeup(
            call_id,
            writeup.as_json(),
            version,
            now=now,
            outbox={news["id"]: news} if tell else None,
        ):
            return
    logger.warning("another write-up of the same call was stored meanwhile")


async def finish_forgotten(store: Store, *, tell: bool) -> int:
    """Write up by rules what processes that died have left; gives how many calls. Raises StoreError."""
    count = 0
    for call_id in await History(store.database).not_written_up():
        stored = await store.calls.load_state(call_id)
        if stored is None or may_go_on(stored):
            continue
        call = Call(id=call_id)
        call.restore(stored.state)
        ended = last_moment(stored)
        await store.calls.save_state(call_id, stored.state, now=ended, ended=True)
        await keep_writeup(store, call_id, by_rules(call, stored.transcript), tell=tell)
        count += 1
    return count


def event(stored: StoredCall, writeup: Writeup, version: int) -> dict[str, Any]:
    """What the webhook is told; the README describes it."""
    return {
        "version": 1,
        "type": "call.completed" if version == 1 else "call.updated",
        # Of characters that may stand in a header, which the names of rooms need not have.
        "id": str(uuid.uuid5(NAMESPACE, f"{stored.id} {version}")),
        "call": {
            "id": stored.id,
            "version": version,
            "started": stored.started.isoformat(),
            "ended": stored.ended.isoformat() if stored.ended else None,
            "state": stored.state,
            **writeup.as_json(),
            "transcript": [
                {key: line[key] for key in ("who", "at", "text", "interrupted")}
                for line in stored.transcript
            ],
        },
    }


def messages(call: Call, lines: Sequence[Line], prompt: str) -> list[Any]:
    """The instruction, and the call as data: nothing that was said can end the block it stands in."""
    said = [
        f"{line['who']}: {' '.join(line['text'].split())}" + " [cut off]" * line["interrupted"]
        for line in lines
        if line["text"].strip()
    ]
    transcript = "\n".join(said)[-TRANSCRIPT_LENGTH:]
    data = f"Noted in the call:\n{call.known()}\n\nTranscript:\n{transcript}"
    longest = max(map(len, re.findall("`+", data)), default=0)
    fence = "`" * max(3, longest + 1)
    return [
        {"role": "system", "content": prompt},
        {"role": "user", "content": f"{fence}\n{data}\n{fence}"},
    ]


def _failures() -> tuple[type[Exception], ...]:
    from cerebras.cloud.sdk import CerebrasError
    from openai import OpenAIError

    return (CerebrasError, OpenAIError, RubbishError)


async def _ask(settings: Settings, conversation: list[Any]) -> str:
    """Raises what the two clients raise."""
    model = settings.llm_model
    if brain_kind(settings) == "cerebras":
        # Here, as each process of a call would carry it from its start on.
        from cerebras.cloud.sdk import AsyncCerebras

        async with AsyncCerebras(
            api_key=settings.cerebras_api_key,
            base_url=settings.cerebras_base_url.removesuffix("/v1"),  # the SDK adds it
            timeout=WRITEUP_TIMEOUT,
            warm_tcp_connection=False,
        ) as cerebras:
            more: dict[str, Any] = {}
            if model.startswith("gpt-oss"):
                more["reasoning_effort"] = "low"
            completion: Any = await cerebras.chat.completions.create(
                model=model,
                messages=conversation,
                response_format=FORMAT,
                max_completion_tokens=MAX_TOKENS,
                **more,
            )
    else:
        from openai import AsyncClient

        async with AsyncClient(
            api_key=settings.llm_api_key or "none",  # the client insists; a local server ignores it
            base_url=settings.llm_base_url,
            timeout=WRITEUP_TIMEOUT,
        ) as client:
            completion = await client.chat.completions.create(
                model=model,
                messages=conversation,
                response_format=FORMAT,
                max_tokens=MAX_TOKENS,  # servers of one's own know no newer name
            )
    choices = completion.choices
    return (choices[0].message.content or "") if choices else ""
