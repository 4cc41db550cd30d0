"""The reader in an agent: it calls no tool and looks at no prompt, and neither disturbs it."""

from pathlib import Path

import pytest
from livekit.agents import llm

from sales_agent.config import Settings
from sales_agent.knowledge import load_knowledge
from sales_agent.local.reader import Reader
from sales_agent.prompts import load_prompts
from tests.conversations.scripted import a_team, conversation


@pytest.fixture(scope="module")
def reader() -> Reader:
    cache = Settings.from_env({}).cache
    words = load_prompts(Path("prompts")).reader
    return Reader(load_knowledge(Path("knowledge"), cache), cache, words)


@pytest.mark.parametrize("reads_aloud", [True, False])
async def test_it_answers_as_it_would_alone(reader: Reader, reads_aloud: bool) -> None:
    question = "What does the Summit desk cost?"
    alone = llm.ChatContext.empty()
    alone.add_message(role="user", content=question)
    async with conversation(model=reader, team=a_team(reads_aloud=reads_aloud)) as talk:
        await talk.session.run(user_input=question)
        assert talk.lines()[-1] == ("assistant", reader.reply(alone))
        assert "749" in talk.lines()[-1][1]
        await talk.session.run(user_input="Goodbye.")
        assert not talk.closed.is_set()
