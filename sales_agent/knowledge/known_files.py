"""What is known of each file from the last look at it, so that an unchanged one is not opened again.

One JSON file for each folder of documents, in the cache. Two processes that write it at once lose what one of
them learnt, which costs a look at those files and nothing else.
"""

import hashlib
import json
import os
import re
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sales_agent.knowledge.documents import Extract, Order
from sales_agent.knowledge.extracted import digest_of, entry_of, write_json
from sales_agent.knowledge.tokens import estimate_tokens

# Nanoseconds. A file that was written this short a time before it was looked at may be written again without its
# times showing it: clocks of file systems tick in up to two seconds.
RACY = 2_000_000_000
UNUSED = 30 * 86_400  # seconds for which text that no file has any more is kept
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")


@dataclass(frozen=True)
class Summary:
    """A parsed file without its text."""

    digest: str
    pages: int
    """That have text."""
    empty: tuple[int, ...]
    """Numbers of those without."""
    tokens: int
    unread: str
    orders: tuple[Order, ...] = ()

    @classmethod
    def of(cls, digest: str, extract: Extract) -> "Summary":
        full = [page for page in extract.pages if page.text]
        empty = tuple(page.number or 1 for page in extract.pages if not page.text)
        tokens = sum(estimate_tokens(page.text) for page in full)
        return cls(digest, len(full), empty, tokens, extract.unread, extract.orders)


@dataclass(frozen=True)
class KnownFile:
    """The latest look at one file."""

    signature: tuple[int, ...]
    """Size, times and place on the disk; empty where it has to be opened again in any case."""
    summary: Summary | None
    """None where it cannot be read."""
    reason: str = ""
    """Why it cannot."""
    good: Summary | None = None
    """The version before, where this one cannot be read."""

    def unless_racy(self, now: int) -> "KnownFile":
        """Itself as of `now`, in nanoseconds, which forgets times that may not tell the next change."""
        if self.signature and now - max(self.signature[1:3]) < RACY:
            return replace(self, signature=())
        return self


def signature_of(status: os.stat_result) -> tuple[int, ...]:
    """What changes with the content of a file, short of a look into it."""
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


class KnownFiles:
    """The files of one folder by name, as they were found last."""

    def __init__(self, cache: Path, folder: Path) -> None:
        """Read what is known; nothing where that is damaged, or another version of the reader wrote it."""
        name = hashlib.sha256(os.fsencode(os.path.abspath(folder))).hexdigest()[:16]
        self._path = cache / f"known-{name}.json"
        self._shape = digest_of("", b"")
        self._files: dict[str, KnownFile] = {}
        try:
            saved = json.loads(self._path.read_text("utf-8", errors="surrogatepass"))
            if saved["shape"] == self._shape:
                self._files = {name: _known_file(value) for name, value in saved["files"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            pass

    def get(self, name: str) -> KnownFile | None:
        return self._files.get(name)

    def replace(self, files: dict[str, KnownFile]) -> None:
        """Keep these and forget the others."""
        if files != self._files:
            gone = _digests(self._files) - _digests(files)
            self._files = files
            saved = {name: asdict(file) for name, file in files.items()}
            if write_json(self._path, {"shape": self._shape, "files": saved}):
                self._prune(gone)

    def _prune(self, gone: set[str]) -> None:
        """Remove text that no folder's files have had for long; that of calls which still go on is not so old."""
        folder = self._path.parent
        for digest in gone:
            with suppress(OSError):
                os.utime(entry_of(folder, digest))  # it is out of use from now on
        oldest = time.time() - UNUSED
        with suppress(OSError):
            old = {file for file in folder.glob("*.json") if file.stat().st_mtime < oldest}
            if not old:
                return
            for known in folder.glob("known-*.json"):
                used = _DIGEST.findall(known.read_text("utf-8", errors="surrogatepass"))
                old -= {known, *(entry_of(folder, digest) for digest in used)}
            for file in old:
                file.unlink(missing_ok=True)


def _digests(files: dict[str, KnownFile]) -> set[str]:
    return {of.digest for file in files.values() for of in (file.summary, file.good) if of}


def _known_file(value: dict[str, object]) -> KnownFile:
    signature, summary, reason, good = (
        value[k] for k in ("signature", "summary", "reason", "good")
    )
    assert isinstance(signature, list)
    return KnownFile(tuple(signature), _summary(summary), str(reason), _summary(good))


def _summary(value: object) -> Summary | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise TypeError
    orders = tuple(Order(**order) for order in value["orders"])
    return Summary(**{**value, "empty": tuple(value["empty"]), "orders": orders})
