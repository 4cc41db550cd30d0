"""The reader: a model for LiveKit that is no language model. It reads answers out of the documents.

It speaks the sentences that answer the caller's question, word for word, and a fixed phrase where none
does; so the rest of the pipeline is the same as with a model behind it. It calls no tools, follows no
instructions and does not look at the system prompt.
"""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from livekit.agents import APIError, llm
from livekit.agents.types import (
    DEFAULT_API_CONNECT_OPTIONS,
    NOT_GIVEN,
    APIConnectOptions,
    NotGivenOr,
)
from livekit.agents.utils import shortuuid

from sales_agent.knowledge import Knowledge, KnowledgeError
from sales_agent.knowledge.opening import Few, Passages, open_passages
from sales_agent.knowledge.sources import sources_for
from sales_agent.local.answers import Answer, Answerer, Exchange
from sales_agent.local.phrases import Phrases

logger = logging.getLogger("sales_agent")

__all__ = ["Reader", "sources_for"]


class Reader(llm.LLM[Any]):
    """Answers from the documents. The index is opened, or built the first time, by `prewarm()`."""

    def __init__(self, knowledge: Knowledge, cache: Path, phrases: str) -> None:
        """Take prompts/reader.md as `phrases`. Raises PromptError where a section is missing."""
        super().__init__()
        self._knowledge = knowledge
        self._cache = cache
        self._phrases = Phrases.parse(phrases)
        self._opening = Lock()
        self._passages: Passages | None = None
        self._answerer: Answerer | None = None  # where one index has all documents
        self._indexing: asyncio.Task[None] | None = None

    @property
    def model(self) -> str:
        return "reader"

    @property
    def provider(self) -> str:
        return "documents"

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        parallel_tool_calls: NotGivenOr[bool] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice] = NOT_GIVEN,
        extra_kwargs: NotGivenOr[dict[str, Any]] = NOT_GIVEN,
    ) -> llm.LLMStream:
        return _Reading(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)

    def reply(self, chat_ctx: llm.ChatContext) -> str:
        """What to say next in a conversation. Blocks for some 10 ms, longer the first time."""
        history, question = conversation_of(chat_ctx)
        if not question:
            return self._phrases["anything_else"]
        answer = self.answer(question, history)
        notice = self._phrases["notice"]
        # After the first answer rather than before it: the caller did not ask how this works. Looked for
        # in the conversation, as a reply may be thrown away unheard.
        if answer.kind in ("answer", "nearest", "not_found") and not _was_said(notice, history):
            return f"{answer.text} {notice}"
        return answer.text

    async def aclose(self) -> None:
        await super().aclose()
        with self._opening:
            if self._passages is not None:
                self._passages.close()
                self._passages = self._answerer = None

    def use_soon(self, knowledge: Knowledge) -> None:
        """Answer from these documents as soon as they are indexed, in a thread, and until then from those of before."""
        self._knowledge = knowledge
        self._indexing = asyncio.create_task(asyncio.to_thread(self._use, knowledge))

    def _use(self, knowledge: Knowledge) -> None:
        try:
            passages = open_passages(knowledge, self._cache)
        except KnowledgeError as error:
            logger.error("answers come from the documents of before: %s", error)
            return
        with self._opening:
            if knowledge is self._knowledge:  # and no newer ones have come meanwhile
                # The old ones may be answering; they go with their last user.
                self._passages, self._answerer = passages, None

    def load(self) -> None:
        """Open the index, or build it the first time, and run the model once: a second or several."""
        self.answer("Are you there?", [])

    async def _prewarm_impl(self) -> None:
        await asyncio.to_thread(self.load)

    def answer(self, question: str, history: Sequence[Exchange]) -> Answer:
        """Answer a caller's sentence. Opens the index first where that was not done. Raises KnowledgeError."""
        with self._opening:
            if self._passages is None:
                self._passages = open_passages(self._knowledge, self._cache)
            passages, answerer = self._passages, self._answerer
            if answerer is None:
                # "And the Ridge?" is about what was said before.
                said = [question, *(f"{last.question} {question}" for last in history[-1:])]
                answerer = Answerer(passages.around(said), self._phrases)
                if isinstance(passages, Few):
                    self._answerer = answerer
        return answerer.answer(question, history)


class _Reading(llm.LLMStream):
    async def _run(self) -> None:
        reader = self._llm
        assert isinstance(reader, Reader)
        try:
            text = await asyncio.to_thread(reader.reply, self._chat_ctx)
        except KnowledgeError as error:
            raise APIError(str(error), retryable=False) from error
        delta = llm.ChoiceDelta(role="assistant", content=text)
        self._event_ch.send_nowait(llm.ChatChunk(id=shortuuid("reading_"), delta=delta))


def conversation_of(chat_ctx: llm.ChatContext) -> tuple[list[Exchange], str]:
    """The turns that are over, oldest first, and what the caller said last."""
    history: list[Exchange] = []
    question = ""
    for message in chat_ctx.messages():
        text = message.text_content or ""
        if message.role == "user":
            if question:
                history.append(Exchange(question, ""))  # cut off before an answer came
            question = text
        elif message.role == "assistant" and question:
            history.append(Exchange(question, text))
            question = ""
    return history, question


def _was_said(notice: str, history: list[Exchange]) -> bool:
    beginning = " ".join(notice.split()[:4])
    return any(beginning in exchange.answer for exchange in history)
