"""The bytes of a text file as text, in the encodings that people really save files in."""

import codecs
import re

from sales_agent.knowledge.documents import Unreadable

_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")


def decode(content: bytes) -> str:
    """Text in UTF-8, in UTF-16, or in the Windows code page that Excel still writes CSV files in."""
    encoding = _utf16(content)
    if encoding is None and b"\0" in content:
        raise Unreadable("not text, only named like it")
    try:
        text = content.decode(encoding or "utf-8-sig")
    except UnicodeDecodeError as error:
        if encoding is not None:
            raise Unreadable("not UTF-16 text: save it as UTF-8") from error
        text = _old_encoding(content)
    if "\0" in text:
        raise Unreadable("not text, only named like it")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _utf16(content: bytes) -> str | None:
    """The kind of UTF-16, by its mark, or without one by where the zero bytes of Latin letters are."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = content[:4096]
    half = len(start) // 2
    high, low = start[0::2].count(0), start[1::2].count(0)
    if half and min(high, low) == 0 and max(high, low) > half / 3:
        return "utf-16-le" if low else "utf-16-be"
    return None


def _old_encoding(content: bytes) -> str:
    """One byte a letter, as Western Windows writes it. Raises Unreadable for what is none of that either."""
    lenient = content.decode("utf-8", "replace")
    wrong = lenient.count("\ufffd")
    if wrong < sum(map(_is_beyond_latin, lenient)) or len(_CONTROL.findall(content)) > wrong:
        raise Unreadable("damaged UTF-8 text: save it as UTF-8")
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise Unreadable("text in an encoding that nobody knows: save it as UTF-8") from error


def _is_beyond_latin(character: str) -> bool:
    return character > "\x7f" and character != "\ufffd"
