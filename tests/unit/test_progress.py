"""The progress line: on a terminal, for work that takes long, and gone afterwards."""

import io
import re
import time

from rich.console import Console

from sales_agent.knowledge import progress
from sales_agent.knowledge.progress import progress_line


def shown(*, terminal: bool, seconds: float) -> str:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=terminal, width=120)
    with progress_line("Reading", console) as tell:
        tell(1, 40, "a.pdf")
        time.sleep(seconds)
        tell(2, 40, "b[x].pdf")
    return screen.getvalue()


def test_long_work_is_shown_with_its_file_and_what_is_left() -> None:
    text = shown(terminal=True, seconds=progress.PATIENCE + 0.05)
    assert "2/40" in text
    assert "b[x].pdf" in text


def test_short_work_and_other_outputs_stay_as_they_are() -> None:
    assert shown(terminal=True, seconds=0.0) == ""
    assert shown(terminal=False, seconds=progress.PATIENCE + 0.05) == ""


def test_a_second_pass_over_the_documents_starts_again() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120)
    with progress_line("Reading", console) as tell:
        tell(1, 4, "a.pdf")
        time.sleep(progress.PATIENCE + 0.05)
        tell(4, 4, "d.pdf")
        tell(1, 4, "a.pdf (words)")
        time.sleep(0.2)
    assert "a.pdf (words)" in screen.getvalue()
    assert re.search(r"1/4\S* .*a\.pdf \(words\)", screen.getvalue())
