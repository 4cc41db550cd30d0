"""Programs that a user's own tools fetch once: a wheel by pip or uv, a step with progress, one process at a time."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

TELL_EVERY = 5.0  # seconds between two lines of progress
NICENESS = 15
LOOK_EVERY = 0.2  # whether it is done, or should stop
STEP_TIMEOUT = 1_200.0  # seconds; a slow network still fits

Say = Callable[[str], None]


class FetchError(Exception):
    """A step that did not work; the message is the reason alone, for a sentence that names the thing and the mend.

    It is empty where the program gave none.
    """


class Stopped(FetchError):
    """Another thread wished it."""


class Held(FetchError):
    """Another process does not give the lock away."""


class TooLong(FetchError):
    """The time of a step is over."""


class NoInstaller(FetchError):
    """Neither pip nor uv is here."""


class Unreachable(FetchError):
    """The network does not reach what is fetched."""


class DiskFull(FetchError):
    """There is no room for it."""


@contextlib.contextmanager
def locked(
    path: Path, waiting: str, say: Say, stop: threading.Event, timeout: float
) -> Iterator[None]:
    """Hold a lock that one process at a time has; says `waiting` where it has to wait.

    Raises Held after `timeout` seconds, and Stopped.
    """
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say(waiting)
        try:
            lock.acquire(timeout=timeout, cancel_check=stop.is_set)
        except Timeout as error:
            if stop.is_set():
                raise Stopped("it was stopped") from error
            raise Held(f"Another process holds {path} and does not finish") from error
    try:
        yield
    finally:
        lock.release()


def fetch_wheel(
    wheel: str, hashes: Sequence[str], folder: Path, uv: str | None, say: Say, stop: threading.Event
) -> None:
    """Unpack a wheel, `name==version` with the SHA-256 of each platform's file, into a new folder.

    `uv` is the path of the uv that runs us, where one does: it may be in no PATH. Raises FetchError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = folder / "requirements.txt"
    pins = " ".join(f"--hash=sha256:{value}" for value in hashes)
    wanted.write_text(f"{wheel} {pins}\n", encoding="utf-8")
    options = ["--target", str(folder), "--no-deps", "--require-hashes", "-r", str(wanted)]
    run([*_installer(uv, say, stop), *options], say, stop)


def _installer(uv: str | None, say: Say, stop: threading.Event) -> list[str]:
    """What fetches a wheel here: uv's environments have no pip, but the Python below them has."""
    base = Path(sys.base_prefix) / ("python.exe" if os.name == "nt" else "bin/python3")
    uv_install = ["pip", "install", "--python", sys.executable]
    choices = [
        ([sys.executable, "-m", "pip"], ["install", "--quiet", "--only-binary", ":all:"]),
        ([uv or shutil.which("uv") or "uv"], uv_install),
        ([sys.executable, "-m", "uv"], uv_install),
        ([str(base), "-m", "uv"], uv_install),
        ([str(base), "-m", "pip"], ["install", "--quiet", "--only-binary", ":all:"]),
    ]
    for program, arguments in choices:
        try:
            run([*program, "--version"], say, stop, timeout=30)
        except Stopped:
            raise
        except (OSError, FetchError):
            continue
        return [*program, *arguments]
    raise NoInstaller("neither pip nor uv is here to fetch it")


def run(
    command: Sequence[str],
    say: Say,
    stop: threading.Event,
    *,
    timeout: float = STEP_TIMEOUT,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    progress: Callable[[list[str]], str] = lambda lines: "",
    complaint: Callable[[list[str]], str] = lambda lines: lines[-1],
) -> None:
    """Run one step in `folder`, with a line of progress every five seconds; raises FetchError with its reason.

    `progress` makes the end of that line of what the step has printed so far, and `complaint` the
    reason of the lines that have text. Without an `environment` it has ours.
    """
    started = time.monotonic()
    lines: list[str] = []
    with subprocess.Popen(
        command,
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        if os.name == "posix":  # a compiler takes every processor: calls and their sound go first
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
        output = process.stdout
        assert output is not None
        reading = threading.Thread(target=lambda: lines.extend(output), daemon=True)
        reading.start()
        try:
            told = started
            while reading.is_alive():
                reading.join(LOOK_EVERY)
                elapsed = time.monotonic() - started
                if stop.is_set():
                    raise Stopped("it was stopped")
                if reading.is_alive() and time.monotonic() - told >= TELL_EVERY:
                    told = time.monotonic()
                    say(f"  {elapsed:3.0f} s{progress(lines)}")
                if elapsed > timeout:
                    raise TooLong("it takes too long")
        finally:
            if process.poll() is None and reading.is_alive():  # Ctrl-C, or too long
                _end(process)
    if process.returncode != 0:
        raise _failure(lines, complaint)


def _end(process: subprocess.Popen[str]) -> None:
    """Kill it with what it started, which would hold the pipe open: npm can be a script around node."""
    family: list[psutil.Process] = []
    with contextlib.suppress(psutil.NoSuchProcess):
        family.append(psutil.Process(process.pid))
        family += family[0].children(recursive=True)
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()


def _failure(lines: list[str], complaint: Callable[[list[str]], str]) -> FetchError:
    text = "".join(lines)
    if re.search(r"no space left|disk quota|not enough space|ENOSPC", text, re.IGNORECASE):
        return DiskFull("the disk is full")
    if re.search(
        r"dial tcp|no such host|network is unreachable|connection (refused|reset)|i/o timeout"
        r"|TLS handshake|NewConnectionError|dns error|error sending request|name resolution"
        r"|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|SOCKET_TIMEOUT"
        r"|related to network connectivity",
        text,
        re.IGNORECASE,
    ):
        return Unreachable("its source cannot be fetched, as the network does not reach it")
    said = [line.strip() for line in lines if line.strip()]
    return FetchError(complaint(said) if said else "")
