"""Who is speaking: the agent's character, and how it asks its model."""

import logging
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from typing import Any

from livekit import rtc
from livekit.agents import Agent, APIError, ModelSettings, llm, stt

from sales_agent.metrics import Ear

logger = logging.getLogger("sales_agent")

# The rate limiter counts what a reply may cost before it is made. Three spoken sentences are about 80 tokens;
# a tool call with its arguments and a model's short reasoning fit as well.
MAX_REPLY_TOKENS = 400


class SalesAgent(Agent):
    """Answers a caller from the documents in its instructions."""

    def __init__(self, *, instructions: str, trouble: str) -> None:
        """`trouble` is what the caller hears when the model gives no answer: silence sounds like a dead line."""
        super().__init__(instructions=instructions)
        self._trouble = trouble
        # When the model was asked for the latest replies, in seconds of `time.time()`, spoken or thrown away.
        self.asked: deque[float] = deque(maxlen=8)
        self.ear = Ear()

    async def stt_node(
        self, audio: AsyncIterable[rtc.AudioFrame], model_settings: ModelSettings
    ) -> AsyncGenerator[stt.SpeechEvent | str, None]:
        """Listen to the caller, and note when they were last heard."""

        async def listening() -> AsyncGenerator[rtc.AudioFrame, None]:
            async for frame in audio:
                self.ear.hear(frame)
                yield frame

        async with aclosing(Agent.default.stt_node(self, listening(), model_settings)) as events:
            async for event in events:
                yield event

    async def llm_node(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncGenerator[llm.ChatChunk | str, None]:
        """Ask the model for a reply of bounded length; gives `trouble` where none comes after the retries.

        Here, and not where errors are reported, because speculative replies fail too, before the turn is over.
        """
        self.asked.append(time.time())
        # Cerebras's plugin takes no such bound of its own, and its rate limiter counts what a reply may cost.
        extra: dict[str, Any] = {"max_completion_tokens": MAX_REPLY_TOKENS}
        model = self.session.llm
        assert isinstance(model, llm.LLM)
        try:
            async with model.chat(
                chat_ctx=chat_ctx,
                tools=tools,
                tool_choice=model_settings.tool_choice,
                conn_options=self.session.conn_options.llm_conn_options,
                extra_kwargs=extra,
            ) as stream:
                async for chunk in stream:
                    yield chunk
        except APIError as error:
            logger.error("the model gave no answer: %s", error.message)
            yield f" {self._trouble}"  # the blank parts it from a sentence that broke off
