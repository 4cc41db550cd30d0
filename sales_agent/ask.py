"""`agent.py ask`: the model alone, in text, on your own documents, with its speed."""

import asyncio
import time

from livekit.agents import APIError, llm
from livekit.agents.utils import http_context
from rich.console import Console
from rich.markup import escape

from sales_agent.agents import MAX_REPLY_TOKENS
from sales_agent.config import ConfigError, Settings
from sales_agent.knowledge.opening import open_passages
from sales_agent.knowledge.sources import found_sources
from sales_agent.knowledge.tokens import estimate_tokens
from sales_agent.prompts import brief
from sales_agent.providers import make_llm
from sales_agent.report import place
from sales_agent.supervisor import thinking


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
        first, words, usage = 0.0, "", None
        began = time.perf_counter()
        try:
            async with model.chat(
                chat_ctx=context, extra_kwargs={"max_completion_tokens": MAX_REPLY_TOKENS}
            ) as stream:
                async for chunk in stream:
                    usage = chunk.usage or usage
                    if chunk.delta and chunk.delta.content:
                        first = first or time.perf_counter()
                        words += chunk.delta.content
                        screen.print(chunk.delta.content, end="", markup=False)
        except APIError as error:
            raise ConfigError(f"The model gave no answer: {error.message}") from error
        finally:
            await model.aclose()
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
        for number, hit in enumerate(found_sources(words, passages)):
            where = place(hit.passage.document, hit.passage.page)
            label = "[bold]rests on[/]  " if number == 0 else "          "
            screen.print(f"{label}     {escape(where)}", markup=True)
    return 0
