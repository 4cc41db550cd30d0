"""Cerebras on 127.0.0.1: chat completions, streamed or whole, and the model list.

    async with CerebrasServer(replies=["It costs four hundred dollars."]) as cerebras:
        llm = openai_plugin.LLM.with_cerebras(base_url=cerebras.base_url, ...)

OpenAI's wire format with Cerebras's own parts: flat error bodies, `time_info`, `reasoning` deltas,
and `cached_tokens` from a real comparison with the prompts that came before.

Endpoints for fail(), with the events that a fault can name:
    chat     response (before anything is sent), role, reasoning, content, tool_calls, finish, usage
    models   refusals only
"""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.loopback.cerebras_replies import Answer, Reply, cached_tokens, pieces, tokens_of
from tests.loopback.faults import Refuse
from tests.loopback.server import LoopbackServer, arguments, run_alone

MODELS = ("llama-3.3-70b", "gpt-oss-120b")
CREATED = 1_700_000_000  # of every model; a client may only show it

# status: (type, param, code, message), as Cerebras words them
ERRORS = {
    400: ("invalid_request_error", None, "wrong_api_format", "The request is not valid."),
    401: ("invalid_request_error", "api_key", "wrong_api_key", "Wrong API Key"),
    404: (
        "not_found_error",
        "model",
        "model_not_found",
        "Model does not exist or you do not have access to it.",
    ),
    429: (
        "too_many_requests_error",
        "quota",
        "request_quota_exceeded",
        "Requests per minute limit exceeded - too many requests sent.",
    ),
    500: ("server_error", None, None, "Encountered a server error, please try again."),
    503: (
        "too_many_requests_error",
        "queue",
        "queue_exceeded",
        "We're experiencing high traffic right now! Please try again soon.",
    ),
}


@dataclass
class ChatRequest:
    """One chat completion as the server saw it."""

    body: dict[str, Any]
    headers: dict[str, str]
    prompt_tokens: int
    cached_tokens: int
    finished: bool = False  # False for good when the client hung up or a fault struck

    @property
    def last_message(self) -> str:
        """The text of the last message, whoever wrote it."""
        return str(self.body["messages"][-1].get("content") or "")


class CerebrasServer(LoopbackServer):
    """A Cerebras whose model says what the script says.

    replies: what each request is answered with, in order; a request too many is answered with 500.
        A speculative request takes a reply like any other: use `reply` where those occur.
    reply: the answer to a request's body, instead of a list.
    models: the ids that are served.
    first_token_delay, token_delay: seconds before the first token, and before each further one.
    api_key: the only key that is let in; None lets in every one.
    """

    endpoints = ("chat", "models")

    def __init__(
        self,
        *,
        replies: Sequence[Answer] = (),
        reply: Callable[[dict[str, Any]], Answer] | None = None,
        models: Sequence[str] = MODELS,
        first_token_delay: float = 0.0,
        token_delay: float = 0.0,
        api_key: str | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(port=port)
        self.requests: list[ChatRequest] = []
        self._replies = list(replies)
        self._reply = reply
        self._models = list(models)
        self._first_token_delay = first_token_delay
        self._token_delay = token_delay
        self._api_key = api_key
        self._prompts: dict[str, list[str]] = {}  # model: prompts it has read

    @property
    def spoken(self) -> list[ChatRequest]:
        """The requests of conversations; write-ups, which come after calls, are not streamed."""
        return [request for request in self.requests if request.body.get("stream")]

    @property
    def base_url(self) -> str:
        """For OpenAI clients, which want the /v1; Cerebras's own SDK takes `url`."""
        return f"{self.url}/v1"

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/models", self.guarded("models", self._list_models)),
            web.get("/v1/models/{id}", self.guarded("models", self._one_model)),
            web.post("/v1/chat/completions", self.guarded("chat", self._chat)),
            # The SDK opens a connection with this before its first real request.
            web.get("/v1/tcp_warming", self.guarded("models", self._warm)),
        ]

    def deny(self, request: web.Request) -> web.Response | None:
        key = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not key or (self._api_key is not None and key != self._api_key):
            return _error(401)
        return None

    def refuse(self, request: web.Request, refusal: Refuse) -> web.Response:
        return _error(refusal.status, retry_after=refusal.retry_after)

    async def _warm(self, _: web.Request) -> web.Response:
        return web.Response()

    async def _list_models(self, _: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [_model(m) for m in self._models]})

    async def _one_model(self, request: web.Request) -> web.Response:
        model = request.match_info["id"]
        return web.json_response(_model(model)) if model in self._models else _error(404)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await request.json()
        except ValueError:
            return _error(400, "The body is not JSON.")
        if not isinstance(body, dict) or not body.get("messages") or "model" not in body:
            return _error(400, "model and messages are required.")
        if body["model"] not in self._models:
            return _error(404)
        earlier = self._prompts.setdefault(body["model"], [])
        # Everything that a chat template would render, in its order.
        prompt = json.dumps([body.get("tools"), body["messages"]], ensure_ascii=False)
        record = ChatRequest(
            body, dict(request.headers), tokens_of(prompt), cached_tokens(prompt, earlier)
        )
        self.requests.append(record)
        earlier.append(prompt)
        if self._reply is None and not self._replies:
            return _error(500, "The script of replies has come to its end.")
        answer = self._reply(body) if self._reply is not None else self._replies.pop(0)
        completion = _Completion(record, Reply.of(answer))
        if error := await self.struck(request, "chat", "response"):
            return _error(error.status, error.message)
        if body.get("stream"):
            return await self._stream(request, completion)
        await asyncio.sleep(
            self._first_token_delay + self._token_delay * max(0, len(completion.deltas) - 1)
        )
        record.finished = True
        return web.json_response(completion.whole())

    async def _stream(self, request: web.Request, completion: "_Completion") -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        async for event, chunk in self._paced(completion):
            error = await self.struck(request, "chat", event)
            if not response.prepared:
                await response.prepare(request)
            if error is not None:
                body = {"error": _words(error.status, error.message), "status_code": error.status}
                await response.write(_sse(body))
                return response
            await response.write(_sse(chunk))
        await response.write(b"data: [DONE]\n\n")
        completion.record.finished = True
        await response.write_eof()
        return response

    async def _paced(self, completion: "_Completion") -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """The stream's chunks with the names of their events, each at its time."""
        await asyncio.sleep(self._first_token_delay)
        completion.first_token_now()
        yield "role", completion.chunk({"role": "assistant"})
        for index, (event, delta) in enumerate(completion.deltas):
            await asyncio.sleep(self._token_delay if index else 0)
            yield event, completion.chunk(delta)
        finish = completion.chunk({}, completion.finish_reason)
        if not (completion.record.body.get("stream_options") or {}).get("include_usage"):
            yield "finish", finish | {"time_info": completion.time_info()}
            return
        yield "finish", finish
        end = {"usage": completion.usage(), "time_info": completion.time_info()}
        yield "usage", completion.head("chat.completion.chunk") | {"choices": []} | end


class _Completion:
    """One answer on its way out, in Cerebras's format."""

    def __init__(self, record: ChatRequest, reply: Reply) -> None:
        self.record = record
        self._id = f"chatcmpl-{uuid.uuid4()}"
        self._began = self._first_token = time.time()
        limit = record.body.get("max_completion_tokens") or record.body.get("max_tokens")
        reasoning, content = pieces(reply.reasoning), pieces(reply.text)
        self.finish_reason = "tool_calls" if reply.tool_calls else "stop"
        if limit is not None and len(reasoning) + len(content) > limit:
            reasoning = reasoning[:limit]
            content = content[: limit - len(reasoning)]
            self.finish_reason = "length"
        self._reasoning_tokens = len(reasoning)
        self._calls = [call.wire(index) for index, call in enumerate(reply.tool_calls)]
        self._content = "".join(content)
        self._reasoning = "".join(reasoning)
        self.deltas: list[tuple[str, dict[str, Any]]] = [
            *(("reasoning", {"reasoning": piece}) for piece in reasoning),
            *(("content", {"content": piece}) for piece in content),
            *(("tool_calls", {"tool_calls": [part]}) for call in self._calls for part in call),
        ]

    def first_token_now(self) -> None:
        self._first_token = time.time()

    def head(self, kind: str) -> dict[str, Any]:
        return {
            "id": self._id,
            "object": kind,
            "created": int(self._began),
            "model": self.record.body["model"],
            "system_fingerprint": "fp_loopback",
        }

    def chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return self.head("chat.completion.chunk") | {"choices": [choice]}

    def whole(self) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": self._content or None}
        if self._reasoning:
            message["reasoning"] = self._reasoning
        if self._calls:
            message["tool_calls"] = [
                {
                    **call[0],
                    "function": {
                        "name": call[0]["function"]["name"],
                        "arguments": "".join(part["function"]["arguments"] for part in call),
                    },
                }
                for call in self._calls
            ]
        choice = {"index": 0, "message": message, "finish_reason": self.finish_reason}
        end = {"usage": self.usage(), "time_info": self.time_info()}
        return self.head("chat.completion") | {"choices": [choice]} | end

    def usage(self) -> dict[str, Any]:
        return {
            "prompt_tokens": self.record.prompt_tokens,
            "completion_tokens": len(self.deltas),
            "total_tokens": self.record.prompt_tokens + len(self.deltas),
            "prompt_tokens_details": {"cached_tokens": self.record.cached_tokens},
            "completion_tokens_details": {"reasoning_tokens": self._reasoning_tokens},
        }

    def time_info(self) -> dict[str, float]:
        now = time.time()
        return {
            "queue_time": 0.0,
            "prompt_time": self._first_token - self._began,
            "completion_time": now - self._first_token,
            "total_time": now - self._began,
            "created": self._began,
        }


def _model(model: str) -> dict[str, Any]:
    return {"id": model, "object": "model", "created": CREATED, "owned_by": "Cerebras"}


def _words(status: int, message: str | None) -> dict[str, Any]:
    kind, param, code, usual = ERRORS.get(status, ERRORS[500])
    return {"message": message or usual, "type": kind, "param": param, "code": code}


def _error(
    status: int, message: str | None = None, *, retry_after: float | None = None
) -> web.Response:
    headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
    return web.json_response(_words(status, message), status=status, headers=headers)


def _sse(data: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


if __name__ == "__main__":
    options = arguments("tests.loopback.cerebras", "Cerebras's stand-in on 127.0.0.1.").parse_args()
    server = CerebrasServer(
        port=options.port, reply=lambda body: f"You said: {body['messages'][-1]['content']}"
    )
    run_alone(server, lambda: f"CEREBRAS_BASE_URL={server.base_url}")
