"""Tool calls that a small model writes into its text, taken out of it: they are made, and nobody hears them.

Many small models know a server's format for calls from their training, and still write JSON into the answer:

    Let me look. ```json {"name": "check_stock", "arguments": {"product": "Summit desk"}} ```

Spoken answers have no braces, backticks or tags. So whatever follows the first of them is kept back, and read for
calls when the answer is over. A model that wrote something else there is asked once more, without tools.
"""

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from livekit.agents import APIError, llm
from livekit.agents.types import (
    DEFAULT_API_CONNECT_OPTIONS,
    NOT_GIVEN,
    APIConnectOptions,
    NotGivenOr,
)
from livekit.agents.utils import shortuuid

PLAIN = "Answer the caller now in one plain spoken sentence. No JSON, no tool."
_UNSPOKEN = re.compile(r"[{`<]")
_JSON = json.JSONDecoder()


def calls_in(text: str, names: set[str]) -> list[llm.FunctionToolCall]:
    """The calls of known tools in a text, in order: `{"name": …, "arguments": {…}}` or with "parameters"."""
    calls: list[llm.FunctionToolCall] = []
    start = text.find("{")
    while start != -1:
        try:
            found, end = _JSON.raw_decode(text, start)
        except ValueError:
            start = text.find("{", start + 1)
            continue
        arguments = found.get("arguments", found.get("parameters", {}))
        if found.get("name") in names and isinstance(arguments, dict):
            calls.append(
                llm.FunctionToolCall(
                    name=found["name"],
                    arguments=json.dumps(arguments),
                    call_id=shortuuid("call_"),
                )
            )
        start = text.find("{", end)
    return calls


class TextCalls(llm.LLM[Any]):
    """A language model whose written calls are made."""

    def __init__(self, model: llm.LLM[Any]) -> None:
        super().__init__()
        self._inner = model

    @property
    def model(self) -> str:
        return self._inner.model

    @property
    def provider(self) -> str:
        return self._inner.provider

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
        def ask(with_tools: bool) -> llm.LLMStream:
            context = chat_ctx
            if tools and not with_tools:
                context = chat_ctx.copy()
                context.add_message(role="system", content=PLAIN)
            return self._inner.chat(
                chat_ctx=context,
                tools=list(tools or []) if with_tools else [],
                conn_options=conn_options,
                parallel_tool_calls=parallel_tool_calls,
                tool_choice=tool_choice if with_tools else NOT_GIVEN,
                extra_kwargs=extra_kwargs,
            )

        return _Reading(self, ask, chat_ctx, list(tools or []))

    def prewarm(self, *, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._inner.prewarm(loop=loop)

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Reading(llm.LLMStream):
    def __init__(
        self,
        model: TextCalls,
        ask: Callable[[bool], llm.LLMStream],
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool],
    ) -> None:
        self._ask = ask
        once = APIConnectOptions(max_retry=0)  # the inner stream retries
        super().__init__(model, chat_ctx=chat_ctx, tools=tools, conn_options=once)

    async def _run(self) -> None:
        names = {tool.id for tool in self._tools}
        if names and await self._read(names):
            return
        if not await self._read(set()):
            raise APIError("The model wrote nothing that can be said.", retryable=False)

    async def _read(self, names: set[str]) -> bool:
        """Pass one answer on; whether there was a word or a call in it."""
        kept, any_words = "", False
        async with self._ask(bool(names)) as stream:
            async for chunk in stream:
                delta = chunk.delta
                if delta is not None and delta.content:
                    unspoken = _UNSPOKEN.search(delta.content)
                    cut = 0 if kept else unspoken.start() if unspoken else len(delta.content)
                    kept += delta.content[cut:]
                    delta.content = delta.content[:cut]
                    any_words = any_words or bool(delta.content.strip())
                any_words = any_words or bool(delta and delta.tool_calls)
                self._event_ch.send_nowait(chunk)
        calls = calls_in(kept, names)
        if calls:
            made = llm.ChoiceDelta(role="assistant", tool_calls=calls)
            self._event_ch.send_nowait(llm.ChatChunk(id=shortuuid("call_"), delta=made))
        return bool(calls) or any_words
