"""The documents as one block of data for the system prompt.

The block is the same, byte for byte, for the same files: it holds no clock, no path of the machine
and no order but that of the names, since providers cache exact prefixes. Each page stands between
tags, and no document can close its own: what looks like one of our tags inside a text loses its
angle bracket. That the contents are no instructions is said by the rules around the block.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sales_agent.knowledge.digest import Listed, digest, listed_as
from sales_agent.knowledge.documents import Document, Knowledge, LeftOut
from sales_agent.knowledge.tokens import estimate_tokens

LIST_SHARE = 4  # of the budget, one part of so many stays free of pinned documents
_START, _LIST, _END = "<documents>\n", "<other_documents>\n</other_documents>\n", "</documents>"
# Wide on purpose: "< / Document", or with a full-width bracket, closes a tag in a model's eyes too.
_OUR_TAG = re.compile(r"[<＜﹤〈‹](?=[\s/\\／∕⁄]*(?:other_)?documents?\b)", re.IGNORECASE)


@dataclass(frozen=True)
class PromptBlock:
    """The text for the prompt, its estimated tokens, what is in it whole by name, and what could not be read."""

    text: str
    tokens: int
    included: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    listed: int = 0
    """Documents of which only a line is in the text; what they say is searched when it is needed."""
    note: str = ""
    """How these lines were shortened; empty where they were not."""


def whole_block(knowledge: Knowledge, max_tokens: int) -> PromptBlock | None:
    """Fence all documents, in sorted order; None where they do not fit into max_tokens."""
    if sum(document.tokens for document in knowledge.documents) > max_tokens:
        return None  # without a look at what they say, which may lie on the disk
    text = "".join((_START, *map(_fence, knowledge.documents), _END))
    tokens = estimate_tokens(text)
    if tokens > max_tokens:
        return None
    names = tuple(document.name for document in knowledge.documents)
    return PromptBlock(text, tokens, names, knowledge.left_out)


def prompt_block(
    knowledge: Knowledge, max_tokens: int, listed: Sequence[Listed] | None = None
) -> PromptBlock:
    """Fence all documents where they fit; else those that are pinned, and a list of the others.

    A pinned document is in as a whole or, where there is no room, listed and named. `listed` is what is known about
    each document; without it they are looked at.
    """
    if (whole := whole_block(knowledge, max_tokens)) is not None:
        return whole
    if listed is None:
        listed = [listed_as(document) for document in knowledge.documents]
    pinned = {item.name for item in listed if item.pinned}
    tokens = estimate_tokens(_START + _LIST + _END)
    parts: list[str] = []
    included: list[str] = []
    too_many: list[LeftOut] = []
    for document in knowledge.documents:
        if document.name not in pinned:
            continue
        part = _fence(document)
        cost = estimate_tokens(part)
        room = max_tokens - max_tokens // LIST_SHARE
        if tokens + cost > room:
            too_many.append(LeftOut(document.name, _no_room(cost, room, tokens)))
            continue
        tokens += cost
        parts.append(part)
        included.append(document.name)
    rest = [item for item in listed if item.name not in included]
    lines = digest(rest, max_tokens - tokens)
    inner = lines.text.replace("<", "(")  # a file's name or heading closes no tag either
    others = _LIST.replace("\n", f"\n{inner}", 1) if inner else ""
    text = "".join((_START, *parts, others, _END))
    return PromptBlock(
        text=text,
        tokens=estimate_tokens(text),
        included=tuple(included),
        left_out=tuple(sorted((*knowledge.left_out, *too_many), key=lambda item: item.name)),
        listed=len(rest),
        note=lines.note,
    )


def fenced(name: str, page: int | None, text: str, *, state: str = "") -> str:
    """A text between the tags of a document, which it cannot close; `state` says what became of the document."""
    attributes = f'name="{_attribute(name)}"'
    if page is not None:
        attributes += f' page="{page}"'
    if state:
        attributes += f' state="{_attribute(state)}"'
    return f"<document {attributes}>\n{_OUR_TAG.sub('(', text)}\n</document>\n"


def _fence(document: Document) -> str:
    return "".join(fenced(document.name, page.number, page.text) for page in document.pages)


def _attribute(name: str) -> str:
    return name.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def _no_room(cost: int, max_tokens: int, used: int) -> str:
    return (
        f"pinned, but not in the prompt: {cost:,} tokens, and of {max_tokens:,} for pinned documents "
        f"{max(0, max_tokens - used):,} were left; it is searched"
    )
