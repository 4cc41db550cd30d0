"""Documents beyond the prompt: what a turn needs stands after an unchanged prefix, and a tool finds more."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.material import write
from sales_agent.agents import Team
from sales_agent.config import Settings
from sales_agent.knowledge.embedders import make_embedder
from sales_agent.knowledge.retrieval import open_material
from sales_agent.prompts import brief
from tests.conversations.scripted import Request, calls, conversation


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Forty documents, of which a prompt of 3,000 tokens holds the pinned one and a list."""
    folder = tmp_path_factory.mktemp("documents")
    write(folder, 11, 40, 2_500)
    (folder / "lamps.md").write_text(
        "# Ember lamp\n\n## Prices\nThe Ember lamp in brass costs 83 dollars. In white the Ember lamp costs 71 dollars."
    )
    (folder / "pinned").mkdir()
    (folder / "pinned" / "rules.md").write_text("Everything ships from Portland on the same day.")
    return replace(
        Settings.from_env({}),
        knowledge_dir=folder,
        prompts_dir=Path("prompts"),
        prompt_tokens=3_000,
        cache=tmp_path_factory.mktemp("cache"),
    )


@pytest.fixture
def team(settings: Settings) -> Iterator[Team]:
    briefing = brief(settings)
    material = open_material(briefing.library, briefing.block.included, make_embedder(settings))
    assert material is not None
    yield Team(briefing=briefing, material=material)
    material.library.close()


def system(request: Request) -> list[Any]:
    return [message["content"] for message in request.messages if message["role"] == "system"]


async def test_what_is_asked_stands_after_a_prefix_that_never_changes(
    settings: Settings, team: Team
) -> None:
    async with conversation(
        "It costs 83 dollars.", "71 dollars.", "From Portland.", team=team
    ) as talk:
        await talk.session.run(user_input="What does the Ember lamp cost in brass?")
        await talk.session.run(user_input="And in white?")
        await talk.session.run(user_input="Who issues badges for visitors?")
    first, second, third = map(system, talk.model.requests)
    prefix = first[0]
    assert prefix == second[0] == third[0] == brief(settings).system_prompt
    assert "Everything ships from Portland" in prefix
    assert "- lamps.md: Ember lamp" in prefix
    assert "83 dollars" not in prefix
    for told in (first[-1], second[-1]):
        assert '<document name="lamps.md">' in told
        assert "71 dollars" in told
    assert "Ember" not in third[-1]
    assert "adge" in third[-1]
    assert "Portland on the same day" not in third[-1]  # the prompt has it
    assert "search_knowledge" in talk.model.requests[0].tools


async def test_the_model_searches_with_words_of_its_own(team: Team) -> None:
    search = calls("search_knowledge", query="Ember lamp white price")
    async with conversation(search, "It costs 71 dollars.", team=team) as talk:
        turn = await talk.session.run(user_input="Hmm, how much?")
        turn.expect.contains_function_call(name="search_knowledge")
        results = [e.item.output for e in turn.events if e.type == "function_call_output"]
    assert "71 dollars" in results[0]
    assert '<document name="lamps.md">' in results[0]


async def test_without_more_documents_there_is_nothing_to_search(settings: Settings) -> None:
    whole = brief(replace(settings, prompt_tokens=200_000))
    assert whole.library is None
    async with conversation("Hello.", team=Team(briefing=whole)) as talk:
        await talk.session.run(user_input="Hi there!")
    assert "search_knowledge" not in talk.model.requests[0].tools
    assert len(system(talk.model.requests[0])) == 2
