"""A real model on this machine, the one that TEST_GGUF_TOOLS names, holds a conversation with tools.

Apart from TEST_GGUF: one of 0.5B takes the right tool only now and then.

Asserted is what happened in the store: the wording is the model's own.
"""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from sales_agent.config import Settings
from sales_agent.contact_tools import save_lead
from sales_agent.data_tools import check_stock
from sales_agent.local.llm_server import LocalLLMServer
from sales_agent.providers import make_llm
from sales_agent.store import Store
from tests.conversations.scripted import a_team, conversation

GGUF = os.environ.get("TEST_GGUF_TOOLS", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not GGUF, reason="TEST_GGUF_TOOLS names no GGUF file"),
]


async def test_it_saves_a_lead_and_speaks_no_json(store: Store, tmp_path: Path) -> None:
    team = a_team(data_tools=[check_stock, save_lead], hands_over=False)
    async with LocalLLMServer(Path(GGUF), context=6_000, cache=tmp_path) as server:
        settings = replace(
            Settings.from_env({}),
            local_llm=GGUF,
            llm_base_url=server.url,
            llm_model=server.model,
        )
        model = make_llm(settings, team.briefing)
        async with conversation(model=model, team=team) as talk:
            talk.call.store = store
            await talk.session.run(
                user_input="Please save my details. My name is Ada King, my email address is "
                "ada.king@example.com, and I need ten desks."
            )
            said = [text for who, text in talk.lines() if who == "assistant"]
    lead = await store.calls.load_lead("room")
    assert lead is not None
    assert (lead.name, lead.email) == ("Ada King", "ada.king@example.com")
    assert said
    assert "{" not in " ".join(said)
