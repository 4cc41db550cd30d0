"""What a PDF says and no reader of it sees: white text, tiny print, text in no color at all.

A heading that is white on a dark ground is among it. So it is only looked at for orders to an AI.
"""

import re
from typing import Any

import pypdf
from pypdf.errors import PyPdfError

SMALL = 3.0  # points: print that needs a magnifying glass
WHITE = 0.97  # of 1, of each color

# Only pages with one of these are looked at more closely: white, invisible (mode 3), or a small font.
_MAY_HIDE = re.compile(
    rb"\b(?:1|1\.0*|0?\.9[7-9]\d*)\s+(?:g|sc|scn)\b|(?:\b(?:1|1\.0*|0?\.9[7-9]\d*)\s+){3}(?:rg|scn?)\b"
    rb"|(?:\b0(?:\.0*)?\s+){4}(?:k|scn?)\b|\b3\s+Tr\b|\s(?:0?\.\d+|[12](?:\.\d+)?)\s+Tf\b"
)
_SHOWS = (b"Tj", b"TJ", b"'", b'"')


def hidden_pdf_text(page: pypdf.PageObject) -> str:
    """What a page says in that way; empty for most pages, which are not looked at closely."""
    try:
        contents = page.get_contents()
        if contents is None or not _MAY_HIDE.search(contents.get_data()):
            return ""
        seen = _Seen()
        page.extract_text(visitor_operand_before=seen.operand, visitor_text=seen.text)
    except (PyPdfError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return ""  # reading the page says what is wrong with it
    return "".join(seen.hidden)


class _Seen:
    """Follows the colors of a page while it is read."""

    def __init__(self) -> None:
        self.hidden: list[str] = []
        self._white = False
        self._mode = 0
        self._shown_hidden = False
        self._stack: list[tuple[bool, int]] = []

    def operand(self, operator: bytes, arguments: Any, *_: Any) -> None:
        if operator in (b"g", b"rg", b"sc", b"scn") and _numbers(arguments):
            self._white = all(float(value) >= WHITE for value in arguments)
        elif operator == b"k" and _numbers(arguments):
            self._white = all(float(value) <= 1 - WHITE for value in arguments)
        elif operator == b"Tr" and _numbers(arguments):
            self._mode = int(arguments[0])
        elif operator == b"q":
            self._stack.append((self._white, self._mode))
        elif operator == b"Q" and self._stack:
            self._white, self._mode = self._stack.pop()
        elif operator in _SHOWS:
            self._shown_hidden = self._white or self._mode == 3

    def text(self, text: str, cm: Any, tm: Any, font: Any, size: Any) -> None:
        scale = max(abs(tm[0]), abs(tm[1]), abs(tm[3])) * max(abs(cm[0]), abs(cm[1]), abs(cm[3]))
        tiny = bool(size) and 0 < float(size) * scale < SMALL
        if (text.strip() and (self._shown_hidden or tiny)) or (self.hidden and text.isspace()):
            self.hidden.append(text)


def _numbers(arguments: Any) -> bool:
    return bool(arguments) and all(isinstance(value, (int, float)) for value in arguments)
