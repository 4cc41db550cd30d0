"""The text of parsed files, cached by what they contain: each is parsed once, and read when it is asked for.

A worker starts a process for each call: that process must not spend seconds on converting documents, nor hold
the text of a thousand of them.
"""

import functools
import hashlib
import json
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import overload

from sales_agent.knowledge.documents import Extract, KnowledgeError, Page, Unreadable

RETRY_AFTER = 3600.0  # seconds, where a file was too slow to parse, perhaps on a busy machine

logger = logging.getLogger(__name__)


@functools.cache
def _extractor() -> str:
    """Raise the number when the same file would now give other text; the parsers' versions count too."""
    parsers = ("pypdf", "markitdown", "trafilatura")
    return " ".join(["11", *(f"{name} {version(name)}" for name in parsers)])


def digest_of(suffix: str, content: bytes) -> str:
    """The same for the same content read in the same way, in 64 hex digits."""
    key = f"{_extractor()}\0{suffix.lower()}\0".encode()
    return hashlib.sha256(key + content).hexdigest()


def os_reason(error: OSError) -> str:
    """Why a file cannot be read, in words for the person who put it there."""
    if isinstance(error, FileNotFoundError):
        return "it is gone, or a link to something that is gone"
    if isinstance(error, PermissionError):
        return "no permission to read it"
    return (error.strerror or type(error).__name__).lower()


class ExtractCache:
    """A folder with one JSON file for each content that was ever parsed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __contains__(self, digest: str) -> bool:
        return os.path.exists(self._entry(digest))

    def get(self, digest: str) -> Extract | None:
        """What an earlier run read; None where there is no sound entry. Raises Unreadable as it did."""
        entry = self._entry(digest)
        try:
            saved = json.loads(entry.read_text("utf-8"))
            if "unreadable" in saved:
                passing = bool(saved.get("passing"))
                if passing and time.time() - entry.stat().st_mtime > RETRY_AFTER:
                    return None
                failure = Unreadable(str(saved["unreadable"]), passing=passing)
            else:
                return Extract.from_json(saved)
        except (OSError, ValueError, TypeError, KeyError):
            return None
        raise failure

    def put(self, digest: str, found: Extract | Unreadable) -> bool:
        """Write beside and rename, so that nobody reads half an entry; False where the cache takes nothing."""
        if isinstance(found, Unreadable):
            value: dict[str, object] = {"unreadable": str(found), "passing": found.passing}
        else:
            value = found.as_json()
        return write_json(self._entry(digest), value)

    def _entry(self, digest: str) -> Path:
        return entry_of(self.folder, digest)


def entry_of(folder: Path, digest: str) -> Path:
    """The file with the text of one content."""
    return folder / f"{digest}.json"


def write_json(path: Path, value: object) -> bool:
    """Replace a file of the cache in one step; False, and one warning, where that cannot be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="surrogatepass") as file:
                json.dump(value, file, ensure_ascii=False)
            os.replace(temporary, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        _warn_once(str(path.parent), os_reason(error))
        return False
    return True


@functools.cache
def _warn_once(folder: str, reason: str) -> None:
    """Every call starts slower without a cache, but nothing is wrong with the documents."""
    logger.warning("text of documents cannot be kept in %s: %s", folder, reason)


class StoredPages(Sequence[Page]):
    """The pages of a document that have text, read from the cache with every look at them.

    Raises KnowledgeError where the cache has lost them and the file is not what it was.
    """

    def __init__(
        self, cache: ExtractCache, digest: str, count: int, again: Callable[[], Extract | None]
    ) -> None:
        """`again` parses the file once more; None where its content has changed."""
        self._cache = cache
        self._digest = digest
        self._count = count
        self._again = again

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Page: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Page]: ...
    def __getitem__(self, index: int | slice) -> Page | Sequence[Page]:
        return self._read()[index]

    def __iter__(self) -> Iterator[Page]:  # one read, not one for each page
        return iter(self._read())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StoredPages) and other._digest == self._digest

    def __hash__(self) -> int:
        return hash(self._digest)

    def _read(self) -> tuple[Page, ...]:
        extract = self._cache.get(self._digest) or self._again()
        if extract is None:
            raise KnowledgeError(
                f"Text is gone from the cache {self._cache.folder} while it was in use: start again."
            )
        return tuple(page for page in extract.pages if page.text)
