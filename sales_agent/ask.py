"""`agent.py ask`: the model alone, in text, on your own documents, behind the guard, with its speed."""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any

from livekit.agents import APIError, llm
from livekit.agents.utils import http_context
from rich.console import Console
from rich.markup import escape

from sales_agent.agents import MAX_REPLY_TOKENS
from sales_agent.config import ConfigError, Settings
from sales_agent.guard import TRIES, Guard, talk_of
from sales_agent.hints import Hints, with_hints
from sales_agent.knowledge.opening import open_passages
from sales_agent.knowledge.sources import found_sources
from sales_agent.knowledge.tokens import estimate_tokens
from sales_agent.local.finder import finder_for
from sales_agent.prompts import brief
from sales_agent.providers import make_llm
from sales_agent.report import place
from sales_agent.supervisor import thinking


class Asked:
    """The model as the guard asks it, with what it took."""

    def __init__(self, model: llm.LLM[Any], hints: Hints | None = None) -> None:
        """`hints`: as in a call with a small model."""
        self._model = model
        self._hints = hints
        self.first = 0.0
        """When its first token came, by `time.perf_counter()`; 0 before that."""
        self.usage: llm.CompletionUsage | None = None
        """Of the latest request."""

    async def __call__(self, context: llm.ChatContext) -> AsyncGenerator[llm.ChatChunk | str, None]:
        _, items = await with_hints(self._hints, context.items)
        async with self._model.chat(
            chat_ctx=llm.ChatContext(items),
            extra_kwargs={"max_completion_tokens": MAX_REPLY_TOKENS},
        ) as stream:
            async for chunk in stream:
                self.usage = chunk.usage or self.usage
                if chunk.delta and chunk.delta.content:
                    self.first = self.first or time.perf_counter()
                yield chunk


async def run_ask(settings: Settings, question: str) -> int:
    """Ask one question; streams the answer, then tells its speed and the passages it rests on.

    Raises ConfigError where the model gives no answer.
    """
    screen = Console(highlight=False, emoji=False)
    briefing = brief(settings)

    def say(line: str) -> None:
        screen.print(f"[dim]{escape(line)}[/dim]")

    async with thinking(settings, briefing, say) as (settings, brain), http_context.open():
        context = llm.ChatContext.empty()
        context.add_message(role="system", content=briefing.system_prompt)
        context.add_message(role="system", content=briefing.prompts.roles["sales"])
        context.add_message(role="user", content=question)
        model = make_llm(settings, briefing)
        model.prewarm()
        passages = await asyncio.to_thread(open_passages, briefing.knowledge, settings.cache)
        guard = Guard(briefing, settings.cache)
        finder = finder_for(settings, briefing) if brain.kind == "gguf" else None
        if finder:
            await asyncio.to_thread(finder.load)
        asked = Asked(model, Hints(finder) if finder else None)
        tries = 1 if brain.kind == "reader" else TRIES
        words = ""
        began = time.perf_counter()
        try:
            async for chunk in guard.watch(asked, context, talk_of(context), tries=tries):
                if isinstance(chunk, llm.ChatChunk) and chunk.delta and chunk.delta.content:
                    words += chunk.delta.content
                    screen.print(chunk.delta.content, end="", markup=False)
        except APIError as error:
            raise ConfigError(f"The model gave no answer: {error.message}") from error
        finally:
            await model.aclose()
        first, usage = asked.first, asked.usage
        ended = time.perf_counter()
        screen.print("\n")
        tokens = usage.completion_tokens if usage else estimate_tokens(words)
        screen.print(
            f"[bold]model[/]          {escape(brain.model) or 'none: read out from the documents'}"
        )
        screen.print(f"[bold]first token[/]    {(first or ended) - began:.3f} s")
        if first and brain.model:
            rate = tokens / max(ended - first, 1e-3)
            screen.print(f"[bold]speed[/]          {rate:,.0f} tokens/s ({tokens} tokens)")
        if usage and usage.prompt_tokens:
            screen.print(
                f"[bold]prompt[/]         {usage.prompt_tokens:,} tokens, "
                f"{usage.prompt_cached_tokens:,} of them cached"
            )
        for stop in guard.stopped_in(words):
            screen.print(f"[bold]not spoken[/]     {escape(stop.clause)}")
        for number, hit in enumerate(found_sources(words, passages)):
            where = place(hit.passage.document, hit.passage.page)
            label = "[bold]rests on[/]  " if number == 0 else "          "
            screen.print(f"{label}     {escape(where)}", markup=True)
    return 0
