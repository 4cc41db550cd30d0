"""A model on this machine reads the prompt before anybody calls."""

import contextlib

from sales_agent.agents import Team, opening
from sales_agent.config import Settings
from sales_agent.local.llm_server import warm
from sales_agent.prompts import Briefing
from sales_agent.report import Say
from sales_agent.store import StoreError, open_store
from sales_agent.worker import store_tools


async def read_ahead(url: str, settings: Settings, briefing: Briefing, say: Say) -> None:
    """Have the model at `url` read the beginning of the next call, so that no caller waits for it.

    Raises what `warm` raises.
    """
    await warm(url, opening(await _team(settings, briefing)), say)


async def _team(settings: Settings, briefing: Briefing) -> Team:
    """What the agents of the next call will share."""
    if not settings.local_llm_tools:
        return Team(briefing=briefing, tools=False, hands_over=False)
    try:
        async with contextlib.aclosing(await open_store(settings.database_url)) as store:
            tools = await store_tools(store, settings)
    except StoreError:
        tools = []
    return Team(briefing=briefing, data_tools=tools, hands_over=False)
