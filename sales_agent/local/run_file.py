"""Where other commands find the `agent.py dev` of a folder: a file only its owner can read."""

import contextlib
import hashlib
import json
import os
import socket
import tempfile
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


def run_file_path(cache: Path, folder: Path) -> Path:
    """The file for one project folder: two of them can run at once without meeting."""
    digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()
    return cache / "run" / f"{digest[:12]}.json"


def write_run_file(path: Path, run: RunFile) -> None:
    """Write it in one step, readable by its owner alone."""
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


def read_run_file(path: Path) -> RunFile | None:
    """Read it back; None where nothing runs, and a file that was left behind is removed."""
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
