"""A folder of files as Knowledge.

Only what changed is opened, and only content that was never seen is parsed; the rest of it is a look at sizes
and times. So each call can ask for the documents as they are now.
"""

import os
import stat
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from sales_agent.knowledge.cleaning import escape_name
from sales_agent.knowledge.documents import (
    Document,
    Extract,
    Knowledge,
    KnowledgeError,
    LeftOut,
    Order,
    Page,
    Unreadable,
)
from sales_agent.knowledge.extracted import ExtractCache, StoredPages, digest_of, os_reason
from sales_agent.knowledge.formats import MAX_FILE_BYTES, too_large, unknown_type
from sales_agent.knowledge.known_files import KnownFile, KnownFiles, Summary, signature_of
from sales_agent.knowledge.pages import URLS, PageStore, read_urls
from sales_agent.knowledge.parsing import Parsers, Stopped

_NAMED_IN_ERROR = 5  # files; more make the one line of an error unreadable
# Parsers at once, each of some 150 MB. They take seconds to start, so few files are read by one alone.
_PARSERS = min(4, os.cpu_count() or 1)
_FILES_EACH = 20
_SETTLE = 0.1  # seconds until a file that changed under our eyes is looked at again, and how often
_SETTLE_TRIES = 5

OnProgress = Callable[[int, int, str], None]
"""Hears of each file that had to be opened: how many are done, of how many, and its name."""


@dataclass(frozen=True)
class _File:
    name: str
    path: Path
    kind: str
    """The name that tells its type."""


def load_knowledge(
    folder: Path,
    cache: Path,
    on_progress: OnProgress | None = None,
    *,
    patience: float | None = None,
) -> Knowledge:
    """Read every document below the folder, in sorted order.

    Sorted, so that the prompt, and with it the provider's cache, stays the same from call to call.
    Web pages that `urls.txt` lists are documents too, as they were last fetched. Hidden files, Office lock files
    and __MACOSX are passed over; links to folders are not followed. Text is cached below `cache / "documents"`.
    A single bad file is named in `left_out`, and its last good version stays. So it is with what is not parsed
    after `patience`, in seconds. Raises KnowledgeError where nothing can be read.
    """
    if not os.path.isdir(folder):  # unlike Path.is_dir it never raises
        what = "is not a folder" if os.path.exists(folder) else "does not exist"
        raise KnowledgeError(
            f"No documents: {_show(folder)} {what}. Create it and put your company's documents in."
        )
    left_out: list[LeftOut] = []
    files = [*_walk(folder, left_out), *_pages(folder, cache, left_out)]
    files.sort(key=lambda file: file.name)
    reading = _Reading(ExtractCache(cache / "documents"), KnownFiles(cache / "documents", folder))
    found = reading.look_at(files, on_progress, patience)
    documents: list[Document] = []
    orders: list[Order] = []
    for file in files:
        known = found[file.name]
        if known.reason:
            note = " (its last good version is used)" if known.good else ""
            left_out.append(LeftOut(file.name, known.reason + note))
        if summary := known.summary or known.good:
            documents.append(reading.document(file, summary))
            left_out += _gaps(file.name, summary)
            orders += [replace(order, document=file.name) for order in summary.orders]
    if not documents:
        raise KnowledgeError(_nothing_left(folder, left_out))
    left_out.sort(key=lambda item: item.name)
    return Knowledge(folder, tuple(documents), tuple(left_out), tuple(orders))


def _walk(folder: Path, left_out: list[LeftOut]) -> Iterator[_File]:
    """Every file below the folder under its relative name; what cannot be entered is left out."""

    def name_of(path: str) -> str:
        return escape_name(PurePath(path).relative_to(folder).as_posix())

    def cannot_enter(error: OSError) -> None:
        left_out.append(LeftOut(name_of(error.filename) + "/", os_reason(error)))

    for parent, folders, files in os.walk(folder, onerror=cannot_enter):
        for entry in folders:
            path = os.path.join(parent, entry)
            if not _is_passed_over(entry) and os.path.islink(path):
                left_out.append(LeftOut(name_of(path) + "/", "a link to a folder: not followed"))
        folders[:] = [entry for entry in folders if not _is_passed_over(entry)]
        for entry in files:
            path = os.path.join(parent, entry)
            if not _is_passed_over(entry) and Path(path) != folder / URLS:
                yield _File(name_of(path), Path(path), entry)


def _pages(folder: Path, cache: Path, left_out: list[LeftOut]) -> Iterator[_File]:
    """The last good version of each web page that is listed."""
    listed = read_urls(folder)
    left_out += listed.wrong
    store = PageStore(cache, folder)
    for url in listed.urls:
        state = store.state(url)
        if state is None:
            left_out.append(LeftOut(url, "not fetched yet: `agent.py dev` and `start` fetch it"))
            continue
        if state.failed:
            note = " (its last good version is used)" if state.suffix else ""
            left_out.append(LeftOut(url, state.failed + note))
        if state.suffix:
            yield _File(url, store.content(state), f"page{state.suffix}")


def _is_passed_over(entry: str) -> bool:
    return entry.startswith((".", "~$")) or entry == "__MACOSX"


class _Reading:
    """One look at all files."""

    def __init__(self, cache: ExtractCache, known: KnownFiles) -> None:
        self._cache = cache
        self._known = known
        self._unsaved: dict[str, Extract] = {}  # by digest, where the cache takes nothing

    def look_at(
        self, files: list[_File], on_progress: OnProgress | None, patience: float | None
    ) -> dict[str, KnownFile]:
        """What is known of each file by its name, with only the new ones opened."""
        found: dict[str, KnownFile] = {}
        to_open: list[_File] = []
        for file in files:
            if (seen := self._without_opening(file)) is None:
                to_open.append(file)
            else:
                found[file.name] = seen
        now = time.time_ns()
        for file, seen in self._open_all(to_open, on_progress, patience):
            found[file.name] = seen
        kept = {
            name: seen.unless_racy(now)
            for name in sorted(found)
            if (seen := self._with_good(name, found[name]))
        }
        self._known.replace(kept)
        return kept

    def document(self, file: _File, summary: Summary) -> Document:
        extract = self._unsaved.get(summary.digest)
        pages: tuple[Page, ...] | StoredPages
        if extract is not None:
            pages = tuple(page for page in extract.pages if page.text)
        else:
            pages = StoredPages(
                self._cache, summary.digest, summary.pages, _Again(file, summary.digest)
            )
        return Document(file.name, pages, summary.tokens, summary.digest)

    def _with_good(self, name: str, seen: KnownFile) -> KnownFile:
        before = self._known.get(name)
        if seen.summary or before is None or seen.reason == os_reason(FileNotFoundError()):
            return replace(seen, good=None)
        good = before.summary or before.good
        return replace(seen, good=good if good and good.digest in self._cache else None)

    def _without_opening(self, file: _File) -> KnownFile | None:
        """What is known of a file that did not change, or that will never be read; None where it has to be opened."""
        if reason := unknown_type(file.kind):
            return KnownFile((), None, reason)
        try:
            status = file.path.stat()
        except OSError as error:
            return KnownFile((), None, os_reason(error))
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
            return KnownFile((), None, "not an ordinary file")
        if reason := too_large(status.st_size):
            return KnownFile((), None, reason)
        known = self._known.get(file.name)
        if known is None or known.signature != signature_of(status):
            return None
        if known.summary is not None and known.summary.digest not in self._cache:
            return None
        return known

    def _open_all(
        self, files: list[_File], on_progress: OnProgress | None, patience: float | None
    ) -> Iterator[tuple[_File, KnownFile]]:
        if not files:
            return
        workers = max(1, min(_PARSERS, len(files) // _FILES_EACH))
        few = len(files) < _FILES_EACH
        with Parsers(small_here=few) as parsers, ThreadPoolExecutor(workers, "reading") as pool:
            opening: dict[Future[KnownFile], _File] = {
                pool.submit(self._open, file, parsers): file for file in files
            }
            try:
                with suppress(TimeoutError):
                    for done, future in enumerate(as_completed(opening, patience), start=1):
                        file = opening.pop(future)
                        if on_progress is not None:
                            on_progress(done, len(files), file.name)
                        yield file, future.result()
            finally:  # time is over, or Ctrl-C
                parsers.close()
                pool.shutdown(wait=True, cancel_futures=True)
            for future, file in opening.items():
                yield (
                    file,
                    KnownFile((), None, "not read yet") if future.cancelled() else future.result(),
                )

    def _open(self, file: _File, parsers: Parsers) -> KnownFile:
        try:
            content, signature = _content(file.path)
        except Unreadable as error:
            return KnownFile((), None, str(error))
        except OSError as error:
            return KnownFile((), None, os_reason(error))
        digest = digest_of(PurePath(file.kind).suffix, content)
        try:
            extract = self._cache.get(digest)
            if extract is None:
                extract = self._parse(file, content, digest, parsers)
        except Unreadable as error:
            return KnownFile(() if error.passing else signature, None, str(error))
        except Stopped:
            return KnownFile((), None, "not read yet")
        return KnownFile(signature, Summary.of(digest, extract))

    def _parse(self, file: _File, content: bytes, digest: str, parsers: Parsers) -> Extract:
        try:
            extract = parsers.parse(file.kind, content)
        except Unreadable as error:
            self._cache.put(digest, error)
            raise
        if not self._cache.put(digest, extract):
            self._unsaved[digest] = extract
        return extract


def _content(path: Path) -> tuple[bytes, tuple[int, ...]]:
    """A file and its signature. Raises Unreadable for one that changes all the time."""
    for _ in range(_SETTLE_TRIES):
        with path.open("rb") as file:
            before = signature_of(os.fstat(file.fileno()))
            content = file.read(MAX_FILE_BYTES + 1)
            after = signature_of(os.fstat(file.fileno()))
        if before == after and len(content) == after[0]:
            return content, after
        time.sleep(_SETTLE)
    raise Unreadable("it changes while it is read: is it still being copied?")


@dataclass(frozen=True)
class _Again:
    """Parses a file once more, when its text is gone from the cache."""

    file: _File
    digest: str

    def __call__(self) -> Extract | None:
        with suppress(Unreadable, OSError), Parsers() as parsers:
            content, _ = _content(self.file.path)
            if digest_of(PurePath(self.file.kind).suffix, content) == self.digest:
                return parsers.parse(self.file.kind, content)
        return None


def _gaps(name: str, summary: Summary) -> Iterator[LeftOut]:
    if summary.empty:
        empty = ", ".join(map(str, summary.empty))
        yield LeftOut(f"{name}, page {empty}", "no text on it, perhaps a picture")
    if summary.unread:
        yield LeftOut(name, summary.unread)


def _nothing_left(folder: Path, left_out: list[LeftOut]) -> str:
    start = f"No documents in {_show(folder)} can be read"
    if not left_out:
        return f"{start}: it is empty. Put your company's documents in."
    reasons = [f"{item.name} ({item.reason})" for item in left_out[:_NAMED_IN_ERROR]]
    if len(left_out) > _NAMED_IN_ERROR:
        reasons.append(f"and {len(left_out) - _NAMED_IN_ERROR} more")
    return f"{start}: {'; '.join(reasons)}."


def _show(folder: Path) -> str:
    return escape_name(str(folder))
