"""Documents cut into passages to find, and passages into statements to say.

A passage is what a search gives: 200 to 500 characters under one heading of one page. A statement is
what an answer is made of: one sentence, or one cell of a table with the names of its row and column,
worded so that it can be spoken on its own. Both hold only the document's own words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sales_agent.knowledge.documents import Document, Knowledge
from sales_agent.knowledge.rows import rows_of
from sales_agent.knowledge.sheets import CELL_BORDER, Table, tables_of

MAX_PASSAGE = (
    500  # characters: about a minute of reading is too much, half of it is found more surely
)

_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*$")
# How pages of questions and answers mark a question: in bold on a line of its own, or with a letter.
_ASKED = re.compile(
    r"(?P<bold>\*\*|__)(?P<line>[^*_|]+?[?!.:]?)(?P=bold):?\s*$|(?:Q|Question)\s*:\s*(?P<q>.+)"
)
_ASKED_IN_LINE = re.compile(r"(?P<bold>\*\*|__)(?P<q>[^*_|]+\?)(?P=bold)\s+(?P<answer>\S.*)")
_ANSWERED = re.compile(r"^(?:A|Answer)\s*:\s+(?=\S)")
_ITEM = re.compile(r"\s*(?:[-*+•▪◦–]|\d{1,3}[.)])\s+(.*)")
_RULE = re.compile(r"(?=.*---)[\s:|-]+$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_EMPHASIS = re.compile(r"(\*\*|__|`|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w))")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”’')]*\s+(?=[\"“‘'(]?[A-Z0-9])")
_ABBREVIATION = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|St|No|Nr|Art|Inc|Ltd|Co|vs|approx|ca|[Mm]in|[Mm]ax|[Ii]ncl|[Ee]xcl|[Tt]el|[Ee]xt|e\.g|i\.e|U\.S|[A-Z])\.$"
)
_LEANS = re.compile(r"(?:it|its|they|their|this|these|those|that|he|she|both)\b", re.IGNORECASE)
# "A cross bar keeps it steady." under "Ridge desk: for most people"; "it" after a comma is often there already.
_LEANS_INSIDE = re.compile(r"^[^,]*\b(?:it|its)\b")
_TELLS = re.compile(r"\d|\bclosed\b", re.IGNORECASE)  # of a line: that it is no title
_HOURS = re.compile(r"\d[:.]\d\d\b|\d ?[ap]\.?m\b|\bclosed\b", re.IGNORECASE)
_MOST_TITLES = 2  # in a row, above one text
_MAX_HEADING = 70  # characters of a line without a full stop that still reads as a heading


class Statement(NamedTuple):
    """The smallest thing worth saying. A tuple, as an index opens with thousands of them."""

    text: str
    """A sentence as it stands, or "Ridge desk, price: 549 dollars." from a cell of a table."""
    lead: str
    """What has to be said before the text so that a listener knows what it is about, or nothing."""
    topic: str
    """The heading and the name of the row: what the text is about, for searching."""

    @property
    def spoken(self) -> str:
        return f"{self.lead} {self.text}".strip()


@dataclass(frozen=True)
class Passage:
    """A piece of one document, small enough to be found for one question."""

    document: str
    page: int | None
    heading: str
    text: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True)
class _Block:
    """Lines that belong together: a paragraph, an item of a list, or a row of a table."""

    heading: str
    text: str
    statements: tuple[Statement, ...]
    columns: str = ""
    """The header of a table, before a row that goes on without it."""


def passages(knowledge: Knowledge) -> list[Passage]:
    """Cut all documents, in their order."""
    return [passage for document in knowledge.documents for passage in cut(document)]


def cut(document: Document) -> Iterator[Passage]:
    """Cut one document, in its order."""
    running = _running_lines(document)
    for page in document.pages:
        lines = [line for line in page.text.split("\n") if _without_digits(line) not in running]
        group: list[_Block] = []
        for block in _blocks(lines):
            size = sum(len(b.text) + 1 for b in group) + len(block.text)
            if group and (block.heading != group[0].heading or size > MAX_PASSAGE):
                yield _passage(document.name, page.number, group)
                group = []
            group.append(block)
        if group:
            yield _passage(document.name, page.number, group)


def _passage(document: str, page: int | None, group: list[_Block]) -> Passage:
    statements = tuple(statement for block in group for statement in block.statements)
    text = "\n".join(filter(None, (group[0].columns, *(block.text for block in group))))
    return Passage(document, page, group[0].heading, text, statements)


def _running_lines(document: Document) -> set[str]:
    """Headers and footers: lines that are the same on most pages but for their numbers."""
    if len(document.pages) < 3:
        return set()
    counts: dict[str, int] = {}
    for page in document.pages:
        for line in {_without_digits(line) for line in page.text.split("\n")} - {""}:
            counts[line] = counts.get(line, 0) + 1
    return {line for line, count in counts.items() if count > len(document.pages) * 0.6}


def _without_digits(line: str) -> str:
    return re.sub(r"\d+", "0", line.strip()) if not line.startswith("|") else line


def _blocks(lines: list[str]) -> Iterator[_Block]:
    heading = above = ""
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        if not line:
            at += 1
        elif line.startswith("|"):
            end = at + 1
            while end < len(lines) and lines[end].strip().startswith("|"):
                end += 1
            yield from _table(heading, lines[at:end], above)
            at = end
        elif marked := _marked_heading(line):
            heading, above = _plain(marked), ""
            at += 1
        elif match := _ASKED_IN_LINE.match(line):
            heading = _plain(match["q"])
            lines[at] = match["answer"]
        elif match := _ITEM.match(line):
            yield _prose(heading, _plain(match.group(1)))
            at += 1
        elif len(listed := _listed(lines, at)) > 1:
            if not _TELLS.search(listed[0]):
                heading = _plain(listed[0])
            yield from (_prose(heading, _plain(text)) for text in listed if _plain(text) != heading)
            at += len(listed)
        elif _reads_as_heading(line, lines[at + 1 :]):
            heading = _plain(line)
            at += 1
        else:
            end = at + 1
            while end < len(lines) and _goes_on(lines, end):
                end += 1
            text = above = " ".join(text.strip() for text in lines[at:end])
            yield _prose(heading, _plain(_ANSWERED.sub("", text, count=1) if heading else text))
            at = end


def _goes_on(lines: list[str], at: int) -> bool:
    """Whether a line still belongs to the paragraph above it."""
    line = lines[at].strip()
    if not line or line.startswith("|") or _marked_heading(line):
        return False
    if _ITEM.match(line) or _ASKED_IN_LINE.match(line):
        return False
    ended = lines[at - 1].rstrip()[-1] in ".!?"
    return not (ended and _reads_as_heading(line, lines[at + 1 :]))


def _marked_heading(line: str) -> str | None:
    if match := _HEADING.match(line):
        return match[1]
    match = _ASKED.match(line)
    return (match["line"] or match["q"]) if match else None


def _could_be_heading(line: str) -> bool:
    return len(line) <= _MAX_HEADING and line[-1] not in ".,;!" and line[0].isupper()


def _reads_as_heading(line: str, following: list[str]) -> bool:
    """A short line without a full stop above something else: PDF and plain text mark no headings."""
    if not _could_be_heading(line) or _HOURS.search(line):
        return False
    below = next((text.strip() for text in following if text.strip()), "")
    return bool(below) and (below.startswith("|") or below[0].isupper())


def _listed(lines: list[str], at: int) -> list[str]:
    """Lines that would each be the heading of the next: opening hours, a list without bullets.

    Two without a number or "closed" are a title and what stands below it, and so is the last above a text.
    """
    end = at
    while end < len(lines) and (line := lines[end].strip()) and _could_be_heading(line):
        end += 1
    listed = [line.strip() for line in lines[at:end]]
    goes_on = end < len(lines) and lines[end].strip() != ""
    if goes_on and listed and not _TELLS.search(listed[-1]):
        listed.pop()
    return listed if len(listed) > _MOST_TITLES or any(map(_TELLS.search, listed)) else []


def _plain(text: str) -> str:
    """Without the marks of Markdown, which nobody can hear."""
    return " ".join(_EMPHASIS.sub("", _LINK.sub(r"\1", text)).split())


def split_sentences(text: str) -> list[str]:
    """Cut a paragraph at the ends of its sentences."""
    sentences: list[str] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        piece = text[start : match.end()].strip()
        if not _ABBREVIATION.search(piece):
            sentences.append(piece)
            start = match.end()
    rest = text[start:].strip()
    return [*sentences, rest] if rest else sentences


def _prose(heading: str, text: str) -> _Block:
    statements: list[Statement] = []
    before = ""  # the sentence that a pronoun leans on
    for sentence in split_sentences(text):
        lead = ""
        if before.startswith("If ") and not sentence.startswith("If "):
            lead, before = before, ""  # what is to be done then
        elif before and (_LEANS.match(sentence) or _LEANS_INSIDE.search(sentence)):
            name = heading.partition(":")[0].rstrip(".?!")
            named = name and name.lower() in before.lower()
            if named:
                lead = f"{name}:" if name.lower() not in sentence.lower() else ""
            elif _LEANS.match(sentence):
                lead = before
        else:
            before = sentence
        statements.append(Statement(sentence, lead, heading))
    return _Block(heading, text, tuple(statements))


def _table(heading: str, lines: list[str], above: str) -> Iterator[_Block]:
    """One block a row; the header goes with the first row of each passage, its names with every cell."""
    rows = [_cells(line) for line in lines if not _RULE.match(line.strip())]
    for table in tables_of(rows, above):
        if not table.body and not table.label:  # Word tables of one row
            yield _prose(heading, ". ".join(filter(None, table.head)))
        else:
            yield from _rows(heading or table.title, table)


def _rows(heading: str, table: Table) -> Iterator[_Block]:
    names = " | ".join(table.head) if any(table.head) else ""
    said = rows_of(table)
    for number, (cells, row) in enumerate(zip(table.body, said, strict=True)):
        topic = ". ".join(filter(None, (heading, table.label, row.group, row.name)))
        statements = tuple(
            Statement(
                f"{', '.join(filter(None, (row.name, _lower_first(name))))}: {value}.", "", topic
            )
            for name, value in row.cells
        )
        text = " | ".join(cells)
        if number == 0:
            label = f"{table.label}\n" if table.label else ""
            yield _Block(heading, f"{label}{names}\n{text}", statements)
        else:
            yield _Block(heading, text, statements, columns=names)


def _cells(line: str) -> list[str]:
    cells = CELL_BORDER.split(line.strip().removeprefix("|").removesuffix("|"))
    return [_plain(cell.replace("\\|", "|")) for cell in cells]


def _lower_first(name: str) -> str:
    """ "Price" as the second thing said, but "SKU" as it is."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name
