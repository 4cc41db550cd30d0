"""Files parsed in processes of their own, with limits of time and memory; small text is read here.

PDF, Office and HTML files are programs for their parsers, and come from anywhere. A parser that takes too
long or too much is ended, and only its file is lost. Without RLIMIT_AS (macOS, Windows) memory is limited by
looking at it ten times a second, and what a file takes faster than that is not caught.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePath
from typing import Any

import psutil

from sales_agent.knowledge.documents import Extract, Unreadable
from sales_agent.knowledge.formats import PDF_SECONDS, read_file

SECONDS = PDF_SECONDS + 15  # of a processor's time for one file; a PDF stops by itself before that
WAIT = 4  # times as long it may take by the clock, on a machine whose calls come first
MEMORY = (
    1024 * 1024 * 1024
)  # bytes that a parser may hold; a sound file of 20 MB takes half of that
ADDRESSES = 4  # times as much it may reserve, as libraries do that never use it
SMALL = 1024 * 1024  # bytes of plain text that are read in this process, in well under a second
_PLAIN = (".md", ".txt", ".csv", ".json")
IDLE = 30.0  # seconds
_TRIES = 2  # a parser can die of other things than the file
_LOOK = 0.1  # seconds between two looks at a parser that works


class Stopped(Exception):
    """The parsers were closed while this file was on its way; nothing is wrong with it."""


class Parsers:
    """Parser processes, as many as are asked at once. Close it, or use it as a context.

    Who is done leaves its processes to the next for IDLE seconds: importing the parsers takes some.
    """

    def __init__(
        self, *, seconds: float = SECONDS, memory: int = MEMORY, small_here: bool = True
    ) -> None:
        """`small_here`: small text is read in this process, which is quicker for a few files and slower for many."""
        self._small_here = small_here
        self._seconds = seconds
        self._memory = memory
        self._busy: set[_Parser] = set()
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> "Parsers":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def parse(self, name: str, content: bytes) -> Extract:
        """What a file says. Raises Unreadable with the reason, also for one that no parser survives, or Stopped."""
        is_plain = PurePath(name).suffix.lower() in _PLAIN
        if is_plain and len(content) <= SMALL and self._small_here:
            return read_file(name, content)
        for _ in range(_TRIES):
            with self._parser() as parser:
                try:
                    if extract := parser.parse(name, content, self._seconds, self._memory):
                        return extract
                except Unreadable:
                    if not self._closed:
                        raise
                if self._closed:
                    raise Stopped
        raise Unreadable("no parser survives it: save it anew, or as PDF", passing=True)

    def close(self) -> None:
        """End those that are at work."""
        with self._lock:
            self._closed = True
            for parser in self._busy:
                parser.end()

    @contextmanager
    def _parser(self) -> Iterator["_Parser"]:
        try:
            parser = _IDLE.take(self._memory) or _Parser(self._memory)
        except OSError as error:
            raise Unreadable(f"no process for it can be started ({error})", passing=True) from error
        with self._lock:
            self._busy.add(parser)
            closed = self._closed
        try:
            if closed:
                raise Stopped
            yield parser
        finally:
            with self._lock:
                self._busy.remove(parser)
            _IDLE.put(parser)


class _Idle:
    """The parsers of this process that nobody uses at the moment."""

    def __init__(self) -> None:
        self._parsers: list[_Parser] = []
        self._lock = threading.Lock()

    def take(self, memory: int) -> "_Parser | None":
        with self._lock:
            for parser in self._parsers:
                if parser.memory == memory and parser.running:
                    self._parsers.remove(parser)
                    return parser
        return None

    def put(self, parser: "_Parser") -> None:
        if not parser.running:
            return
        with self._lock:
            self._parsers.append(parser)
        timer = threading.Timer(IDLE, self._end, (parser, parser.asked))
        timer.daemon = True
        timer.start()

    def _end(self, parser: "_Parser", asked: int) -> None:
        with self._lock:
            if parser not in self._parsers or parser.asked != asked:
                return
            self._parsers.remove(parser)
        parser.end()


_IDLE = _Idle()


class _Parser:
    """One child process, which takes one file after another."""

    def __init__(self, memory: int) -> None:
        self.memory = memory
        self.asked = 0
        # By the path of this process, as it may not be an installed package that we are run from.
        program = (
            f"import sys; sys.path[:] = {sys.path!r}; "
            f"from sales_agent.knowledge.parsing_child import main; main({ADDRESSES * memory})"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us, who end it
        )

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        """Kill it; a thread that waits for its answer gets none."""
        self._process.kill()
        self._process.wait()

    def parse(self, name: str, content: bytes, seconds: float, memory: int) -> Extract | None:
        """What a file says; None where the process died. Raises Unreadable."""
        self.asked += 1
        failed: list[Unreadable] = []
        done = threading.Event()
        watching = threading.Thread(
            target=self._watch, args=(done, failed, seconds, memory), daemon=True
        )
        watching.start()
        try:
            answer = self._ask(name, content, seconds)
        finally:
            done.set()
            watching.join()
        if failed or answer is None:
            self.end()
        if failed:
            raise failed[0]
        if answer is None:
            return None
        if "unreadable" in answer:
            raise Unreadable(answer["unreadable"])
        return Extract.from_json(answer)

    def _ask(self, name: str, content: bytes, seconds: float) -> dict[str, Any] | None:
        """The child's answer; None where it died over the file."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"name": PurePath(name).name, "length": len(content), "seconds": WAIT * seconds}
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n" + content)
            self._process.stdin.flush()
            line = self._process.stdout.readline()
            answer: dict[str, Any] = json.loads(line)
        except (OSError, ValueError):  # a broken pipe, half an answer, one that is closed
            return None
        return answer

    def _watch(
        self, done: threading.Event, failed: list[Unreadable], seconds: float, memory: int
    ) -> None:
        began = time.monotonic()
        with suppress(psutil.Error):
            child = psutil.Process(self._process.pid)
            worked = _worked(child)
            while not done.wait(_LOOK):
                reason = ""
                took = max(_worked(child) - worked, (time.monotonic() - began) / WAIT)
                if took > seconds:
                    reason = f"it takes more than {seconds:.0f} s to read: split or simplify it"
                elif child.memory_info().rss > memory:
                    reason = f"it takes more than {memory >> 20:,} MB of memory to read: split it"
                if reason:
                    failed.append(Unreadable(reason, passing=True))
                    self._process.kill()
                    return


def _worked(child: psutil.Process) -> float:
    """Seconds of a processor's time."""
    times = child.cpu_times()
    return float(times.user + times.system)
