"""The documents as one block of data for the system prompt.

The block is the same, byte for byte, for the same files: it holds no clock, no path of the machine
and no order but that of the names, since providers cache exact prefixes. Each page stands between
tags, and no document can close its own: what looks like one of our tags inside a text loses its
angle bracket. That the contents are no instructions is said by the rules around the block.
"""

import re
from dataclasses import dataclass

from sales_agent.knowledge.documents import Document, Knowledge, LeftOut
from sales_agent.knowledge.tokens import estimate_tokens

# Wide on purpose: "< / Document", or with a full-width bracket, closes a tag in a model's eyes too.
_OUR_TAG = re.compile(r"[<＜﹤〈‹](?=[\s/\\／∕⁄]*documents?\b)", re.IGNORECASE)


@dataclass(frozen=True)
class PromptBlock:
    """The text for the prompt, its estimated tokens, what is in it by name, and what is not."""

    text: str
    tokens: int
    included: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def prompt_block(knowledge: Knowledge, max_tokens: int) -> PromptBlock:
    """Fence the documents, in sorted order, for as long as they fit into max_tokens.

    A document is in as a whole or left out and named, together with what could not be read; a
    smaller one after it may still fit. With nothing that fits, the text is an empty fence.
    """
    start, end = "<documents>\n", "</documents>"
    tokens = estimate_tokens(start + end)
    parts: list[str] = []
    included: list[str] = []
    too_many: list[LeftOut] = []
    for document in knowledge.documents:
        part = _fence(document)
        cost = estimate_tokens(part)
        if tokens + cost > max_tokens:
            too_many.append(LeftOut(document.name, _no_room(cost, max_tokens, tokens)))
            continue
        tokens += cost
        parts.append(part)
        included.append(document.name)
    return PromptBlock(
        text=start + "".join(parts) + end,
        tokens=tokens,
        included=tuple(included),
        left_out=tuple(sorted((*knowledge.left_out, *too_many), key=lambda item: item.name)),
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
    if cost > max_tokens:
        return f"{cost:,} tokens, more than the whole prompt may take ({max_tokens:,})"
    return f"{cost:,} tokens, and of {max_tokens:,} only {max(0, max_tokens - used):,} were left"
