"""`agent.py knowledge gaps`: what callers asked and no document answered, the most frequent question first."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from rapidfuzz import fuzz, process, utils

from sales_agent.config import Settings
from sales_agent.knowledge.embedding import Embedder
from sales_agent.report import Say
from sales_agent.store import open_store
from sales_agent.store.history import History

SHOWN = 50
# Set on tests/unit/test_gaps.py: "Do you ship to Canada?" and "Can you deliver to Canada?" meet, and neither is near
# "Do you ship to Germany?" or "Do you ship on Sundays?".
MEANS_THE_SAME = 0.80  # cosine of two questions
SAYS_THE_SAME = 90  # of 100, whatever the order of the words


@dataclass(frozen=True)
class Gap:
    """One question in all its wordings."""

    question: str
    """The commonest wording; the latest of several."""
    count: int
    last: datetime


async def run_gaps(settings: Settings, say: Say) -> None:
    """A line for each question. Raises StoreError, and KnowledgeError where the embedding model is missing."""
    asked: list[tuple[str, datetime]] = []
    async with (
        aclosing(await open_store(settings.database_url)) as store,
        aclosing(History(store.database).newest_first()) as calls,
    ):
        async for call in calls:
            questions = (call.writeup or {}).get("unanswered", [])
            asked += [(question, call.started) for question in questions]
    if not asked:
        say("No open question: no call yet, or the documents answered everything.")
        return
    found = gaps(asked, Embedder())
    say(f"{'asked':>5}  {'last':<10}  question")
    for gap in found[:SHOWN]:
        say(f"{gap.count:>5}  {gap.last.astimezone():%Y-%m-%d}  {gap.question}")
    if len(found) > SHOWN:
        say(f"and {len(found) - SHOWN} more. Put the answers into your documents.")


def gaps(asked: Iterable[tuple[str, datetime]], embedder: Embedder) -> list[Gap]:
    """Group questions that say or mean the same, the most frequent first; of equals the latest."""
    newest_first = sorted(asked, key=lambda one: one[1], reverse=True)
    wordings: dict[str, list[tuple[str, datetime]]] = {}
    for question, moment in newest_first:
        wordings.setdefault(utils.default_process(question), []).append((question, moment))
    groups = _groups(list(wordings), embedder)
    found = []
    for group in groups:
        all_asked = [one for wording in group for one in wordings[wording]]
        commonest = Counter(question for question, _ in all_asked).most_common(1)[0][0]
        found.append(Gap(commonest, len(all_asked), max(moment for _, moment in all_asked)))
    return sorted(found, key=lambda gap: (gap.count, gap.last), reverse=True)


def _groups(wordings: Sequence[str], embedder: Embedder) -> list[list[str]]:
    """Each wording joins the group whose first one is nearest, where that is near enough."""
    vectors = embedder.embed(wordings)
    heads: list[int] = []
    members: list[list[str]] = []
    for at, wording in enumerate(wordings):
        if heads:
            near = vectors[heads] @ vectors[at]
            alike = process.cdist(
                [wording], [wordings[head] for head in heads], scorer=fuzz.token_sort_ratio
            )[0]
            best = int(np.argmax(np.maximum(near / MEANS_THE_SAME, alike / SAYS_THE_SAME)))
            if near[best] >= MEANS_THE_SAME or alike[best] >= SAYS_THE_SAME:
                members[best].append(wording)
                continue
        heads.append(at)
        members.append([wording])
    return members
