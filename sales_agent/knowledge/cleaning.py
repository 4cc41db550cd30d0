"""Text that is safe to speak, to search and to put into a prompt.

Documents carry characters that nobody sees: soft hyphens that split words for a search, zero-width
and tag characters that can hide instructions from the person who reviewed the file, control
characters that upset a terminal. They all go. Tables of every kind of file take one form, the
Markdown table, so that later steps need to know only one.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

_LINE_BREAK = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
_NOT_PLAIN = re.compile(r"[^\n -~]")
_BLANK_LINES = re.compile(r"\n{3,}")
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}  # control, format, surrogate, private use, unassigned


def clean(text: str) -> str:
    """Normalise spaces and line breaks, drop invisible characters, squeeze blank lines."""
    text = _LINE_BREAK.sub("\n", text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    kept = _NOT_PLAIN.sub(_visible, text)
    lines = (line.rstrip() for line in kept.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")


def _visible(match: re.Match[str]) -> str:
    character = match.group()
    category = unicodedata.category(character)
    if category == "Zs" or character == "\t":
        return " "
    return "" if category in _INVISIBLE else character


def in_plain_digits(text: str) -> str:
    """With numbers in circles, raised or of double width as those that they are heard as."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def escape_name(name: str) -> str:
    """A file's name on one line, its line breaks and invisible characters as escapes."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in name
    )


def markdown_table(rows: Iterable[Sequence[str]]) -> str:
    """Rows, the first of them the header, as a Markdown table; short rows are filled up."""
    cells = [[_cell(value) for value in row] for row in rows]
    width = max(map(len, cells), default=0)
    lines = [_line(row + [""] * (width - len(row))) for row in cells]
    return "\n".join([*lines[:1], _line(["---"] * width), *lines[1:]])


def _cell(value: str) -> str:
    return " ".join(value.replace("|", r"\|").split())


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
