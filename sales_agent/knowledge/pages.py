"""Web pages among the documents: which ones are listed, and what was last fetched of each.

`urls.txt` in the folder of documents has a URL a line; `#` begins a comment. Fetching is done beside the calls
(`fetching.py`); a call reads what lies here.
"""

import hashlib
import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sales_agent.knowledge.cleaning import escape_name
from sales_agent.knowledge.documents import LeftOut
from sales_agent.knowledge.extracted import os_reason, write_json

URLS = "urls.txt"
MOST_URLS = 1_000
MAX_LIST_BYTES = 1024 * 1024


@dataclass(frozen=True)
class UrlList:
    """The URLs of a list, each once and in its order, and the lines that are none."""

    urls: tuple[str, ...]
    wrong: tuple[LeftOut, ...]


@dataclass(frozen=True)
class PageState:
    """What is known of one page; times are in seconds of `time.time()`."""

    url: str
    checked: float
    """When it was last asked for, with or without success."""
    fetched: float = 0.0
    """When its last good version came, or was found to be still the same; 0 where there never was one."""
    suffix: str = ""
    """Which kind of file the last good version is; empty where there is none."""
    etag: str = ""
    modified: str = ""
    failed: str = ""
    """Why it could not be fetched the last time; empty where it could."""
    failures: int = 0
    """In a row."""


def read_urls(folder: Path) -> UrlList:
    """Read the list of a folder of documents, which most have not."""
    try:
        with (folder / URLS).open("rb") as file:
            text = file.read(MAX_LIST_BYTES).decode("utf-8-sig", "replace")
    except FileNotFoundError:
        return UrlList((), ())
    except OSError as error:
        return UrlList((), (LeftOut(URLS, os_reason(error)),))
    urls: dict[str, None] = {}
    wrong: list[LeftOut] = []
    for number, line in enumerate(text.splitlines(), start=1):
        url = line.split(" #")[0].strip()
        if not url or url.startswith("#"):
            continue
        if reason := not_a_page(url):
            wrong.append(LeftOut(f"{URLS}, line {number}", f"{reason}: {escape_name(url)[:80]!r}"))
        elif len(urls) < MOST_URLS or url in urls:
            urls[url] = None
        else:
            wrong.append(
                LeftOut(
                    f"{URLS}, line {number}", f"more than {MOST_URLS:,} URLs; the rest is not read"
                )
            )
            break
    return UrlList(tuple(urls), tuple(wrong))


def not_a_page(url: str) -> str:
    """Why this cannot be the address of a page; empty where it can."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # raises for one that is no port
    except ValueError:
        return "not a URL"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "not a URL that starts with http:// or https://"
    if any(character.isspace() or not character.isprintable() for character in url):
        return "a URL has no blanks in it"
    if parts.username or parts.password:
        return "a URL with a name and password in it, which calls would show as the source"
    return ""


class PageStore:
    """The pages of one folder of documents, in the cache: a state and a last good version for each URL."""

    def __init__(self, cache: Path, folder: Path) -> None:
        name = hashlib.sha256(os.fsencode(os.path.abspath(folder))).hexdigest()[:16]
        self.folder = cache / "pages" / name

    def state(self, url: str) -> PageState | None:
        """What is known of a page; None where it was never asked for."""
        try:
            state = PageState(**json.loads(self._path(url, ".json").read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return state if state.url == url else None

    def content(self, state: PageState) -> Path:
        """Where the last good version of a page lies."""
        return self._path(state.url, state.suffix)

    def keep(self, state: PageState, content: bytes | None = None) -> None:
        """Keep what is known of a page, and its content where that is new. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if content is not None:
            path = self.content(state)
            with suppress(OSError):
                if path.read_bytes() == content:  # as it was: nobody has to read it again
                    content = None
            if content is not None:
                temporary = path.with_name(f".{path.name}.{os.getpid()}")
                temporary.write_bytes(content)
                temporary.replace(path)
        if not write_json(self._path(state.url, ".json"), asdict(state)):
            raise OSError(f"{self.folder} cannot be written")

    def prune(self, urls: tuple[str, ...]) -> None:
        """Remove what was fetched of pages that are no more listed."""
        kept = {self._name(url) for url in urls}
        with suppress(OSError):
            for entry in os.listdir(self.folder):
                if not entry.startswith(".") and entry.partition(".")[0] not in kept:
                    with suppress(OSError):
                        (self.folder / entry).unlink()

    def _path(self, url: str, suffix: str) -> Path:
        return self.folder / f"{self._name(url)}{suffix}"

    @staticmethod
    def _name(url: str) -> str:
        return hashlib.sha256(url.encode()).hexdigest()[:32]


def is_due(state: PageState | None, refresh: float, now: float | None = None) -> bool:
    """Whether a page is to be fetched: each `refresh` seconds, and after a failure sooner, and then less often."""
    if state is None:
        return True
    pause = min(refresh, 60.0 * 2 ** min(state.failures, 10)) if state.failures else refresh
    return (time.time() if now is None else now) - state.checked >= pause
