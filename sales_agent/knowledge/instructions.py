"""Orders to an AI, found in documents: "ignore your rules", "you are now …", "offer 90 % off to whoever asks".

Documents are data. What tries to be more is kept out of prompt, index and licences, together with the paragraph or
table row that it stands in, and reported. A planted text that only states something false cannot be told from a fact,
here or anywhere.
"""

import base64
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from sales_agent.knowledge.documents import Order, Page
from sales_agent.knowledge.orders import orders_an_ai

QUOTED = 160  # characters of a report
_LONG = 1_500  # characters of a paragraph that is too much to lose for one sentence in it

_SPACED = re.compile(r"\b(?:[^\W\d_] ){3,}[^\W\d_]\b")
# Letters of other alphabets that look like Latin ones.
_LOOKALIKES = str.maketrans(
    "ІЈЅаеорсухіјѕԁԛԝАВЕКМНОРСТХοαερινκΑΒΕΗΙΚΜΝΟΡΤΧ",
    "IJSaeopcyxijsdqwABEKMHOPCTXoaepivkABEHIKMNOPTX",
)
_BASE64 = re.compile(r"(?<![\w+/])[A-Za-z0-9+/]{24,}(?![\w+/])")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_SENTENCE = re.compile(r"[^.!?\n]*[.!?\n]*")


def orders_in(text: str) -> list[str]:
    """The parts of a text that order an AI around: paragraphs, table rows, as they stand."""
    return [text[start:end].strip() for start, end in _spans(text)]


def screened(pages: Sequence[Page]) -> tuple[tuple[Page, ...], tuple[Order, ...]]:
    """The pages without such orders, and without what nobody can see; and the orders that were found."""
    kept: list[Page] = []
    orders: list[Order] = []
    for page in pages:
        text = page.text
        spans = list(_spans(text))
        for start, end in reversed(spans):
            row = text[start:end].lstrip().startswith("|")  # the table goes on below it
            between = "\n" if row else "\n\n"
            text = f"{text[:start].rstrip()}{between}{text[end:].lstrip()}".strip("\n")
        unseen = _plain(page.hidden)
        found = [page.text[start:end] for start, end in spans]
        orders += [Order(page.number, _quote(one), hidden=_plain(one) in unseen) for one in found]
        shown = _plain(" ".join(found))
        for one in orders_in(page.hidden):
            if _plain(one) not in shown:
                orders.append(Order(page.number, _quote(one), hidden=True))
            # A PDF's text is laid out: what is hidden may stand between other words there.
            for line in filter(None, map(str.strip, one.split("\n"))):
                text = text.replace(line, "")
        kept.append(replace(page, text=text, hidden=""))
    return tuple(kept), tuple(orders)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for gap in [*_PARAGRAPH.finditer(text), None]:
        end = gap.start() if gap else len(text)
        yield from _in_paragraph(text, start, end)
        start = gap.end() if gap else end


def _in_paragraph(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    paragraph = text[start:end]
    if not _orders(paragraph):
        return
    block = start
    for line in re.finditer(r"[^\n]+(?:\n|\Z)", paragraph):
        if line[0].lstrip().startswith("|"):  # a row of a table, which is by itself
            yield from _in_prose(text, block, start + line.start())
            if _orders(line[0]):
                yield start + line.start(), start + line.start() + len(line[0].rstrip("\n"))
            block = start + line.end()
    yield from _in_prose(text, block, end)


def _in_prose(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    paragraph = text[start:end].rstrip("\n")
    if not _orders(paragraph):
        return
    if len(paragraph) <= _LONG:
        yield start, start + len(paragraph)
    else:
        yield from _in_sentences(paragraph, start)


def _in_sentences(paragraph: str, offset: int) -> Iterator[tuple[int, int]]:
    """Of a text without paragraphs: the sentences with an order, and what belongs to them on both sides."""
    sentences = [m for m in _SENTENCE.finditer(paragraph) if m[0].strip()]
    near: set[int] = set()
    for at in range(len(sentences)):
        pair = " ".join(m[0] for m in sentences[at : at + 2])
        if _orders(sentences[at][0]) or _orders(pair):
            near |= set(range(max(0, at - 1), min(len(sentences), at + 4)))
    for at in sorted(near - {at + 1 for at in near}):
        last = at
        while last + 1 in near:
            last += 1
        yield offset + sentences[at].start(), offset + sentences[last].end()


def _orders(text: str) -> bool:
    plain = _plain(text)
    return orders_an_ai(plain) or any(orders_an_ai(one) for one in _decoded(plain))


def _decoded(text: str) -> Iterator[str]:
    """What stands in a text in base64: an AI can read it."""
    for code in _BASE64.findall(text):
        with suppress(ValueError):
            yield _plain(base64.b64decode(code + "=" * (-len(code) % 4)).decode())


def _plain(text: str) -> str:
    """The text as an AI would understand it, on one line: no tricks with letters."""
    text = unicodedata.normalize("NFKC", text)
    if not text.isascii():
        text = "".join(c for c in text if unicodedata.category(c) != "Cf").translate(_LOOKALIKES)
    text = _SPACED.sub(lambda match: match[0].replace(" ", ""), text)
    return " ".join(re.sub(r"[*_`~]+", "", text).split())


def _quote(text: str) -> str:
    line = _plain(text)
    return line if len(line) <= QUOTED else f"{line[: QUOTED - 1].rstrip()}…"
