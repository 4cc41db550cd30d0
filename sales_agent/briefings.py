"""The briefing of the next call: made before it comes, and made anew when prompts, documents or pages change."""

import asyncio

from sales_agent import report
from sales_agent.brain import Brain
from sales_agent.config import Settings
from sales_agent.knowledge import KnowledgeError, OnProgress
from sales_agent.knowledge.licences import find_figures
from sales_agent.knowledge.opening import open_passages
from sales_agent.knowledge.pages import PageStore
from sales_agent.knowledge.progress import for_pass
from sales_agent.knowledge.watching import changes_in
from sales_agent.local.child import LocalServerError
from sales_agent.prompts import Briefing, PromptError, brief
from sales_agent.report import Say
from sales_agent.web.server import Page


def ready_briefing(settings: Settings, on_progress: OnProgress | None = None) -> Briefing:
    """Read prompts and documents, index them and find their figures, so that no call has to.

    Outside an event loop, where Ctrl-C ends it.

    Raises what `brief` and `open_passages` raise.
    """
    briefing = brief(settings, on_progress)
    open_passages(briefing.knowledge, settings.cache).close()
    find_figures(briefing.knowledge, settings.cache, for_pass("figures", on_progress))
    return briefing


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
                # Here, as the packages of calls take seconds to import, and nothing else of a start needs them.
                from sales_agent.warming import read_ahead

                await read_ahead(settings.llm_base_url, settings, briefing, say)
        except (KnowledgeError, PromptError) as error:
            if str(error) != told:
                told = str(error)
                say(f"{told}\nCalls go on with what was there before.")
        except LocalServerError as error:
            say(f"{error}\nStart `dev` again to make room for the longer prompt.")
