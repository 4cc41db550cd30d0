"""A PDF page as text in which the rows of a table are still rows.

A PDF has no tables, only words at places. Reading them in the order in which they were drawn turns
a table into a list of lonely cells, and nobody can tell any more which price belongs to which
product. So a page is laid out by position first; lines whose cells stand below one another become
a table, and the rest is joined to paragraphs.

Not handled: cells that span columns, and a table that goes on without its header on the next page.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

import pypdf
from pypdf.errors import PyPdfError

from sales_agent.knowledge.cleaning import clean, markdown_table

_CELL = re.compile(r"\S+(?: \S+)*")  # two spaces or more part one cell from the next
_BULLETS = frozenset("•▪◦‣*–-")
_STARTS_ITEM = re.compile(r"[•▪◦‣*–-] |\d{1,3}[.)] ")
_ALIGNED = 3  # characters that a cell may stand beside its column: the layout rounds positions
_SHORT = 30  # characters; a table's cells are shorter, the columns of a newsletter are wider
_FULL_LINE = 0.8  # of a usual line of the page: a shorter one ends its paragraph


@dataclass(frozen=True)
class _Cell:
    start: int
    end: int
    text: str

    def overlap(self, other: "_Cell") -> int:
        """Characters that stand above one another; negative is the distance between the two."""
        return min(self.end, other.end) - max(self.start, other.start)

    def is_aligned(self, other: "_Cell") -> bool:
        left, right = abs(self.start - other.start), abs(self.end - other.end)
        centre = abs(self.start + self.end - other.start - other.end) / 2
        return min(left, right, centre) <= _ALIGNED


_Line = list[_Cell]


@dataclass
class _Block:
    """Lines that belong together, parted into groups where the page has a blank line."""

    is_table: bool
    groups: list[list[_Line]] = field(default_factory=list)


def read_page(page: pypdf.PageObject) -> str:
    """The text of one page, its tables as Markdown; empty when the page has no text."""
    try:
        laid_out = page.extract_text(extraction_mode="layout")
    except (PyPdfError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        # Laying out needs the sizes of the fonts, which some PDFs lack; plain reading does without.
        return _read_plainly(page)
    parts, tables, in_columns = [], [], False
    for block in _rejoined(_blocks(laid_out)):
        rows = _table_rows(block) if block.is_table else None
        if rows is None:
            parts.append(_paragraphs([*_plain_lines(block), ""]))
        elif _is_prose_in_columns(rows):
            in_columns = True
        else:
            parts.append(markdown_table(rows))
            tables.append((_plain_lines(block), parts[-1]))
    # A newsletter is drawn column by column, so it is read that way; its tables are drawn line by line.
    return _read_plainly(page, tables) if in_columns else clean("\n\n".join(parts))


def _read_plainly(page: pypdf.PageObject, tables: Sequence[tuple[Sequence[str], str]] = ()) -> str:
    """The text in the order in which it was drawn, with these tables, each known by its lines."""
    text = "\n".join(map(_with_single_blanks, clean(page.extract_text()).split("\n")))
    kept: list[str] = []
    for lines, table in tables:
        drawn = "\n".join(map(_with_single_blanks, filter(None, lines)))
        before, found, text_after = text.partition(drawn)
        if found:
            kept += [_paragraphs([*before.split("\n"), ""]), table]
            text = text_after
    return clean("\n\n".join([*kept, _paragraphs(text.split("\n"))]))


def _with_single_blanks(line: str) -> str:
    return " ".join(line.split())


def _blocks(laid_out: str) -> list[_Block]:
    """Part a page into tables (to be confirmed) and prose, in reading order."""
    blocks: list[_Block] = []
    for group in _groups(laid_out):
        begins = True  # a blank line stands before
        for is_table, lines in _runs(group):
            if not blocks or blocks[-1].is_table != is_table or (is_table and not begins):
                blocks.append(_Block(is_table, [lines]))
            elif begins:
                blocks[-1].groups.append(lines)
            else:
                blocks[-1].groups[-1].extend(lines)
            begins = False
    return blocks


def _rejoined(blocks: Sequence[_Block]) -> list[_Block]:
    """The blocks, with tables whole that a cell of two lines parted: its first line stands between two rows."""
    whole: list[_Block] = []
    for block in blocks:
        if len(whole) > 1 and _is_of_one_row(whole[-2], whole[-1], block):
            (piece,), (first, *rest) = whole.pop().groups, block.groups
            whole[-1].groups += [[*piece, *first], *rest]
        else:
            whole.append(block)
    return whole


def _is_of_one_row(above: _Block, piece: _Block, below: _Block) -> bool:
    lines = [line for group in piece.groups for line in group]
    if not (above.is_table and below.is_table) or len(lines) != 1 or len(lines[0]) != 1:
        return False
    rows = [max((line for group in b.groups for line in group), key=len) for b in (above, below)]
    return len(rows[0]) == len(rows[1]) > 1 and _aligned(*rows) * 4 >= 3 * len(rows[0])


def _groups(laid_out: str) -> Iterator[list[_Line]]:
    group: list[_Line] = []
    for text in laid_out.split("\n"):
        line = [_Cell(m.start(), m.end(), clean(m.group())) for m in _CELL.finditer(text)]
        line = _with_bullet([cell for cell in line if cell.text])
        if line:
            group.append(line)
        elif group:
            yield group
            group = []
    if group:
        yield group


def _with_bullet(line: _Line) -> _Line:
    """A bullet and the text behind it are one cell, however wide the gap."""
    if len(line) > 1 and line[0].text in _BULLETS:
        bullet, text = line[:2]
        return [_Cell(bullet.start, text.end, f"{bullet.text} {text.text}"), *line[2:]]
    return line


def _runs(group: list[_Line]) -> Iterator[tuple[bool, list[_Line]]]:
    """Part lines without a blank line between them into runs of table and of prose.

    A short lone cell between rows is the rest of a long cell or a heading inside the table; the
    same before or after the rows, at the left edge, is prose: a heading or a note.
    """
    left = min((line[0].start for line in group if len(line) > 1), default=0)

    def may_be_row(line: _Line) -> bool:
        return len(line) > 1 or is_indented(line) or len(line[0].text) <= _SHORT

    def is_indented(line: _Line) -> bool:
        return line[0].start > left + _ALIGNED

    def certain(line: _Line) -> bool:
        return len(line) > 1 or is_indented(line)

    position = 0
    while position < len(group):
        end = position
        while end < len(group) and may_be_row(group[end]):
            end += 1
        candidates = range(position, end)
        rows = [i for i in candidates if len(group[i]) > 1]
        if rows:
            start, last = rows[0], max(i for i in candidates if certain(group[i]))
            if start > position:
                yield False, group[position:start]
            yield True, group[start : last + 1]
            position = last + 1
        else:
            end = max(end, position + 1)
            yield False, group[position:end]
            position = end


def _table_rows(block: _Block) -> list[list[str]] | None:
    """The cells by row and column, the header first; None when the lines do not line up."""
    lines = [line for group in block.groups for line in group]
    widest = max(map(len, lines))
    full = [line for line in lines if len(line) == widest]
    # Under a head that is centred the cells stand below one another, and not below the head.
    columns = max(full, key=lambda one: sum(_aligned(one, other) for other in full))
    is_spaced = len(block.groups) > len(lines) / 2  # then a group of lines is one row
    rows: list[list[str]] = []
    cells = aligned = 0
    for group in block.groups:
        for index, line in enumerate(group):
            placed: dict[int, str] = {}
            for cell in line:
                column = max(range(len(columns)), key=lambda i: cell.overlap(columns[i]))
                if column in placed:
                    return None
                placed[column] = cell.text
                cells += 1
                aligned += cell.is_aligned(columns[column])
            goes_on = index > 0 and (
                is_spaced or (0 not in placed and len(placed) <= len(columns) / 2)
            )
            if not goes_on:
                rows.append([""] * len(columns))
            for column, text in placed.items():
                rows[-1][column] = f"{rows[-1][column]} {text}".strip()
    return rows if len(rows) > 1 and aligned >= 0.75 * cells else None


def _aligned(one: _Line, other: _Line) -> int:
    return sum(a.is_aligned(b) for a, b in zip(one, other, strict=True))


def _is_prose_in_columns(rows: Sequence[Sequence[str]]) -> bool:
    columns = list(zip(*rows, strict=True))
    if len(rows) > 3 and sum(_average_length(column) > _SHORT for column in columns) > 1:
        return True
    # Sentences that go on in the next line, where a table would have cells that begin.
    going_on = sum(cell[:1].islower() for column in columns for cell in column[1:])
    long = all(max(map(len, column)) > _SHORT for column in columns)
    return len(columns) > 1 and long and going_on * 2 > len(columns) * (len(rows) - 1)


def _average_length(cells: Sequence[str]) -> float:
    return sum(map(len, cells)) / len(cells)


def _plain_lines(block: _Block) -> list[str]:
    lines: list[str] = []
    for group in block.groups:
        lines += [" ".join(cell.text for cell in line) for line in group]
        lines.append("")
    return lines


def _paragraphs(lines: Sequence[str]) -> str:
    """Join the lines of a paragraph, so that a sentence is on one line."""
    usual = median([len(line) for line in lines if len(line) > _SHORT] or [_SHORT])
    text, previous, after_blank, joined = "", "", False, False
    for line in map(str.strip, lines):
        if not line:
            after_blank = True
            continue
        is_full = len(previous) >= _FULL_LINE * usual
        if previous and is_full and _continues(previous, line, usual, after_blank):
            text += line if re.search(r"[^\W\d]-$", previous) and line[0].islower() else f" {line}"
            joined = True
        else:
            # What follows a paragraph of several lines is a heading or another paragraph.
            text += f"\n\n{line}" if after_blank or joined else f"\n{line}"
            joined = False
        previous, after_blank = line, False
    return text


def _continues(previous: str, line: str, usual: float, after_blank: bool) -> bool:
    """Tell a paragraph's next line from a heading; wide line spacing looks like blank lines."""
    if _STARTS_ITEM.match(line):
        return False
    if line[0].islower():
        return True
    ends_sentence = previous[-1] in ".!?:"
    is_short = len(line) < _FULL_LINE * usual
    if after_blank:
        return not ends_sentence and not is_short
    return not ends_sentence or not is_short or line[-1] in ".!;,"  # else a heading
