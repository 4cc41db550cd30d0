"""Where a silence went, from the times that the framework gives."""

import time

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import llm

from sales_agent.local.speaking import speak
from sales_agent.metrics import Ear, Latency, latency_of


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
    assert parts(latency_of(spoken_question(100.0, 0.4), reply, asked=100.4)) == [
        0.4,
        0.3,
        0.15,
        0.15,
    ]


def test_what_was_thought_in_advance_cost_the_caller_nothing() -> None:
    reply = answer(100.6, token=0.2, sentence=0.3, voice=0.35)
    assert parts(latency_of(spoken_question(100.0, 0.4), reply, asked=99.9)) == [
        0.4,
        0.0,
        0.05,
        0.15,
    ]
    ready = answer(100.42, token=0.1, sentence=0.1, voice=0.1)
    assert parts(latency_of(spoken_question(100.0, 0.4), ready, asked=99.9)) == [
        0.4,
        0.0,
        0.0,
        0.02,
    ]


def test_the_silence_begins_with_the_last_sound_and_not_with_the_word_that_it_was_the_last() -> (
    None
):
    reply = answer(101.0, token=0.2, sentence=0.3, voice=0.25)
    question = spoken_question(100.0, 0.0)  # told at the moment of the decision
    heard = latency_of(question, reply, asked=100.0, last_sound=99.7)
    assert parts(heard) == [0.3, 0.3, 0.15, 0.55]
    noise = latency_of(question, reply, asked=100.0, last_sound=90.0)  # of another turn
    assert parts(noise) == [0.0, 0.3, 0.15, 0.55]


def test_the_ear_tells_speech_from_a_noisy_line(monkeypatch: pytest.MonkeyPatch) -> None:
    ear, noise = Ear(), np.random.default_rng(0)
    moments = iter(range(1_000))
    monkeypatch.setattr(time, "time", lambda: 1_000 + next(moments) * 0.02)
    speech = speak("What does the Summit desk cost?")[0]
    line = np.concatenate([speech, np.zeros(24_000, np.int16)]).astype(np.float64)
    line += noise.normal(0, 30, len(line))
    for frame in line[: len(line) // 480 * 480].astype(np.int16).reshape(-1, 480):
        ear.hear(rtc.AudioFrame(frame.tobytes(), 24_000, 1, 480))
    loud = np.flatnonzero(np.abs(speech) > 500)[-1] / 24_000
    assert ear.last_sound - 1_000 == pytest.approx(loud, abs=0.1)


def test_an_answer_to_a_typed_line_starts_where_the_line_came_in() -> None:
    typed = llm.ChatMessage(role="user", content=["What?"], created_at=100.0)
    reply = answer(100.5, token=0.2, sentence=0.2, voice=0.2)
    assert parts(latency_of(typed, reply, asked=100.0)) == [0.0, 0.2, 0.2, 0.1]


def test_the_parts_add_up_also_where_clocks_disagree() -> None:
    early = answer(99.9, token=0.2, sentence=0.3, voice=0.25)  # heard before the end was reported
    latency = latency_of(spoken_question(100.0, 0.4), early, asked=99.0)
    assert parts(latency) == [0.0, 0.0, 0.0, 0.0]
    reply = answer(100.2, token=0.2, sentence=0.3, voice=0.25)  # decided after the first sound
    latency = latency_of(spoken_question(100.0, 0.4), reply, asked=100.0)
    assert latency is not None
    assert latency.total == pytest.approx(0.2)
    told = latency.milliseconds()
    assert told.pop("total") == sum(told.values()) == 200


def test_what_was_never_heard_has_no_latency() -> None:
    silent = llm.ChatMessage(role="assistant", content=["That."], metrics={"llm_node_ttft": 0.1})
    assert latency_of(spoken_question(100.0, 0.4), silent, asked=100.4) is None
