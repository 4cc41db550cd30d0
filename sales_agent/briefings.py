"""The briefing of the next call: made before it comes, and made anew when prompts, documents or pages change."""

import asyncio
import contextlib

from sales_agent import report
from sales_agent.agents import Team, opening
from sales_agent.config import Settings
from sales_agent.knowledge import KnowledgeError, OnProgress
from sales_agent.knowledge.licences import find_figures
from sales_agent.knowledge.opening import open_passages
from sales_agent.knowledge.pages import PageStore
from sales_agent.knowledge.progress import for_pass
from sales_agent.knowledge.watching import changes_in
from sales_agent.local.child import LocalServerError
from sales_agent.prompts import Briefing, PromptError, brief
from sales_agent.providers import Brain
from sales_agent.report import Say
from sales_agent.store import StoreError, open_store
from sales_agent.web.server import Page
from sales_agent.worker import store_tools


def ready_briefing(settings: Settings, on_progress: OnProgress | None = None) -> Briefing:
    """Read prompts and documents, index them and find their figures, so that no call has to.

    Outside an event loop, where Ctrl-C ends it.

    Raises what `brief` and `open_passages` raise.
    """
    briefing = brief(settings, on_progress)
    open_passages(briefing.knowledge, settings.cache).close()
    find_figures(briefing.knowledge, settings.cache, for_pass("figures", on_progress))
    return briefing


async def local_team(settings: Settings, briefing: Briefing) -> Team:
    """What the agents of the next call will share, where a model on this machine thinks."""
    if not settings.local_llm_tools:
        return Team(briefing=briefing, tools=False, hands_over=False)
    try:
        async with contextlib.aclosing(await open_store(settings.database_url)) as store:
            tools = await store_tools(store, settings)
    except StoreError:
        tools = []
    return Team(briefing=briefing, data_tools=tools, hands_over=False)


async def watch_words(
    settings: Settings, known: Briefing, brain: Brain, page: Page | None, say: Say
) -> None:
    """Read and index what changes in prompts, documents and web pages, so that no call has to; until cancelled."""
    told = ""
    pages = PageStore(settings.cache, settings.knowledge_dir).folder
    async for _ in changes_in(settings.prompts_dir, settings.knowledge_dir, pages):
        try:
            briefing = await asyncio.to_thread(ready_briefing, settings)
            told, before = "", told
            if briefing == known and not before:
                continue
            known = briefing
            if page is not None:
                page.briefing = briefing
            say("Prompts or documents changed: the next call has them.")
            report.documents(briefing, say)
            if brain.kind == "gguf":
                from sales_agent.local.llm_server import warm

                beginning = opening(await local_team(settings, briefing))
                await warm(settings.llm_base_url, beginning, say)
        except (KnowledgeError, PromptError) as error:
            if str(error) != told:
                told = str(error)
                say(f"{told}\nCalls go on with what was there before.")
        except LocalServerError as error:
            say(f"{error}\nStart `dev` again to make room for the longer prompt.")
