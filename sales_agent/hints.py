"""What a small model is told with the caller's words: a hint, from what knows the documents better than it does.

A hint stands behind the words that it is for, and stays there when the talk goes on: the model has it in its cache,
and would read all that follows again. Only the model sees it; the history, the guard and the clients do not.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence

from livekit.agents import llm

from sales_agent.conversation import MAX_TURNS, is_callers

logger = logging.getLogger("sales_agent")

# Seconds that a reply waits for its hint. One takes hundredths, and tenths where there are many documents.
PATIENCE = 1.0
LEANS_ON = 40  # items of the talk, the latest, that a question may lean on
KEPT = 2 * MAX_TURNS  # also of speculative replies, which may be about half a question

# From a talk that ends with the caller's words to what the model is told about them; "" is nothing. Blocks.
Find = Callable[[llm.ChatContext], str]


class Hints:
    """The hints of one call."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._given: dict[str, str] = {}
        """By the caller's words."""

    async def give(self, items: Sequence[llm.ChatItem]) -> bool:
        """Find the hint for the caller's last words; False where there is none, or none in time."""
        at = next((n for n in range(len(items) - 1, -1, -1) if is_callers(items[n])), None)
        if at is None:
            return False
        # Up to there: a second try has what was said and stopped behind it.
        talk = llm.ChatContext(list(items[max(0, at - LEANS_ON) : at + 1]))
        try:
            found = await asyncio.wait_for(asyncio.to_thread(self._find, talk), PATIENCE)
        except TimeoutError:
            logger.error("a reply is made without a hint: it took more than %.1f s", PATIENCE)
            found = ""
        words = _words(items[at])
        self._given.pop(words, None)
        if found:
            self._given = {**dict(list(self._given.items())[1 - KEPT :]), words: found}
        return bool(found)

    def added(self, items: Sequence[llm.ChatItem]) -> list[llm.ChatItem]:
        """The talk with its hints."""
        return [self._with_hint(item) for item in items]

    def _with_hint(self, item: llm.ChatItem) -> llm.ChatItem:
        if not is_callers(item) or not (hint := self._given.get(words := _words(item))):
            return item
        # In the same message: one of its own would cost the model a tenth of a second or two.
        return item.model_copy(update={"content": [f"{words}\n\n{hint}"]})


async def with_hints(
    hints: Hints | None, items: Sequence[llm.ChatItem]
) -> tuple[bool, list[llm.ChatItem]]:
    """Whether there is a hint for the caller's last words, and the talk as the model is shown it."""
    if hints is None:
        return False, list(items)
    return await hints.give(items), hints.added(items)


def _words(item: llm.ChatItem) -> str:
    return (item.text_content or "") if item.type == "message" else ""
