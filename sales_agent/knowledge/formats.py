"""The bytes of a file as pages of text, whatever known type it has.

PDF is read by pypdf; Office and HTML files by markitdown's converters, used one by one: its front
door would guess types with a model of its own and offer to fetch addresses. Both are imported only
when a file needs them, because markitdown takes two seconds and 100 MB.

Files come from people and from the internet, so sizes are checked before anything is unpacked. Limited here
is what can be counted; time and memory of a well-formed but hostile file are limited by parsing.py.
"""

import csv
import io
import json
import logging
import re
import time
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import PurePath
from typing import Any

from sales_agent.knowledge.cleaning import clean, markdown_table
from sales_agent.knowledge.decoding import decode
from sales_agent.knowledge.documents import Extract, Page, Unreadable
from sales_agent.knowledge.instructions import screened
from sales_agent.knowledge.markup import shown_html, tag_letters, without_comments, without_frame

MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_UNPACKED_BYTES = 200 * 1024 * 1024  # of an Office file, which is a zip archive
MAX_CELLS = 1_000_000  # of a sheet, empty ones too
MAX_TEXT = (
    20_000_000  # characters that a file may give: a spreadsheet's few bytes can give any number
)
PDF_SECONDS = (
    25.0  # then the rest of a PDF's pages are left out: at 20 ms a page some 1,200 are read
)

WEB_PAGE = ".webpage"  # a page of a web site: HTML with menus, banners and footers around the text

_OFFICE = {  # the part that makes it one, what to call it, markitdown's converter
    ".docx": ("word/document.xml", "a Word document", "DocxConverter"),
    ".pptx": ("ppt/presentation.xml", "a PowerPoint presentation", "PptxConverter"),
    ".xlsx": ("xl/workbook.xml", "an Excel workbook", "XlsxConverter"),
}
_SAVE_AS = {
    ".doc": ".docx", ".odt": ".docx", ".rtf": ".docx", ".pages": ".pdf",
    ".ppt": ".pptx", ".odp": ".pptx", ".key": ".pdf",
    ".xls": ".xlsx", ".ods": ".xlsx", ".tsv": ".csv", ".xml": ".json",
}  # fmt: skip
_ENCRYPTED_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # also the old binary formats
_CELL = re.compile(rb'\sr="([A-Z]{0,3})(\d{1,20})"')  # or a row without letters
_DELIMITERS = ",;\t|"
_NOISY_LOGGERS = ("bs4", "htmldate", "markitdown", "openpyxl", "pptx", "pypdf", "trafilatura")


def read_file(name: str, content: bytes) -> Extract:
    """What a file says, its type told by its name.

    Raises Unreadable for a file that is broken, locked, of an unknown type or without any text.
    """
    suffix = PurePath(name).suffix.lower()
    reader = _READERS.get(suffix)
    if reader is None:
        raise Unreadable(unknown_type(name))
    if not content.strip():
        raise Unreadable("it is empty")
    with _quiet():
        extract = reader(content, suffix)
    if not any(page.text for page in extract.pages):
        if suffix == ".pdf":
            raise Unreadable("no text in it, only pictures: run text recognition (OCR) on it first")
        raise Unreadable("no text in it")
    if (length := sum(len(page.text) for page in extract.pages)) > MAX_TEXT:
        raise Unreadable(f"{length:,} characters of text, more than {MAX_TEXT:,}: split it")
    pages, orders = screened(extract.pages)
    if orders and not any(page.text for page in pages):
        raise Unreadable(f"nothing in it but an order to an AI: “{orders[0].quote}”")
    return replace(extract, pages=pages, orders=orders)


def unknown_type(name: str) -> str:
    """Why a file of this name can never be read; empty where it can."""
    suffix = PurePath(name).suffix.lower()
    if suffix in _READERS:
        return ""
    if suffix in _SAVE_AS:
        return f"{suffix} files cannot be read: save it as {_SAVE_AS[suffix]}"
    what = f"{suffix} files" if suffix else "files without an ending"
    return f"{what} cannot be read, only {' '.join(sorted(_READERS.keys() - {WEB_PAGE}))}"


def _read_pdf(content: bytes, suffix: str) -> Extract:
    import pypdf

    from sales_agent.knowledge.pdf import read_page
    from sales_agent.knowledge.pdf_hidden import hidden_pdf_text

    if b"%PDF-" not in content[:1024]:
        raise Unreadable("not a PDF file, only named like one")
    if b"%%EOF" not in content[-4096:]:
        raise Unreadable("cut off before its end: copy it again")
    with _broken("PDF"):
        reader = pypdf.PdfReader(io.BytesIO(content))
        # An empty password opens the many PDFs that only forbid printing or changing.
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("it needs a password: save it without one")
        total = len(reader.pages)
        if not total:
            raise Unreadable("it has no pages")
        pages: list[Page] = []
        ends = time.process_time() + PDF_SECONDS
        for number, page in enumerate(reader.pages, start=1):
            if pages and time.process_time() > ends:
                return Extract(tuple(pages), _cut_off(number, total))
            pages.append(Page(number, read_page(page), hidden_pdf_text(page)))
        return Extract(tuple(pages))


def _cut_off(first: int, total: int) -> str:
    return (
        f"pages {first} to {total} are not read, as the whole takes over {PDF_SECONDS:.0f} s: "
        "split the file"
    )


def _read_text(content: bytes, suffix: str) -> Extract:
    if suffix == ".md":
        return _one_page(*without_comments(decode(content)))
    return _one_page(decode(content))


def _read_csv(content: bytes, suffix: str) -> Extract:
    text = decode(content).strip("\n")
    first_line = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first_line.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise Unreadable(f"not a CSV table ({_brief(error)})") from error
    return _one_page(markdown_table([row for row in rows if any(map(str.strip, row))]))


def _read_json(content: bytes, suffix: str) -> Extract:
    try:
        value = json.loads(decode(content))
    except json.JSONDecodeError as error:
        raise Unreadable(f"not valid JSON in line {error.lineno}: {error.msg}") from error
    except (RecursionError, ValueError) as error:  # nested too deep, a number of 5,000 digits
        raise Unreadable(f"not usable JSON ({_brief(error)})") from error
    return _one_page(json.dumps(value, indent=1, ensure_ascii=False))


def _read_html(content: bytes, suffix: str) -> Extract:
    # Decoded here, so that a wrong encoding is refused as it is for every other text.
    html, hidden = shown_html(decode(content))
    (page,) = _convert(without_frame(html).encode(), suffix, "HtmlConverter").pages
    return Extract((replace(page, hidden=f"{hidden}\n\n{page.hidden}".strip()),))


def _read_web_page(content: bytes, suffix: str) -> Extract:
    trafilatura: Any = import_module("trafilatura")
    with _broken("page"):
        text = trafilatura.extract(
            content, output_format="markdown", include_tables=True, include_comments=False,
            include_links=False, favor_recall=True,
        )  # fmt: skip
        title = getattr(trafilatura.extract_metadata(content), "title", None)
    if not text:
        raise Unreadable("no text in it: perhaps scripts build it in the browser")
    return _one_page(f"# {title}\n\n{text}" if title and title not in text[:200] else text)


def _read_office(content: bytes, suffix: str) -> Extract:
    part, kind, converter = _OFFICE[suffix]
    _check_office_archive(content, suffix, part, kind)
    if suffix == ".xlsx":
        _check_sheets(content)
    return _convert(content, suffix, converter)


def _check_office_archive(content: bytes, suffix: str, part: str, kind: str) -> None:
    if content.startswith(_ENCRYPTED_OFFICE):
        raise Unreadable(f"it needs a password or is an old format: save it as plain {suffix}")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError) as error:
        raise Unreadable(f"not {kind}, or cut off: copy it again") from error
    # zipfile never unpacks more of an entry than its directory says, so this sum can be trusted.
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED_BYTES:
        raise Unreadable(
            f"it unpacks to {_megabytes(unpacked)}, more than {_megabytes(MAX_UNPACKED_BYTES)}"
        )
    if part not in {entry.filename for entry in entries}:
        raise Unreadable(f"not {kind}, only named like one")


def _check_sheets(content: bytes) -> None:
    """A cell far outside makes a table of everything before it, however few bytes that takes."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            if not entry.filename.startswith("xl/worksheets/"):
                continue
            try:
                found = _CELL.findall(archive.read(entry))
            except MemoryError:
                raise
            except Exception:  # noqa: S112  # a broken part: the converter says what is wrong
                continue
            rows = max((int(row) for _, row in found), default=0)
            columns = max((_column(letters) for letters, _ in found), default=0) or 1
            if rows * columns > MAX_CELLS:
                raise Unreadable(
                    f"a sheet of {rows:,} rows and {columns:,} columns: delete what is far outside"
                )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _convert(content: bytes, suffix: str, converter: str) -> Extract:
    markitdown: Any = import_module("markitdown")
    converters: Any = import_module("markitdown.converters")
    info = markitdown.StreamInfo(extension=suffix, charset="utf-8")
    with _broken("file"):
        result = getattr(converters, converter)().convert(io.BytesIO(content), info)
    return _one_page(_tidy_markdown(result.markdown))


def _tidy_markdown(markdown: str) -> str:
    """Take out what a converter puts in: comments, pictures, names it made up for empty cells."""
    markdown = re.sub(r"<!--.*?-->", "", markdown, flags=re.DOTALL)
    markdown = re.sub(r"!\[[^\]\n]*\]\([^)\n]*\)", "", markdown)
    markdown = re.sub(r"(?<=\| )(?:NaN|NaT|Unnamed: \d+)(?= \|)", "", markdown)
    markdown = re.sub(r"(?<=\| )(-?\d+)\.0(?= \|)", r"\1", markdown)
    # Word marks few first rows as headers; markitdown then sets an empty header above them.
    return re.sub(r"^\|[| ]+\|\n(\|[ :|-]+\|\n)(\|.*\|\n?)", r"\2\1", markdown, flags=re.MULTILINE)


def _one_page(text: str, hidden: str = "") -> Extract:
    return Extract((Page(None, clean(text), f"{hidden}\n\n{tag_letters(text)}".strip()),))


@contextmanager
def _broken(what: str) -> Iterator[None]:
    """For parsers, which let errors of every kind through for a broken file; too little memory is another matter."""
    try:
        yield
    except (Unreadable, MemoryError):
        raise
    except Exception as error:
        raise Unreadable(f"broken {what} ({_brief(error)})") from error


def _brief(error: Exception) -> str:
    """The kind of an error and the start of its words, on one line."""
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words}"[:120] if words else type(error).__name__


def _megabytes(size: int) -> str:
    return f"{size / (1024 * 1024):,.0f} MB"


def too_large(size: int) -> str:
    """Why a file of this many bytes is not read; empty where it is."""
    if size <= MAX_FILE_BYTES:
        return ""
    return f"too large: {_megabytes(size)}, more than {_megabytes(MAX_FILE_BYTES)}"


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the parsers' remarks about a file off the screen: what matters becomes a reason."""
    loggers = [logging.getLogger(name) for name in _NOISY_LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


_READERS: dict[str, Callable[[bytes, str], Extract]] = {
    ".csv": _read_csv,
    ".docx": _read_office,
    ".htm": _read_html,
    ".html": _read_html,
    ".json": _read_json,
    ".md": _read_text,
    ".pdf": _read_pdf,
    ".pptx": _read_office,
    ".txt": _read_text,
    ".xlsx": _read_office,
    WEB_PAGE: _read_web_page,
}
