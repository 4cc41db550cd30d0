"""What a small model is told about the caller's last words: who gets it, where it stands, and what it may cost."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event

import pytest
from livekit.agents import llm

from sales_agent import hints as hints_module
from sales_agent.config import Settings
from sales_agent.hints import Hints, with_hints
from sales_agent.knowledge import KnowledgeError, load_knowledge
from sales_agent.local import finder as finder_module
from sales_agent.local import reader as reader_module
from sales_agent.local.finder import SMALL, Finder, finder_for
from sales_agent.prompts import FOUND, brief, load_prompts

PROMPTS = load_prompts(Path("prompts"))


@pytest.fixture(scope="module")
def finder() -> Finder:
    settings = Settings.from_env({})
    return Finder(brief(settings), settings.cache)


def talk(*lines: str) -> llm.ChatContext:
    """Lines of the caller and the agent, by turns."""
    context = llm.ChatContext.empty()
    for number, line in enumerate(lines):
        context.add_message(role="assistant" if number % 2 else "user", content=line)
    return context


def test_a_question_gets_the_sentence_that_answers_it(finder: Finder) -> None:
    told = finder(talk("What does the Summit desk cost?"))
    assert "749 dollars" in told
    before, _, after = PROMPTS.found.partition(FOUND)
    assert told.startswith(before)
    assert told.endswith(after)


@pytest.mark.parametrize(
    "line",
    [
        "Can you tell me what the Summit desk costs?",
        "Hi Robin, how much is the Summit desk?",
        "what does the summit desk cost",
    ],
)
def test_however_it_is_asked(finder: Finder, line: str) -> None:
    assert "749" in finder(talk(line))


def test_a_question_that_leans_on_the_one_before_is_understood(finder: Finder) -> None:
    assert "549" in finder(
        talk("What does the Summit desk cost?", "749 dollars.", "And the Ridge?")
    )


def test_a_first_question_does_not_wait_for_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    opens = reader_module.open_passages
    monkeypatch.setattr(
        reader_module,
        "open_passages",
        lambda knowledge, cache: opened.append(cache) or opens(knowledge, cache),
    )
    finder = Finder(brief(Settings.from_env({})), tmp_path)
    finder.load()
    assert opened == [tmp_path]
    assert "749" in finder(talk("What does the Summit desk cost?"))
    assert opened == [tmp_path]


def test_what_somebody_wants_is_told_where_it_is_found(finder: Finder) -> None:
    assert "quietest" in finder(talk("We want something quiet."))
    assert finder(talk("I'm looking for a treadmill.")) == ""


def test_where_the_reader_is_not_sure_of_what_somebody_wants_no_document_is_said_to_lack_it(
    finder: Finder,
) -> None:
    told = finder(talk("I only want the legs, I've got my own wooden board."))
    assert told.startswith(PROMPTS.near.partition(FOUND)[0])
    assert "only complete desks" in told
    assert "discount" in finder(talk("We need ten desks for our new office."))
    assert "USB" in finder(talk("I need to charge my phone at the desk."))


def test_a_doubt_that_documents_answer_is_told_their_answer(finder: Finder) -> None:
    assert "costs more than the cheapest" in finder(talk("It's a bit pricey for me."))
    assert finder(talk("The desk I bought from you is broken.")) == ""


def test_what_no_document_has_is_told_too(finder: Finder) -> None:
    assert finder(talk("Do you ship to Canada?")) == PROMPTS.not_found


def test_where_the_reader_is_not_sure_the_model_is_told_so(finder: Finder) -> None:
    told = finder(talk("Does it use a lot of electricity when idle?"))
    assert told.startswith(PROMPTS.nearest.partition(FOUND)[0])
    assert "half a watt" in told


@pytest.mark.parametrize(
    "line",
    [
        "Hello!",
        "Thanks, that helps.",
        "Who am I talking to?",
        "We have ten desks in our office.",
        "My desk is loud.",
        "I want the Ridge desk for 400.",
        "I want a human.",
        "Your colleague did tell me what it costs, thanks.",
        "My budget is five hundred dollars.",
        "What's my name?",
        "What did I say my budget was?",
        "Do you remember what I need?",
        "What do you recommend?",
        "Could you help me choose a desk?",
        "Can I speak to a person?",
        "Hello, anybody there?",
        "Really?",
        "",
    ],
)
def test_what_is_not_for_the_documents_is_left_to_the_model(finder: Finder, line: str) -> None:
    assert finder(talk("What does the Ridge desk cost?", "549 dollars.", line)) == ""


def texts(items: Sequence[llm.ChatItem]) -> list[str | None]:
    return [item.text_content for item in items if item.type == "message"]


async def test_it_stands_behind_the_callers_words_also_when_the_model_tries_again() -> None:
    asked: list[list[str | None]] = []

    def find(chat_ctx: llm.ChatContext) -> str:
        asked.append(texts(chat_ctx.items))
        return "(It costs 749.)"

    context = talk("Hello.", "Hello!", "What does it cost?", "Twelve dollars.")
    context.add_message(role="system", content="That was not spoken.")
    before = texts(context.items)
    given, shown = await with_hints(Hints(find), context.items)
    assert given
    assert asked == [["Hello.", "Hello!", "What does it cost?"]]
    assert texts(shown) == [*before[:2], "What does it cost?\n\n(It costs 749.)", *before[3:]]
    assert [item.id for item in shown] == [item.id for item in context.items]
    assert texts(context.items) == before


async def test_what_was_said_before_keeps_its_hint_for_the_models_cache() -> None:
    hints = Hints(lambda chat_ctx: f"({len(chat_ctx.items)})")
    _, first = await with_hints(hints, talk("What is it?").items)
    given, second = await with_hints(hints, talk("What is it?", "A desk.", "How high?").items)
    assert given
    assert texts(second) == [*texts(first), "A desk.", "How high?\n\n(3)"]


async def test_a_hint_that_is_not_given_any_more_is_gone() -> None:
    found = ["(It costs 749.)", ""]
    hints = Hints(lambda _: found.pop(0))
    items = talk("What does it cost?").items
    assert (await with_hints(hints, items))[0]
    assert await with_hints(hints, items) == (False, items)


async def test_nobody_else_gets_one_nor_a_talk_without_the_callers_words() -> None:
    items = talk("What does it cost?").items
    assert await with_hints(None, items) == (False, items)
    assert await with_hints(Hints(lambda _: "(It costs 749.)"), []) == (False, [])


async def test_a_slow_reader_costs_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints_module, "PATIENCE", 0.05)
    going_on = Event()

    def find(_: llm.ChatContext) -> str:
        going_on.wait(10)
        return "too late"

    items = talk("What does it cost?").items
    try:
        assert await with_hints(Hints(find), items) == (False, items)
    finally:
        going_on.set()


def test_a_reader_that_hangs_takes_no_second_thread(
    finder: Finder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finder_module, "PATIENCE", 0.05)
    with finder._one_at_a_time:
        start = time.perf_counter()
        assert finder(talk("What does the Summit desk cost?")) == ""
        assert time.perf_counter() - start < 5
    assert finder(talk("What does the Summit desk cost?"))


def test_a_reader_that_fails_costs_no_answer(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise KnowledgeError("The embedding model is incomplete.")

    monkeypatch.setattr(reader_module, "open_passages", fail)
    settings = Settings.from_env({})
    assert Finder(brief(settings), settings.cache)(talk("What does the Summit desk cost?")) == ""
    assert "incomplete" in caplog.text


async def test_documents_that_change_are_in_the_next_hint(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "lamps.md").write_text("The Ember lamp costs 69 dollars.")
    settings = Settings.from_env({"KNOWLEDGE_DIR": str(folder), "PROMPTS_DIR": "prompts"})
    finder = Finder(brief(settings), tmp_path / "cache")
    assert "69 dollars" in finder(talk("What does the Ember lamp cost?"))
    (folder / "lamps.md").write_text("The Ember lamp costs 79 dollars.")
    finder.use_soon(load_knowledge(folder, tmp_path / "cache"))
    for _ in range(100):
        if "79 dollars" in (told := finder(talk("What does the Ember lamp cost?"))):
            break
        await asyncio.sleep(0.05)
    assert "79 dollars" in told
    await finder.aclose()


@pytest.mark.parametrize(
    ("size", "env", "hinted"),
    [
        (SMALL, {}, True),
        (SMALL + 1, {}, False),  # it finds more than the reader
        (SMALL, {"LOCAL_LLM_TOOLS": "1"}, False),
    ],
)
def test_only_a_small_model_without_tools_is_told(
    tmp_path: Path, size: int, env: dict[str, str], hinted: bool
) -> None:
    model = tmp_path / "model.gguf"
    with model.open("wb") as file:  # sparse: none of it is on the disk
        file.write(b"GGUF")
        file.truncate(size)
    settings = Settings.from_env({"LOCAL_LLM": str(model), **env})
    assert (finder_for(settings, brief(settings)) is not None) == hinted


def test_no_other_model_is_told(finder: Finder) -> None:
    settings = Settings.from_env({})
    assert finder_for(settings, brief(settings)) is None
    settings = Settings.from_env({"LOCAL_LLM": "/nowhere/model.gguf"})
    assert finder_for(settings, brief(settings)) is None
