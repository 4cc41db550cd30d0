"""A model that says what the script says, and remembers what it was asked."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livekit.agents import AgentSession, llm
from livekit.agents.types import (
    DEFAULT_API_CONNECT_OPTIONS,
    NOT_GIVEN,
    APIConnectOptions,
    NotGivenOr,
)
from livekit.agents.utils import shortuuid

from sales_agent.agents import SalesAgent, Team
from sales_agent.call import Call
from sales_agent.knowledge import Knowledge, PromptBlock
from sales_agent.prompts import Briefing, load_prompts
from sales_agent.record import Record

DOCUMENT = "The Summit desk costs 749 dollars and carries 125 kilograms."


@dataclass(frozen=True)
class Says:
    """One reply: words first, then tool calls in the same breath."""

    text: str = ""
    calls: tuple[llm.FunctionToolCall, ...] = ()


def calls(tool: str, /, **arguments: Any) -> Says:
    """A reply that is one tool call."""
    call = llm.FunctionToolCall(
        name=tool, arguments=json.dumps(arguments), call_id=shortuuid("call_")
    )
    return Says(calls=(call,))


def together(*replies: Says | str) -> Says:
    """Several replies in one breath."""
    parts = [reply if isinstance(reply, Says) else Says(reply) for reply in replies]
    return Says(
        " ".join(part.text for part in parts if part.text),
        tuple(call for part in parts for call in part.calls),
    )


@dataclass(frozen=True)
class Request:
    """What the model was asked."""

    messages: list[dict[str, Any]]  # as an OpenAI-compatible provider gets them
    tools: list[str]

    @property
    def conversation(self) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["role"] != "system"]


class ScriptedLLM(llm.LLM[Any]):
    """Gives its replies in order; without one it fails the test that asked once too often."""

    def __init__(self, *replies: Says | str) -> None:
        super().__init__()
        self.replies = list(replies)
        self.requests: list[Request] = []

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: Sequence[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        parallel_tool_calls: NotGivenOr[bool] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice] = NOT_GIVEN,
        extra_kwargs: NotGivenOr[dict[str, Any]] = NOT_GIVEN,
    ) -> llm.LLMStream:
        messages, _ = chat_ctx.to_provider_format("openai")
        names = [tool.info.name for tool in tools or [] if isinstance(tool, llm.FunctionTool)]
        self.requests.append(Request(messages, names))
        assert self.replies, f"nothing is left to say to {messages[-1]}"
        reply = self.replies.pop(0)
        said = reply if isinstance(reply, Says) else Says(reply)
        return _Saying(self, said, chat_ctx, list(tools or []), conn_options)


class _Saying(llm.LLMStream):
    def __init__(
        self,
        model: ScriptedLLM,
        said: Says,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool],
        conn_options: APIConnectOptions,
    ) -> None:
        self._said = said
        super().__init__(model, chat_ctx=chat_ctx, tools=tools, conn_options=conn_options)

    async def _run(self) -> None:
        chunk_id = shortuuid("said_")
        deltas = [llm.ChoiceDelta(role="assistant", content=self._said.text)]
        deltas += [llm.ChoiceDelta(role="assistant", tool_calls=[c]) for c in self._said.calls]
        for delta in deltas:
            if delta.content or delta.tool_calls:
                self._event_ch.send_nowait(llm.ChatChunk(id=chunk_id, delta=delta))


def a_team(**more: Any) -> Team:
    """With the shipped prompts and one document."""
    briefing = Briefing(
        prompts=load_prompts(Path("prompts")),
        knowledge=Knowledge(folder=Path("knowledge"), documents=(), left_out=()),
        block=PromptBlock(text=DOCUMENT, tokens=20, included=("desks.md",), left_out=()),
        key_terms=[],
    )
    return Team(briefing=briefing, **more)


@dataclass
class Conversation:
    """A session that has started, its model and its call."""

    session: AgentSession[Call]
    model: ScriptedLLM
    call: Call
    closed: asyncio.Event

    def lines(self) -> list[tuple[str, str]]:
        """Who said what, as a transcript would show it."""
        return [(m.role, m.text_content or "") for m in self.session.history.messages()]


@asynccontextmanager
async def conversation(
    *replies: Says | str,
    model: llm.LLM[Any] | None = None,
    team: Team | None = None,
    record: Record | None = None,
) -> AsyncIterator[Conversation]:
    """A call that has been answered, over a model that will say `replies`."""
    scripted = ScriptedLLM(*replies)
    call = record.call if record is not None else Call(id="room")
    async with AgentSession[Call](
        llm=model or scripted,
        vad=None,
        turn_handling={"turn_detection": None},
        userdata=call,
    ) as session:
        await session.start(SalesAgent(team or a_team()), record=False)
        if record is not None:
            record.follow(session)
        closed = asyncio.Event()
        session.on("close", lambda _: closed.set())
        yield Conversation(session, scripted, call, closed)
