"""What is known of each file from the last look at it, so that an unchanged one is not opened again.

One JSON file for each folder of documents, in the cache. Two processes that write it at once lose what one of
them learnt, which costs a look at those files and nothing else.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sales_agent.knowledge.documents import Extract, Order
from sales_agent.knowledge.extracted import digest_of, write_json
from sales_agent.knowledge.tokens import estimate_tokens

# Nanoseconds. A file that was written this short a time before it was looked at may be written again without its
# times showing it: clocks of file systems tick in up to two seconds.
RACY = 2_000_000_000


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
            self._files = files
            saved = {name: asdict(file) for name, file in files.items()}
            write_json(self._path, {"shape": self._shape, "files": saved})


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
