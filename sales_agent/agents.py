"""Who is speaking: the sales agent and its specialists, how they hand over, and how they ask their model.

A request to the model is, in this order:
    the rules and the documents    the same bytes for every agent, turn and call, because providers cache prefixes
    the documents that changed since the call began, where some did
    the role, the state of the call, and what was asked longer ago than the conversation reaches back
    passages for the caller's last words, where the prompt does not hold all documents
    the conversation, at most some sixty turns of it; for a small model with hints
"""

import logging
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, ClassVar

from livekit import rtc
from livekit.agents import (
    NOT_GIVEN,
    Agent,
    AgentSession,
    APIError,
    ConversationItemAddedEvent,
    FunctionToolsExecutedEvent,
    ModelSettings,
    RunContext,
    ToolError,
    function_tool,
    llm,
    stt,
    tts,
)

from sales_agent.call import Call
from sales_agent.conversation import (
    TRANSFER,
    carried,
    handoffs_in_turn,
    is_callers,
    questions,
    recent,
)
from sales_agent.guard import TRIES, Guard, talk_of
from sales_agent.hints import Hints, with_hints
from sales_agent.knowledge.current import CurrentKnowledge
from sales_agent.knowledge.retrieval import Material
from sales_agent.knowledge_tools import retrieved, search_knowledge
from sales_agent.metrics import Ear
from sales_agent.prompts import Briefing
from sales_agent.tools import SPOKEN, end_call, note

logger = logging.getLogger("sales_agent")

# The rate limiter counts what a reply may cost before it is made. Three spoken sentences are about 80 tokens;
# a tool call with its arguments and a model's short reasoning fit as well.
MAX_REPLY_TOKENS = 400
# For one line of the caller's: there, and on once more. Agents that send a caller round never answer.
MAX_HANDOFFS = 2
ROLE_ID = "sales_agent.role"
CHANGED_ID = "sales_agent.changed"


@dataclass(frozen=True, kw_only=True)
class Team:
    """What the agents of one call share."""

    briefing: Briefing
    voices: Mapping[str, tts.TTS[Any]] = field(default_factory=dict)
    """By role, where it is not the session's."""
    data_tools: list[llm.Tool] = field(default_factory=list)
    """Beside those that every call has: what the company's data and systems can answer. Grows by `learn`."""
    material: Material | None = None
    """The documents that are too much for the prompt; None where there are none."""
    hints: Hints | None = None  # for a model that is too small to find what answers a question
    reads_aloud: bool = False
    """There is no language model: nothing but the conversation is of use."""
    tools: bool = True
    """Whether the model gets any. A small one on this machine reads them for seconds, and takes the wrong one."""
    hands_over: bool = True
    """Whether there are specialists. A model on this machine would read another role's request for seconds."""
    asked: deque[float] = field(default_factory=lambda: deque(maxlen=8))
    """When a model was asked for the latest replies, in seconds of `time.time()`, spoken or thrown away."""
    guard: Guard | None = None
    """Checks what is said; None lets everything pass."""
    ear: Ear = field(default_factory=Ear)  # when the caller was last heard
    current: CurrentKnowledge | None = None
    """The documents as they are now; none where nobody follows them."""

    def news(self) -> list[llm.ChatItem]:
        """What changed in the documents since the call began, as a message where something did."""
        if self.current is None or not self.current.news:
            return []
        text = f"{self.briefing.prompts.changed}\n{self.current.news}"
        return [llm.ChatMessage(id=CHANGED_ID, role="system", content=[text])]

    async def learn(self, tools: Sequence[llm.Tool], session: AgentSession[Call]) -> None:
        """Give more tools to whoever speaks, and to who takes over from them."""
        self.data_tools.extend(tools)
        agent = session.current_agent
        await agent.update_tools([*agent.tools, *tools])


class TeamAgent(Agent):
    """One role of the team. All have the same instructions, and the same tools but for handing over."""

    role: ClassVar[str]

    def __init__(self, team: Team, *, takes_over: bool = False) -> None:
        """`takes_over`: in the middle of a call, with a question to answer."""
        others = [role for role in AGENTS if role != self.role and team.hands_over]
        transfers = [_transfer(role) for role in others]
        searching = [search_knowledge(team.material)] if team.material else []
        tools: list[llm.Tool | llm.Toolset] = [note, end_call, *searching]
        tools += [*team.data_tools, *transfers]
        super().__init__(
            instructions=team.briefing.system_prompt,
            tools=tools if team.tools else [],
            tts=team.voices.get(self.role, NOT_GIVEN),
        )
        self.team = team
        self._takes_over = takes_over
        self._handed_over = ("", 0)  # in which step of which reply

    @property
    def call(self) -> Call:
        call = self.session.userdata
        assert isinstance(call, Call)
        return call

    async def on_enter(self) -> None:
        """Take the conversation over as it is, and answer what caused the handoff."""
        self.session.on("conversation_item_added", self._heard)
        self.session.on("function_tools_executed", self._tools_ran)
        if not self._takes_over:
            return
        self.call.update(specialist=self.role)
        # From the session's history, which also has what was said while the tool ran. The call that led here is
        # not among this agent's tools, and has to stay all the same.
        history = carried(self.session.history)
        await self.update_chat_ctx(history, exclude_invalid_function_calls=False)
        self.session.generate_reply()

    async def on_exit(self) -> None:
        self.session.off("conversation_item_added", self._heard)
        self.session.off("function_tools_executed", self._tools_ran)

    def _heard(self, event: ConversationItemAddedEvent) -> None:
        if (
            isinstance(event.item, llm.ChatMessage)
            and is_callers(event.item)
            and self.call.stage == "greeting"
        ):
            self.call.update(stage="discovery")

    def _tools_ran(self, event: FunctionToolsExecutedEvent) -> None:
        if event.has_agent_handoff:  # the next agent answers; two answers would be spoken
            event.cancel_tool_reply()

    def hand_over(self, ctx: RunContext[Call], role: str) -> "TeamAgent":
        """Give the agent that goes on. Raises ToolError where it is this one that has to answer."""
        step = (ctx.speech_handle.id, ctx.speech_handle.num_steps)
        if step == self._handed_over:
            raise ToolError("The caller is being handed over already.")
        if handoffs_in_turn(self.session.history) >= MAX_HANDOFFS:
            raise ToolError(
                "The caller was handed over often enough: answer yourself now, as well as the documents allow."
            )
        self._handed_over = step
        logger.info("%s hands over to %s", self.role, role)
        return AGENTS[role](self.team, takes_over=True)

    async def stt_node(
        self, audio: AsyncIterable[rtc.AudioFrame], model_settings: ModelSettings
    ) -> AsyncGenerator[stt.SpeechEvent | str, None]:
        """Listen to the caller, and note when they were last heard."""

        async def listening() -> AsyncGenerator[rtc.AudioFrame, None]:
            async for frame in audio:
                self.team.ear.hear(frame)
                yield frame

        async with aclosing(Agent.default.stt_node(self, listening(), model_settings)) as events:
            async for event in events:
                yield event

    async def llm_node(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncGenerator[llm.ChatChunk | str, None]:
        """Give what may be said of the model's reply."""
        guard = self.team.guard
        if guard is None:
            answer = self._ask(chat_ctx, tools, model_settings)
        else:
            answer = guard.watch(
                lambda context: self._ask(context, tools, model_settings),
                chat_ctx,
                talk_of(self.session.history, chat_ctx, known=self.call.known()),
                tries=1 if self.team.reads_aloud else TRIES,  # it would read out the same again
            )
        async with aclosing(answer) as chunks:
            async for chunk in chunks:
                yield chunk

    async def _ask(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncGenerator[llm.ChatChunk | str, None]:
        """Ask the model for a reply of bounded length; gives `trouble` where none comes after the retries.

        Here, and not where errors are reported, because speculative replies fail too, before the turn is over.
        What the model is shown beside the conversation is added here too: added before, a change would throw the
        speculative reply away.
        """
        self.team.asked.append(time.time())
        # Cerebras's plugin takes no such bound of its own, and its rate limiter counts what a reply may cost.
        extra: dict[str, Any] = {"max_completion_tokens": MAX_REPLY_TOKENS}
        model = self.session.llm
        assert isinstance(model, llm.LLM)
        spoken = False
        try:
            async with model.chat(
                chat_ctx=chat_ctx if self.team.reads_aloud else await self._request(chat_ctx),
                tools=tools,
                tool_choice=model_settings.tool_choice,
                conn_options=self.session.conn_options.llm_conn_options,
                extra_kwargs=extra,
            ) as stream:
                async for chunk in stream:
                    if chunk.delta:
                        spoken = spoken or bool((chunk.delta.content or "").strip())
                        for call in chunk.delta.tool_calls:
                            call.extra = {**(call.extra or {}), SPOKEN: spoken}
                    yield chunk
        except APIError as error:
            logger.error("the model gave no answer: %s", error.message)
            yield f" {self.team.briefing.prompts.trouble}"  # the blank parts it from a sentence that broke off

    def about(self, call: Call, earlier: Sequence[str] = ()) -> str:
        """What this agent is told beside the instructions: its role, the state of the call, old questions."""
        prompts = self.team.briefing.prompts
        parts = [prompts.roles[self.role]]
        if self.team.tools and self.team.hands_over:
            parts.append(prompts.hand_over[self.role])
        parts.append(f"{prompts.known}\n{call.known()}")
        if earlier:
            parts.append("\n".join([prompts.earlier, *(f"- {question}" for question in earlier)]))
        return "\n\n".join(filter(None, parts))

    async def _request(self, chat_ctx: llm.ChatContext) -> llm.ChatContext:
        """The instructions, then what changed and what this agent is told and shown, then the latest turns."""
        hinted, talk = await with_hints(self.team.hints, chat_ctx.items[1:])
        team, turns = self.team, recent(talk)
        shown = {item.id for item in turns}
        # From the session's history, which reaches back beyond a handoff.
        earlier = questions(m for m in self.session.history.messages() if m.id not in shown)
        about = self.about(self.call, earlier)
        told = [*team.news(), llm.ChatMessage(id=ROLE_ID, role="system", content=[about])]
        if not hinted:  # it is the best of the passages, which a small model would read for seconds
            told += await retrieved(team.material, chat_ctx.items, team.briefing.prompts.retrieved)
        return llm.ChatContext([*chat_ctx.items[:1], *told, *turns])


class SalesAgent(TeamAgent):
    """Answers the call: needs, recommendations, next steps."""

    role = "sales"


class TechnicalAgent(TeamAgent):
    """Takes over for how products are built, work and are mended."""

    role = "technical"


class PricingAgent(TeamAgent):
    """Takes over for prices, discounts and orders."""

    role = "pricing"


AGENTS: dict[str, type[TeamAgent]] = {
    agent.role: agent for agent in (SalesAgent, TechnicalAgent, PricingAgent)
}
FIELDS = {
    "sales": "needs, advice on what to buy, next steps",
    "technical": "how products are built, assembled, used and mended, and what fits what",
    "pricing": "discounts, quantities, offers, payment, orders",
}


def opening(team: Team) -> dict[str, Any]:
    """The messages that the first request of every call begins with, and its tools, as OpenAI's API takes them.

    For a model on this machine, which reads them before there is a call.
    """
    agent = SalesAgent(team)
    context = llm.ChatContext.empty()
    context.add_message(role="system", content=team.briefing.system_prompt)
    context.add_message(role="system", content=agent.about(Call(id="")))
    messages, _ = context.to_provider_format("openai")
    tools = llm.ToolContext(agent.tools).parse_function_tools("openai", strict=False)
    return {"messages": messages, **({"tools": tools} if tools else {})}


def _transfer(role: str) -> llm.Tool:
    """The tool that hands the caller over to one role."""

    @function_tool(
        name=f"{TRANSFER}{role}",
        description=f"Hand the caller over to the colleague for {FIELDS[role]}, when the talk has turned to that. "
        "Say nothing before it: the colleague has heard everything and answers at once.",
    )
    async def transfer(ctx: RunContext[Call]) -> tuple[Agent, llm.ToolResult]:
        agent = ctx.session.current_agent
        assert isinstance(agent, TeamAgent)
        result = "You have taken over. Answer the caller's last words now; do not greet, announce or ask again."
        return agent.hand_over(ctx, role), llm.ToolResult(result, reply_required=False)

    return transfer
