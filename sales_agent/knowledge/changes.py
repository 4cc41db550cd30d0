"""What differs between the documents of a prompt and those of now, in few words for a call that is running."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Literal

from sales_agent.knowledge.documents import Document, Knowledge
from sales_agent.knowledge.passages import Passage, cut
from sales_agent.knowledge.prompt_block import fenced
from sales_agent.knowledge.tokens import estimate_tokens

WHOLE = 800  # tokens up to which a changed document is shown as a whole, which also tells what is gone from it
MOST = 3_000  # tokens of all that a running call is told: each of its turns pays for them

Kind = Literal["changed", "added", "removed"]


@dataclass(frozen=True)
class Change:
    """One document that is not what it was."""

    name: str
    kind: Kind
    now: Document | None
    before: Document | None


def changes(before: Knowledge, now: Knowledge) -> list[Change]:
    """Every document that changed, came or went, by name."""
    old = {document.name: document for document in before.documents}
    new = {document.name: document for document in now.documents}
    found: list[Change] = []
    for name in sorted(old.keys() | new.keys()):
        was, has = old.get(name), new.get(name)
        if was is None or has is None:
            found.append(Change(name, "added" if was is None else "removed", has, was))
        elif was.digest != has.digest:
            found.append(Change(name, "changed", has, was))
    return found


def told(found: list[Change], in_prompt: Container[str], max_tokens: int = MOST) -> str:
    """The changes for a model, fenced like the documents of the prompt, in at most so many estimated tokens.

    First those of documents that its prompt has in their old version, which must not be taken from there any
    more. What there is no room for is named. Empty where nothing changed.
    """
    parts: list[str] = []
    unshown: list[str] = []
    left = max_tokens
    for change in sorted(found, key=lambda change: (change.name not in in_prompt, change.name)):
        if change.now and min(change.now.tokens, WHOLE) > left:  # not read for nothing
            unshown.append(change.name)
            continue
        part = "".join(_shown(change))
        cost = estimate_tokens(part)
        if cost > left:
            unshown.append(change.name)
            continue
        left -= cost
        parts.append(part)
    for name in unshown:
        part = fenced(name, None, "", state="changed, and too long to be shown here")
        cost = estimate_tokens(part)
        if cost > left + max_tokens // 10:  # names alone may fill a prompt as well
            break
        left -= cost
        parts.append(part)
    return "".join(parts)


def _shown(change: Change) -> Iterator[str]:
    if change.now is None:
        yield fenced(change.name, None, "", state="removed")
    elif change.before is None or change.now.tokens <= WHOLE:
        for page in change.now.pages:
            yield fenced(change.name, page.number, page.text, state=change.kind)
    else:
        old, new = list(cut(change.before)), list(cut(change.now))
        for passage in _missing(new, old):
            yield fenced(change.name, passage.page, _text(passage), state="changed")
        for passage in _missing(old, new):
            yield fenced(change.name, passage.page, _text(passage), state="no longer said")


def _missing(these: list[Passage], other: list[Passage]) -> list[Passage]:
    """The passages that say what none of the others does."""
    texts = {(passage.heading, passage.text) for passage in other}
    return [passage for passage in these if (passage.heading, passage.text) not in texts]


def _text(passage: Passage) -> str:
    return f"{passage.heading}\n{passage.text}" if passage.heading else passage.text
