"""A call of 200 turns: what the model is shown stays bounded, and begins with the same bytes."""

import json
from itertools import pairwise
from pathlib import Path

from sales_agent.conversation import CARRIED_ITEMS, EARLIER_QUESTIONS, MAX_TURNS, STEP, recent
from sales_agent.knowledge import load_knowledge
from sales_agent.knowledge.current import CurrentKnowledge
from tests.conversations.scripted import Request, a_team, calls, conversation

TURNS = 200


def callers_lines(request: Request) -> list[str]:
    return [m["content"] for m in request.conversation if m["role"] == "user"]


def size(request: Request) -> int:
    return len(json.dumps(request.messages))


async def test_the_prompt_stays_bounded_over_two_hundred_turns() -> None:
    replies = [
        reply
        for n in range(TURNS)
        for reply in (calls("note", need=f"need {n}", products=[f"desk {n}"]), f"It costs {n}.")
    ]
    async with conversation(*replies) as talk:
        for n in range(TURNS):
            await talk.session.run(user_input=f"What does desk number {n} cost, please?")
        requests = talk.model.requests
    assert len({request.messages[0]["content"] for request in requests}) == 1
    assert all([m["role"] for m in r.messages].count("system") == 2 for r in requests)
    for request in requests:
        assert len(callers_lines(request)) <= MAX_TURNS
        made = {call["id"] for m in request.conversation for call in m.get("tool_calls", [])}
        assert made == {m["tool_call_id"] for m in request.conversation if m["role"] == "tool"}
    late = max(size(r) for r in requests[-2 * STEP :])
    assert late <= 1.15 * max(size(r) for r in requests[: 2 * MAX_TURNS])
    last = requests[-1]
    assert callers_lines(last)[-1] == f"What does desk number {TURNS - 1} cost, please?"
    second = last.messages[1]["content"]
    first_shown = callers_lines(last)[0]
    asked = [line[2:] for line in second.splitlines() if line.startswith("- What does")]
    assert len(asked) == EARLIER_QUESTIONS
    assert first_shown not in asked
    number = int(first_shown.split()[4])
    assert asked[-1] == f"What does desk number {number - 1} cost, please?"
    assert f"- need: need {TURNS - 1}" in second


async def test_the_start_of_the_conversation_moves_seldom() -> None:
    """A provider's cache holds what begins with the same words."""
    async with conversation(*["Yes."] * 150) as talk:
        for n in range(150):
            await talk.session.run(user_input=f"Line {n}.")
        starts = [callers_lines(request)[0] for request in talk.model.requests]
    moved = sum(a != b for a, b in pairwise(starts))
    assert moved == -(-(150 - MAX_TURNS) // STEP)


async def test_long_lines_are_bounded_too_and_the_last_one_always_stays() -> None:
    async with conversation(*["Yes."] * 12) as talk:
        for n in range(11):
            await talk.session.run(user_input=f"{n} " + "word " * 2_000)
        assert size(talk.model.requests[-1]) < 60_000
        await talk.session.run(user_input="long " * 20_000)
        assert len(callers_lines(talk.model.requests[-1])) == 1


async def test_questions_from_before_a_handoff_are_not_lost() -> None:
    lines = CARRIED_ITEMS
    replies = ["Yes."] * lines
    async with conversation(*replies, calls("transfer_to_pricing"), "749.") as talk:
        await talk.session.run(user_input="Do you deliver to Leeds?")
        for n in range(lines - 1):
            await talk.session.run(user_input=f"Line {n}.")
        await talk.session.run(user_input="What do ten cost?")
        request = talk.model.requests[-1]
        assert "Do you deliver to Leeds?" not in callers_lines(request)
        assert "- Do you deliver to Leeds?" in request.messages[1]["content"]


def test_a_short_conversation_is_left_as_it_is() -> None:
    assert recent([]) == []


async def test_documents_that_changed_stand_behind_the_same_prefix(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "lamps.md").write_text("The lamp costs 69 dollars.")
    started = load_knowledge(folder, tmp_path)
    current = CurrentKnowledge(started, tmp_path, {"lamps.md"})
    team = a_team(current=current)
    async with conversation("Sixty nine.", "Seventy nine.", team=team) as talk:
        await talk.session.run(user_input="What does the lamp cost?")
        (folder / "lamps.md").write_text("The lamp costs 79 dollars.")
        await current.look()
        await talk.session.run(user_input="And now?")
        before, after = talk.model.requests
    assert after.messages[0] == before.messages[0]
    changed = after.messages[1]
    assert changed["role"] == "system"
    assert changed["content"].startswith("Since this call began")
    assert "79 dollars" in changed["content"]
