"""What `agent.py call` shows while the talk goes on."""

import io

from rich.console import Console

from sales_agent.phone import _Subtitles

ANSWER = ("It costs", " 549", " dollars.", "")


def shown(*events: tuple[str, str] | None) -> str:
    """The lines of a call; None is where the caller begins to speak."""
    screen = io.StringIO()
    subtitles = _Subtitles(Console(file=screen, width=80))
    for event in events:
        if event is None:
            subtitles.begin()
        else:
            subtitles.show(*event)
    return screen.getvalue()


def test_words_of_the_caller_that_come_late_cut_no_answer() -> None:
    first, *rest = [("agent", words) for words in ANSWER]
    text = shown(None, first, ("caller", "What does it cost?"), *rest)
    assert "Agent  It costs 549 dollars." in text


def test_two_turns_of_one_recording_are_two_lines() -> None:
    answer = [("agent", words) for words in ANSWER]
    text = shown(None, ("caller", "One."), *answer, ("caller", "Two."), *answer)
    assert text.split("\n")[1:] == ["Agent  It costs 549 dollars. "] * 2
