"""What a small model on this machine is told with a question: what the reader finds for it.

A model of one or two billion parameters overlooks a sentence in a long prompt, and says yes to what is not there. The
reader finds that sentence, or that there is none, but cannot talk.
"""

import logging
import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from livekit.agents import llm

from sales_agent.asking import is_question, is_said_by_customers
from sales_agent.config import Settings
from sales_agent.knowledge import Knowledge, KnowledgeError
from sales_agent.local.answers import Answer, Exchange
from sales_agent.local.reader import Reader, conversation_of
from sales_agent.prompts import FOUND, Briefing

logger = logging.getLogger("sales_agent")

# Seconds that one waits for the one before. A reader that hangs must not take thread after thread.
PATIENCE = 0.5
# How surely documents answer what is no question: "We have ten desks in our office." gets no answer.
DOUBTED = 0.8
NEAR = 0.3  # how near to what somebody wants they have to come
# "My desk is loud." is no doubt, and "I want it for 400." asks for no fact.
_THEIRS = re.compile(r"\b(?:my|our|bought|ordered)\b", re.IGNORECASE)
_NO_FACT = re.compile(
    r"\bfor (?:\d|\w+ (?:hundred|thousand)\b)|\b(?:dollars|euros|pounds|bucks|human|person|complain)\b|[$€£]",
    re.IGNORECASE,
)
# What the talk tells, and no document; and what asks for advice, or asks something of the agent.
_FOR_THE_MODEL = re.compile(
    r"\b(?:what['’]?s|is|know|remember|want|need|have) my (?:name|e-?mail|(?:phone )?number|address)\b"
    r"|\b(?:you(?: still)?|anybody|anyone) there\W*$"
    r"|\b(?:I|we|you)(?: have| had|['’]ve)? (?:just )?(?:said|told|asked|mentioned)\b"
    r"|\bdid (?:I|we|you) (?:just )?(?:say|tell|ask|mention)\b"
    r"|\b(?:do|can|could) you (?:still |please )?(?:remember|hear|repeat)\b"
    r"|\b(?:recommend|suggest|advise|help (?:me|us)|(?:talk|speak) (?:to|with))\b"
    r"|^\W*(?:what|really|sorry|pardon|huh|why|how so|is that (?:all|it|right|so))\W*$",
    re.IGNORECASE,
)
_WANTS = re.compile(
    r"^\W*(?:(?:well|so|hi|hello|and|but),? )?(?:I|we)"
    r"(?:['’]d like| would like| (?:only |just |really )?(?:need|want)|['’]m looking for| am looking for)\b",
    re.IGNORECASE,
)
# Bytes of a GGUF file, up to which its model needs to be shown where an answer stands: some three billion parameters at
# four bits. A larger one finds more than the reader does.
SMALL = 2_500_000_000


def finder_for(settings: Settings, briefing: Briefing) -> "Finder | None":
    """The finder for the model of LOCAL_LLM; None where that is none, has tools, or is no small one."""
    if not settings.local_llm or settings.local_llm_tools:
        return None
    # Not above: most installations run no model, and need not import what fetches one.
    from sales_agent.local.models import ModelError, resolve

    try:
        size = resolve(settings.local_llm, settings.cache).stat().st_size
    except (ModelError, OSError) as error:  # the server that has it open goes on
        logger.error("the model answers without what the reader finds: %s", error)
        return None
    return Finder(briefing, settings.cache) if size <= SMALL else None


class Finder:
    """Gives the hint for the caller's last words, by the talk so far. Safe in several threads."""

    def __init__(self, briefing: Briefing, cache: Path) -> None:
        prompts = briefing.prompts
        self._reader = Reader(briefing.knowledge, cache, prompts.reader)
        self._one_at_a_time = Lock()
        self._words = {
            "answer": prompts.found,
            "nearest": prompts.nearest,
            "near": prompts.near,
            "not_found": prompts.not_found,
        }

    def __call__(self, chat_ctx: llm.ChatContext) -> str:
        """The hint; empty where none would help. Blocks for some 10 ms, more where there are many documents.

        Only questions get one, the doubts that documents answer, and what somebody wants: "We need ten desks." is never
        told that the documents do not say.
        """
        history, asked = conversation_of(chat_ctx)
        answer = None if _FOR_THE_MODEL.search(asked) else self._answer(asked, history)
        if answer is None:
            return ""
        kind = answer.kind if is_question(asked) else self._kind_of_statement(asked, answer)
        return self._words.get(kind, "").replace(FOUND, answer.read)

    def _kind_of_statement(self, asked: str, answer: Answer) -> str:
        """What an answer is worth to somebody who asked nothing; "" is nothing."""
        wants = _WANTS.search(asked) and not _NO_FACT.search(asked)
        if answer.kind == "nearest":
            return "near" if wants and answer.confidence >= NEAR else ""
        heading = answer.hits[0].passage.heading if answer.hits else ""
        doubts = is_said_by_customers(heading) and not _THEIRS.search(asked)
        sure = answer.kind == "answer" and (wants or (doubts and answer.confidence >= DOUBTED))
        return "answer" if sure else ""

    def load(self) -> None:
        """Open the index, or build it, and run its model once: the first question is not waited for so long."""
        self._reader.load()

    def prewarm(self) -> None:
        """Load, in a thread."""
        self._reader.prewarm()

    def use_soon(self, knowledge: Knowledge) -> None:
        """Find in these documents as soon as they are indexed, in a thread, and until then in those of before."""
        self._reader.use_soon(knowledge)

    async def aclose(self) -> None:
        await self._reader.aclose()

    def _answer(self, asked: str, history: Sequence[Exchange]) -> Answer | None:
        if not self._one_at_a_time.acquire(timeout=PATIENCE):
            return None
        try:
            return self._reader.answer(asked, history)
        except (KnowledgeError, sqlite3.Error) as error:
            logger.error("the model answers without what the reader finds: %s", error)
            return None
        finally:
            self._one_at_a_time.release()
