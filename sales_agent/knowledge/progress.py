"""One line on the terminal for work that takes long: what is done, of how much, and the seconds that are left.

Nothing is shown of work that is over at once, nor where the output is no terminal.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sales_agent.knowledge.loading import OnProgress

PATIENCE = 1.0  # seconds before the line appears


class _Line:
    """Appears when the work takes longer than PATIENCE."""

    def __init__(self, what: str, console: Console) -> None:
        self._began = time.monotonic()
        self._progress = Progress(
            TextColumn(what),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[name]}", markup=False),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task(what, total=None, name="")
        self._shown = False
        self._done = 0

    def tell(self, done: int, total: int, name: str) -> None:
        if done < self._done:  # the next pass over the documents: its pace is another
            self._progress.reset(self._task)
        self._done = done
        self._progress.update(self._task, completed=done, total=total, name=name)
        if not self._shown and time.monotonic() - self._began > PATIENCE:
            self._shown = True
            self._progress.start()

    def close(self) -> None:
        if self._shown:
            self._progress.stop()


@contextmanager
def progress_line(what: str, console: Console | None = None) -> Iterator[OnProgress]:
    """Show progress on standard error while the context lasts: `with progress_line("Reading") as tell: …`."""
    console = console or Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda done, total, name: None
        return
    line = _Line(what, console)
    try:
        yield line.tell
    finally:
        line.close()


def for_pass(what: str, tell: OnProgress | None) -> OnProgress | None:
    """The same, for one of several passes over the documents: named behind each document."""
    if tell is None:
        return None
    return lambda done, total, name: tell(done, total, f"{name} ({what})")
