import logging

import pytest

from sales_agent.screen_log import ScreenFormatter, is_worth_a_line


def record(
    message: str, level: int = logging.INFO, *, name: str = "livekit.agents", room: str = ""
) -> logging.LogRecord:
    made = logging.LogRecord(name, level, "file.py", 1, message, None, None)
    made.__dict__["room"] = room
    return made


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (True, record("received job request")),
        (False, record("preloading plugins")),
        (True, record("the caller hung up", name="sales_agent")),
        (False, record("unknown FFI handle 7", logging.WARNING)),
        (False, record("non-daemon thread `x` may prevent the process from exiting", logging.WARNING)),
        (False, record('event loop blocked for 104ms at "/site-packages/livekit/x.py"', logging.WARNING)),
        (True, record('event loop blocked for 300ms at "/sales_agent/tools.py"', logging.WARNING)),
        (True, record("failed to connect to livekit, retrying in 0s", logging.WARNING)),
        (True, record("unhandled exception", logging.ERROR)),
    ],
)  # fmt: skip
def test_only_what_a_person_can_use_is_told(told: bool, line: logging.LogRecord) -> None:
    assert is_worth_a_line(line) == told


def test_news_is_a_short_line_and_a_problem_all_that_is_known() -> None:
    screen = ScreenFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    news = screen.format(record("the caller hung up", room="call-1"))
    assert news[8:] == "  the caller hung up   (call-1)"
    call = screen.format(record("received job request", room="call-2"))
    assert call[8:] == "  a call comes in   (call-2)"
    assert screen.format(record("lost", logging.ERROR)) == "ERROR livekit.agents lost"
