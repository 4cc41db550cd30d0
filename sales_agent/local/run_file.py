"""Where other commands find the `agent.py dev` of a folder: a file only its owner can read."""

import contextlib
import hashlib
import json
import os
import socket
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil

CONNECT_TIMEOUT = 2.0  # seconds; a server of this machine answers in milliseconds


@dataclass(frozen=True, kw_only=True)
class RunFile:
    """How to reach the running agent."""

    url: str
    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    agent_name: str
    pid: int  # of the `dev` that wrote it


def write_run_file(cache: Path, folder: Path, run: RunFile) -> Path:
    """Write it in one step, readable by its owner alone; gives where, for the run to remove at its end.

    Each run of a project folder has a file of its own, so that one that ends hides no other.
    """
    path = cache / "run" / f"{_prefix(folder)}{time.time_ns()}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp makes it 0600, before a secret is in it.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(asdict(run), out)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path


def find_run(cache: Path, folder: Path) -> RunFile | None:
    """The latest run of a project folder that is still there; None where nothing runs."""
    paths = (cache / "run").glob(f"{_prefix(folder)}*.json")
    return next((run for path in sorted(paths, reverse=True) if (run := _read(path))), None)


def _prefix(folder: Path) -> str:
    """Of the files of one project folder: two of them can run at once without meeting."""
    return f"{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]}-"


def _read(path: Path) -> RunFile | None:
    """Read it back; None where that run has ended, and a file that was left behind is removed."""
    try:
        run = RunFile(**json.loads(path.read_text(encoding="utf-8")))
        alive = psutil.pid_exists(run.pid) and _answers(run.url)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):  # of another version, or not ours
        alive = False
    if alive:
        return run
    with contextlib.suppress(OSError):
        path.unlink()
    return None


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    if parts.port is None:  # a cloud address, which its own check will try
        return True
    try:
        with socket.create_connection((parts.hostname, parts.port), CONNECT_TIMEOUT):
            return True
    except OSError:
        return False
