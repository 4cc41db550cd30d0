"""What may be said: stands around the model, so that voice, transcript, history and typed replies are the same.

Words pass clause by clause, as a voice needs them anyway. A clause with a figure that nothing licenses is not spoken:
a line of the prompts takes its place, the rest of that reply is dropped, the model is told why and may go on once
more. So is a clause that recites the agent's own rules, and that ends the reply.
"""

import asyncio
import json
import logging
import re
import sqlite3
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from livekit.agents import llm
from livekit.agents.utils import shortuuid

from sales_agent.checking import Checker, Objection
from sales_agent.clauses import Clauses
from sales_agent.knowledge import Knowledge, KnowledgeError
from sales_agent.knowledge.figures import figures
from sales_agent.knowledge.licences import Licences
from sales_agent.prompts import Briefing, synonyms_in
from sales_agent.talk import Talk

logger = logging.getLogger("sales_agent")

Chunk = llm.ChatChunk | str
Ask = Callable[[llm.ChatContext], AsyncGenerator[Chunk, None]]

TRIES = 2  # for one reply: the first, and one that knows what was wrong with it
RECITED = 12  # words in a row of our own rules: shorter runs are ordinary English
LONGEST_LINE = 1_000  # characters of a line that are looked at, its last: a minute of speech
REMEMBERED = 20  # replies with something stopped, of which most speculative ones are never spoken
RULES = "rules"
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Stopped:
    """Something that a model wanted to say and nobody heard."""

    clause: str
    reason: str
    """The figure that nothing licenses, or "rules": it recited them."""
    about: str = ""

    def as_json(self) -> dict[str, str]:
        return {"clause": self.clause, "reason": self.reason, "about": self.about}


class _Reply:
    """What has left of one reply, and what has not."""

    def __init__(self) -> None:
        self.text = ""
        self.stopped: list[Stopped] = []
        self.called_tools = False

    def say(self, text: str) -> llm.ChatChunk:
        self.text += text
        delta = llm.ChoiceDelta(role="assistant", content=text)
        return llm.ChatChunk(id=shortuuid("guarded_"), delta=delta)


class Guard:
    """Lets the replies of one call pass, or stops them. Of the event loop that it was made in."""

    def __init__(self, briefing: Briefing, cache: Path) -> None:
        """Open what licenses figures, in a thread: a clause that has to be checked waits for it."""
        prompts = briefing.prompts
        self._prompts = prompts
        self._cache = cache
        own = [prompts.rules, *prompts.roles.values(), *prompts.hand_over.values()]
        self._rules = {run for text in own for run in _runs(_words(text))}
        self._replies: list[_Reply] = []
        self.use(briefing.knowledge)

    def use(self, knowledge: Knowledge) -> None:
        """Check against these documents from now on."""
        company = self._prompts.identity.get("company", "")
        synonyms = synonyms_in(self._prompts.reader)

        def open_() -> Checker | None:
            try:
                return Checker(Licences(knowledge, self._cache, company=company, synonyms=synonyms))
            except (sqlite3.Error, OSError, KnowledgeError) as error:
                logger.error("no figure can be checked, so none is spoken: %s", error)
                return None

        self._checker = asyncio.create_task(asyncio.to_thread(open_))

    def stopped_in(self, text: str) -> list[Stopped]:
        """What was stopped in the reply that was spoken as `text`, which may have been cut short."""
        said = " ".join(text.split())
        for reply in self._replies:
            whole = " ".join(reply.text.split())
            if said and (whole.startswith(said) or said.startswith(whole)):
                return list(reply.stopped)
        return []

    async def watch(
        self, ask: Ask, chat_ctx: llm.ChatContext, talk: Talk, *, tries: int = TRIES
    ) -> AsyncGenerator[Chunk, None]:
        """Give what may leave of the answer that `ask` gives to a conversation."""
        reply = _Reply()
        for attempt in range(1, tries + 1):
            before = len(reply.stopped)
            async for chunk in self._once(ask, chat_ctx, talk, reply):
                yield chunk
            if len(reply.stopped) == before:
                return
            stopped = reply.stopped[-1]
            logger.warning(
                "a clause was not spoken", extra={"reason": stopped.reason, "about": stopped.about}
            )
            self._replies = [*self._replies[1 - REMEMBERED :], reply]
            blank = "" if not reply.text or reply.text[-1].isspace() else " "
            if stopped.reason == RULES:
                yield reply.say(f"{blank}{self._prompts.private}")
                return
            # Its tools run and it is asked again anyway: another try now would say things twice.
            last = attempt == tries or reply.called_tools
            line = self._prompts.unconfirmed if last else self._prompts.confirm
            yield reply.say(f"{blank}{line}" + " " * (not last))
            if last:
                return
            chat_ctx = self._told_why(chat_ctx, reply, stopped)

    async def _once(
        self, ask: Ask, chat_ctx: llm.ChatContext, talk: Talk, reply: _Reply
    ) -> AsyncGenerator[Chunk, None]:
        """One answer, up to the first clause that must not leave."""
        clauses = Clauses()
        async with aclosing(ask(chat_ctx)) as chunks:
            async for chunk in chunks:
                content, calls = _parts(chunk)
                ready = clauses.feed(content)
                if calls:  # words before them belong before them
                    ready.append(clauses.end())
                for clause in filter(None, ready):
                    if stopped := await self._stops(clause, talk, reply):
                        reply.stopped.append(stopped)
                        return
                    yield reply.say(clause)
                if isinstance(chunk, llm.ChatChunk) and (calls or not content):
                    reply.called_tools |= calls
                    yield _without_words(chunk)
        if rest := clauses.end():
            if stopped := await self._stops(rest, talk, reply):
                reply.stopped.append(stopped)
                return
            yield reply.say(rest)

    async def _stops(self, clause: str, talk: Talk, reply: _Reply) -> Stopped | None:
        if self._recites(reply.text, clause):
            return Stopped(clause.strip(), RULES)
        talk.reply = reply.text
        checker = self._checker.result() if self._checker.done() else None
        if checker is None:
            if not figures(clause):
                return None
            checker = await self._checker
        if checker is None:
            return Stopped(clause.strip(), clause.strip())
        try:
            objection = checker.objection(clause, talk)
        except sqlite3.Error as error:
            logger.error("a clause cannot be checked, and is not spoken: %s", error)
            return Stopped(clause.strip(), clause.strip())
        return _stopped(objection) if objection else None

    def _recites(self, before: str, clause: str) -> bool:
        words = _words(clause)
        window = [*_words(before[-40 * RECITED :])[1 - RECITED :], *words]
        return any(run in self._rules for run in _runs(window))

    def _told_why(
        self, chat_ctx: llm.ChatContext, reply: _Reply, stopped: Stopped
    ) -> llm.ChatContext:
        told = chat_ctx.copy()
        told.add_message(role="assistant", content=reply.text.strip())
        why = self._prompts.stopped.replace("{clause}", stopped.clause)
        told.add_message(role="system", content=why.replace("{figure}", stopped.reason))
        return told


def talk_of(*contexts: llm.ChatContext, known: str = "") -> Talk:
    """What was said and looked up in a call, from all that is kept of it.

    `known`: what was noted of the caller, which is as good as their words.
    """
    items = {item.id: item for context in contexts for item in context.items}
    ordered = sorted(items.values(), key=lambda item: item.created_at)
    spoken = [
        (item.role, (item.text_content or "")[-LONGEST_LINE:])
        for item in ordered
        if item.type == "message" and item.role in ("user", "assistant")
    ]
    calls = {item.call_id: item for item in ordered if item.type == "function_call"}
    return Talk(
        lines=[text for _, text in reversed(spoken)],
        callers=[*(text for role, text in spoken if role == "user"), known],
        tools=[
            (_arguments(calls.get(item.call_id)), item.output)
            for item in ordered
            if item.type == "function_call_output" and not item.is_error
        ],
    )


def _arguments(call: llm.FunctionCall | None) -> Mapping[str, object]:
    try:
        arguments = json.loads(call.arguments) if call else {}
    except ValueError:
        return {}
    return arguments if isinstance(arguments, dict) else {}


def _stopped(objection: Objection) -> Stopped:
    return Stopped(objection.clause, objection.figure, objection.about)


def _parts(chunk: Chunk) -> tuple[str, bool]:
    """The words of a chunk, and whether it calls tools."""
    if isinstance(chunk, str):
        return chunk, False
    if chunk.delta is None:
        return "", False
    return chunk.delta.content or "", bool(chunk.delta.tool_calls)


def _without_words(chunk: llm.ChatChunk) -> llm.ChatChunk:
    if chunk.delta is None or not chunk.delta.content:
        return chunk
    return chunk.model_copy(update={"delta": chunk.delta.model_copy(update={"content": None})})


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _runs(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[at : at + RECITED]) for at in range(len(words) - RECITED + 1)}
