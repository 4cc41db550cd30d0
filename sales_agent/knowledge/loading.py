"""A folder of files as Knowledge.

Extracted text is cached by what a file contains, since a worker starts a process for each call and
that process must not spend seconds on converting documents: it only hashes and reads JSON.
"""

import functools
import hashlib
import json
import logging
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path, PurePath

from sales_agent.knowledge.cleaning import escape_name
from sales_agent.knowledge.documents import (
    Document,
    Knowledge,
    KnowledgeError,
    LeftOut,
    Order,
    Page,
)
from sales_agent.knowledge.formats import Unreadable, is_known_type, read_file, too_large
from sales_agent.knowledge.instructions import screened
from sales_agent.knowledge.tokens import estimate_tokens

# Raise the number when the same file would now give other text; the parsers' versions count too.
_EXTRACTOR = f"3 pypdf {version('pypdf')} markitdown {version('markitdown')}"
_NAMED_IN_ERROR = 5  # files; more make the one line of an error unreadable

logger = logging.getLogger(__name__)


def load_knowledge(
    folder: Path, cache: Path, on_file: Callable[[str], None] | None = None
) -> Knowledge:
    """Read every document below the folder, in sorted order.

    Sorted, so that the prompt, and with it the provider's cache, stays the same from call to call.
    Hidden files, Office lock files and __MACOSX are passed over; links to folders are not followed.
    Text is cached below `cache / "documents"`. `on_file` hears the name of each file before it is
    read. Raises KnowledgeError where nothing can be read; a single bad file is left out and named.
    """
    if not os.path.isdir(folder):  # unlike Path.is_dir it never raises
        what = "is not a folder" if os.path.exists(folder) else "does not exist"
        raise KnowledgeError(
            f"No documents: {_show(folder)} {what}. Create it and put your company's documents in."
        )
    documents: list[Document] = []
    left_out: list[LeftOut] = []
    orders: list[Order] = []
    for name, path in sorted(_walk(folder, left_out)):
        if on_file is not None:
            on_file(name)
        try:
            pages, found = _read(path, cache / "documents")
        except Unreadable as error:
            left_out.append(LeftOut(name, str(error)))
            continue
        except OSError as error:
            left_out.append(LeftOut(name, _os_reason(error)))
            continue
        orders += [replace(order, document=name) for order in found]
        with_text = tuple(page for page in pages if page.text)
        if not with_text:
            left_out.append(LeftOut(name, "nothing in it but orders to an AI"))
            continue
        if len(with_text) < len(pages):
            empty = ", ".join(str(page.number) for page in pages if not page.text)
            left_out.append(LeftOut(f"{name}, page {empty}", "no text on it, perhaps a picture"))
        tokens = sum(estimate_tokens(page.text) for page in with_text)
        documents.append(Document(name, with_text, tokens))
    if not documents:
        raise KnowledgeError(_nothing_left(folder, left_out))
    left_out.sort(key=lambda item: item.name)
    return Knowledge(folder, tuple(documents), tuple(left_out), tuple(orders))


def _walk(folder: Path, left_out: list[LeftOut]) -> Iterator[tuple[str, Path]]:
    """Every file below the folder under its relative name; what cannot be entered is left out."""

    def name_of(path: str) -> str:
        return escape_name(PurePath(path).relative_to(folder).as_posix())

    def cannot_enter(error: OSError) -> None:
        left_out.append(LeftOut(name_of(error.filename) + "/", _os_reason(error)))

    for parent, folders, files in os.walk(folder, onerror=cannot_enter):
        for entry in folders:
            path = os.path.join(parent, entry)
            if not _is_passed_over(entry) and os.path.islink(path):
                left_out.append(LeftOut(name_of(path) + "/", "a link to a folder: not followed"))
        folders[:] = [entry for entry in folders if not _is_passed_over(entry)]
        for entry in files:
            if not _is_passed_over(entry):
                path = os.path.join(parent, entry)
                yield name_of(path), Path(path)


def _is_passed_over(entry: str) -> bool:
    return entry.startswith((".", "~$")) or entry == "__MACOSX"


def _read(path: Path, cache: Path) -> tuple[tuple[Page, ...], tuple[Order, ...]]:
    if not is_known_type(path.name):
        return read_file(path.name, b""), ()  # says why; the content, however large, is not needed
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable("not an ordinary file")  # opening a pipe would wait for ever
    reason = too_large(status.st_size)
    if reason is not None:
        raise Unreadable(reason)
    content = path.read_bytes()
    key = f"{_EXTRACTOR}\0{path.suffix.lower()}\0".encode()
    entry = cache / f"{hashlib.sha256(key + content).hexdigest()}.json"
    cached = _cached(entry)
    if cached is None:
        try:
            cached = pages, orders = screened(read_file(path.name, content))
        except Unreadable as error:
            _save(entry, {"unreadable": str(error)})
            raise
        _save(
            entry,
            {
                "pages": [[page.number, page.text] for page in pages],
                "orders": [[order.page, order.quote, order.hidden] for order in orders],
            },
        )
    return cached


def _cached(entry: Path) -> tuple[tuple[Page, ...], tuple[Order, ...]] | None:
    """What an earlier run read or failed to read; None when there is no sound entry."""
    try:
        saved = json.loads(entry.read_text("utf-8"))
        if "unreadable" in saved:
            reason = str(saved["unreadable"])
        else:
            pages = tuple(
                Page(None if number is None else int(number), str(text))
                for number, text in saved["pages"]
            )
            return pages, tuple(Order(*order) for order in saved.get("orders", ()))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    raise Unreadable(reason)


def _save(entry: Path, value: object) -> None:
    """Write beside and rename, so that another process never reads half an entry."""
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=entry.parent, suffix=".tmp")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(value, file, ensure_ascii=False)
            os.replace(temporary, entry)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        _warn_once(str(entry.parent), _os_reason(error))


@functools.cache
def _warn_once(folder: str, reason: str) -> None:
    """Every call starts slower without a cache, but nothing is wrong with the documents."""
    logger.warning("cannot cache extracted text", extra={"folder": folder, "reason": reason})


def _os_reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "it is gone, or a link to something that is gone"
    if isinstance(error, PermissionError):
        return "no permission to read it"
    return (error.strerror or type(error).__name__).lower()


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
