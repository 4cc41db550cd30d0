"""A small model is told what the reader finds, behind the caller's words; nobody else sees it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.material import write
from sales_agent import hints as hints_module
from sales_agent.agents import Team
from sales_agent.config import Settings
from sales_agent.guard import Guard
from sales_agent.hints import Hints
from sales_agent.knowledge.embedders import make_embedder
from sales_agent.knowledge.opening import open_passages
from sales_agent.knowledge.retrieval import open_material
from sales_agent.local.finder import Finder
from sales_agent.prompts import Briefing, brief
from tests.conversations.scripted import Request, conversation


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here it is asked what is found; a busy machine may take more than a second over the first."""
    monkeypatch.setattr(hints_module, "PATIENCE", 30.0)


@pytest.fixture(scope="module")
def briefing() -> Briefing:
    return brief(Settings.from_env({}))


@pytest.fixture
def team(briefing: Briefing) -> Team:
    hints = Hints(Finder(briefing, Settings.from_env({}).cache))
    return Team(briefing=briefing, hints=hints, tools=False, hands_over=False)


def told(request: Request) -> list[Any]:
    """What stands behind the prompt and the role."""
    return [(message["role"], message["content"]) for message in request.messages[2:]]


async def test_it_stands_behind_the_callers_words_and_in_no_history(team: Team) -> None:
    replies = ("It costs 749 dollars.", "The Ridge costs 549 dollars.", "You're welcome.")
    async with conversation(*replies, team=team) as talk:
        await talk.session.run(user_input="What does the Summit desk cost?")
        await talk.session.run(user_input="And the Ridge?")
        await talk.session.run(user_input="Thanks!")
        lines = talk.lines()
    first, second, third = map(told, talk.model.requests)
    assert [role for role, _ in third] == ["user", "assistant"] * 2 + ["user"]
    assert first[0][1].startswith("What does the Summit desk cost?\n\n")
    assert "749" in first[0][1]
    assert "549" in second[2][1]
    assert third[:2] == second[:2] == [*first, ("assistant", replies[0])]  # in the model's cache
    assert third[-1] == ("user", "Thanks!")
    assert lines[::2] == [
        ("user", "What does the Summit desk cost?"),
        ("user", "And the Ridge?"),
        ("user", "Thanks!"),
    ]
    starts = {request.messages[0]["content"] for request in talk.model.requests}
    assert starts == {team.briefing.system_prompt}


async def test_what_no_document_has_is_told_to_the_model(team: Team) -> None:
    async with conversation("I don't have that.", team=team) as talk:
        await talk.session.run(user_input="Do you ship to Canada?")
    assert told(talk.model.requests[0])[0][1].endswith(team.briefing.prompts.not_found)


async def test_a_second_try_has_it_too(team: Team) -> None:
    guarded = replace(team, guard=Guard(team.briefing, Settings.from_env({}).cache))
    async with conversation("It costs 12 dollars.", "It costs 749 dollars.", team=guarded) as talk:
        await talk.session.run(user_input="What does the Summit desk cost?")
    first, second = map(told, talk.model.requests)
    assert second[:1] == first
    assert [role for role, _ in second[1:]] == ["assistant", "system"]


async def test_what_the_reader_finds_licenses_no_other_figure(team: Team) -> None:
    """The guard does not take a hint for the caller's words."""
    guarded = replace(team, guard=Guard(team.briefing, Settings.from_env({}).cache))
    replies = ("The Summit desk weighs 749 kilograms.", "I don't have that.")
    async with conversation(*replies, team=guarded) as talk:
        await talk.session.run(user_input="What does the Summit desk cost?")
    assert "749 kilograms" not in talk.lines()[-1][1]


@pytest.fixture
def large_team(tmp_path: Path) -> Iterator[Team]:
    """Eleven documents, of which the prompt has a list."""
    folder = tmp_path / "docs"
    folder.mkdir()
    write(folder, 11, 10, 2_500)
    (folder / "lamps.md").write_text("# Ember lamp\n\n## Prices\nThe Ember lamp costs 83 dollars.")
    settings = Settings.from_env({"KNOWLEDGE_DIR": str(folder), "PROMPT_TOKENS": "3000"})
    settings = replace(settings, cache=tmp_path / "cache")
    briefing = brief(settings)
    open_passages(briefing.knowledge, settings.cache).close()  # as `dev` and `start` do
    material = open_material(briefing.library, briefing.block.included, make_embedder(settings))
    assert material is not None
    hints = Hints(Finder(briefing, settings.cache))
    yield Team(briefing=briefing, material=material, hints=hints, tools=False, hands_over=False)
    material.library.close()


async def test_of_many_documents_a_small_model_reads_the_one_sentence_and_not_all_passages(
    large_team: Team,
) -> None:
    async with conversation("It costs 83 dollars.", "I see.", team=large_team) as talk:
        await talk.session.run(user_input="What does the Ember lamp cost?")
        await talk.session.run(user_input="We may want one of the lamps.")
    asked, said = talk.model.requests
    assert "83 dollars" in asked.messages[-1]["content"]
    assert len(asked.messages) == 3  # the prompt, the role and the caller's words
    assert '<document name="lamps.md">' in str(told(said))  # no question: it gets the passages
