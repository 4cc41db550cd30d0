"""Where a silence went, from the times that the framework gives."""

import pytest
from livekit.agents import llm

from sales_agent.metrics import Latency, latency_of


def spoken_question(ended: float, decided_after: float) -> llm.ChatMessage:
    metrics: llm.MetricsReport = {"stopped_speaking_at": ended, "end_of_turn_delay": decided_after}
    return llm.ChatMessage(role="user", content=["What?"], metrics=metrics)


def answer(sounded: float, *, token: float, sentence: float, voice: float) -> llm.ChatMessage:
    """`token` and `sentence` are from the asking on, `voice` from the first token on."""
    metrics: llm.MetricsReport = {
        "started_speaking_at": sounded,
        "llm_node_ttft": token,
        "llm_node_ttfs": sentence,
        "tts_node_ttfb": voice,
    }
    return llm.ChatMessage(role="assistant", content=["That."], metrics=metrics)


def parts(latency: Latency | None) -> list[float]:
    assert latency is not None
    return [round(p, 3) for p in (latency.end_of_turn, latency.model, latency.voice, latency.ours)]


def test_a_reply_that_is_thought_after_the_turn_has_every_part_in_full() -> None:
    reply = answer(101.0, token=0.2, sentence=0.3, voice=0.25)
    assert parts(latency_of(spoken_question(100.0, 0.4), reply, 100.4)) == [0.4, 0.3, 0.15, 0.15]


def test_what_was_thought_in_advance_cost_the_caller_nothing() -> None:
    reply = answer(100.6, token=0.2, sentence=0.3, voice=0.35)
    assert parts(latency_of(spoken_question(100.0, 0.4), reply, 99.9)) == [0.4, 0.0, 0.05, 0.15]
    ready = answer(100.42, token=0.1, sentence=0.1, voice=0.1)
    assert parts(latency_of(spoken_question(100.0, 0.4), ready, 99.9)) == [0.4, 0.0, 0.0, 0.02]


def test_an_answer_to_a_typed_line_starts_where_the_line_came_in() -> None:
    typed = llm.ChatMessage(role="user", content=["What?"], created_at=100.0)
    reply = answer(100.5, token=0.2, sentence=0.2, voice=0.2)
    assert parts(latency_of(typed, reply, 100.0)) == [0.0, 0.2, 0.2, 0.1]


def test_the_parts_add_up_also_where_clocks_disagree() -> None:
    early = answer(99.9, token=0.2, sentence=0.3, voice=0.25)  # heard before the end was reported
    latency = latency_of(spoken_question(100.0, 0.4), early, 99.0)
    assert parts(latency) == [0.0, 0.0, 0.0, 0.0]
    reply = answer(100.2, token=0.2, sentence=0.3, voice=0.25)  # decided after the first sound
    latency = latency_of(spoken_question(100.0, 0.4), reply, 100.0)
    assert latency is not None
    assert latency.total == pytest.approx(0.2)
    told = latency.milliseconds()
    assert told.pop("total") == sum(told.values()) == 200


def test_what_was_never_heard_has_no_latency() -> None:
    silent = llm.ChatMessage(role="assistant", content=["That."], metrics={"llm_node_ttft": 0.1})
    assert latency_of(spoken_question(100.0, 0.4), silent, 100.4) is None
