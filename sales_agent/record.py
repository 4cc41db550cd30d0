"""Record: what was said and done in a call, kept in the store while it goes on.

A line of the transcript is
    {"who": "caller" or "agent", "at": ISO time in UTC, "text", "interrupted", "tools", "sources", "latency"}
    and in a line of the agent in which something was not spoken: "stopped"
    tools    [{"name", "arguments", "result", "failed"}], what was done for this line, in order
    sources  the documents that an answer rests on, as clients are told; null where nobody looked
    latency  milliseconds of the silence before it; null where it was not measured
    stopped  [{"clause", "reason", "about"}], what the guard kept from being said, and the figure that nothing licensed
"""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from livekit.agents import (
    AgentSession,
    ConversationItemAddedEvent,
    FunctionToolsExecutedEvent,
    llm,
)

from sales_agent.call import Call
from sales_agent.store import Store, StoreError, open_store
from sales_agent.store.calls import may_go_on
from sales_agent.store.history import History

logger = logging.getLogger("sales_agent")

# Seconds that the model's tool waits for a write, which takes milliseconds; a caller is waiting too.
SAVE_TIMEOUT = 5.0

Line = dict[str, Any]


class Record:
    """One call's lines and state. Each change is on its way to the disk at once; `save` waits for it."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.lines: list[Line] = []
        self.returned = False
        """Whether the caller goes on with a call of minutes ago, whose lines and state are here again."""
        self.store: Store | None = None
        self._by_id: dict[str, Line] = {}
        self._opening: asyncio.Task[None] | None = None
        self._writing: set[asyncio.Task[None]] = set()
        self._lock = asyncio.Lock()
        self._changes, self._written = 1, 0
        self._lines_changes, self._lines_written = 1, 0
        self._ended = False
        call.on_change(self._changed)
        call.keep_by(self.save)

    async def open(self, database_url: str, patience: float) -> None:
        """Open the store, and wait for it that many seconds; after that the call begins without it.

        A store that cannot be opened is logged, and nothing is kept.
        """
        self._opening = asyncio.create_task(self._open(database_url))
        await asyncio.wait({self._opening}, timeout=patience)

    async def _open(self, database_url: str) -> None:
        try:
            store = await open_store(database_url)
        except StoreError as error:
            logger.error("this call is not kept: %s", error)
            return
        try:
            earlier, new_id = await History(store.database).of_room(self.call.id)
            if earlier is not None and may_go_on(earlier):
                new_id, self.returned = earlier.id, True
                self.lines[:0] = earlier.transcript
                self.call.restore(earlier.state)
            self.call.id = new_id
            self.store = store
            await self._write()
        except StoreError as error:
            logger.error("the call cannot be kept: %s", error)
        finally:
            if self.store is None:
                await store.aclose()

    def follow(self, session: AgentSession[Call]) -> None:
        """Write down what is said and done from now on."""
        session.on("conversation_item_added", self._on_item)
        session.on("function_tools_executed", self._on_tools)

    def found(
        self,
        message_id: str,
        *,
        sources: Sequence[Mapping[str, Any]] | None = None,
        latency: Mapping[str, int] | None = None,
        stopped: Sequence[Mapping[str, str]] = (),
    ) -> None:
        """Add to a line what was found out about it after it was said."""
        line = self._by_id.get(message_id)
        if line is None:
            return
        if sources is not None:
            line["sources"] = [dict(source) for source in sources]
        if latency is not None:
            line["latency"] = dict(latency)
        if stopped:
            line["stopped"] = [dict(one) for one in stopped]
        self._lines_changed()

    def conversation(self) -> list[llm.ChatMessage]:
        """The lines as messages, for a model that takes the call up again."""
        return [
            llm.ChatMessage(
                role="user" if line["who"] == "caller" else "assistant",
                content=[line["text"]],
                interrupted=line["interrupted"],
                created_at=datetime.fromisoformat(line["at"]).timestamp(),
            )
            for line in self.lines
            if line["text"]
        ]

    async def save(self) -> bool:
        """Wait until everything so far is on the disk; False where there is no store. Raises StoreError."""
        if self.store is None:
            return False
        # The write goes on when nobody waits for it any more.
        writing = self._start_writing()
        done, _ = await asyncio.wait({writing}, timeout=SAVE_TIMEOUT)
        if not done:
            raise StoreError(
                f"The database {self.store.database.where} does not answer: see to its server"
            )
        await writing
        return True

    async def end(self) -> bool:
        """Keep the last state, as that of a call which is over. Returns and raises as `save` does."""
        self._ended = True
        self._changes += 1
        self._lines_changes += 1
        return await self.save()

    async def aclose(self) -> None:
        """Let go of the store; what is still being written is finished first, within SAVE_TIMEOUT."""
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)
        if self._writing:
            await asyncio.wait(self._writing, timeout=SAVE_TIMEOUT)
        if self.store is not None:
            await self.store.aclose()

    def _on_item(self, event: ConversationItemAddedEvent) -> None:
        item = event.item
        if not isinstance(item, llm.ChatMessage) or item.role not in ("user", "assistant"):
            return
        who = "caller" if item.role == "user" else "agent"
        last = self.lines[-1] if self.lines else None
        waiting = last is not None and last["who"] == who == "agent" and not last["text"]
        # Its tools ran before it was spoken.
        line = last if last is not None and waiting else self._new_line(who)
        line["at"] = _iso(item.created_at)
        line["text"] = item.text_content or ""
        line["interrupted"] = item.interrupted
        self._by_id[item.id] = line
        self._lines_changed()

    def _on_tools(self, event: FunctionToolsExecutedEvent) -> None:
        if not self.lines or self.lines[-1]["who"] != "agent":
            self._new_line("agent")["at"] = _iso(event.created_at)
        for call, output in event.zipped():
            self.lines[-1]["tools"].append(
                {
                    "name": call.name,
                    "arguments": _arguments(call.arguments),
                    "result": output.output if output is not None else "",
                    "failed": output.is_error if output is not None else False,
                }
            )
        self._lines_changed()

    def _new_line(self, who: str) -> Line:
        line: Line = {"who": who, "at": "", "text": "", "interrupted": False, "tools": []}
        self.lines.append(line | {"sources": None, "latency": None})
        return self.lines[-1]

    def _lines_changed(self) -> None:
        self._lines_changes += 1
        self._changed()

    def _changed(self) -> None:
        self._changes += 1
        if self.store is not None:
            self._start_writing()

    def _start_writing(self) -> asyncio.Task[None]:
        writing = asyncio.create_task(self._write())
        self._writing.add(writing)
        writing.add_done_callback(self._wrote)
        return writing

    def _wrote(self, writing: asyncio.Task[None]) -> None:
        self._writing.discard(writing)
        if not writing.cancelled() and (error := writing.exception()):
            # The next write brings what this one has not.
            logger.error("the call could not be saved: %s", error)

    async def _write(self) -> None:
        """Keep everything that is not kept yet; of several that wait, the first does it for all."""
        async with self._lock:
            changes, lines = self._changes, self._lines_changes
            if self._written >= changes:
                return
            assert self.store is not None
            await self.store.calls.save_state(
                self.call.id,
                self.call.state(),
                now=datetime.now(UTC),
                transcript=self.lines if lines > self._lines_written else None,
                customer_id=self.call.customer.id if self.call.customer else None,
                ended=self._ended,
            )
            self._written, self._lines_written = changes, lines


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _arguments(text: str) -> Any:
    try:
        return json.loads(text or "{}")
    except ValueError:  # as a model may write them
        return text
