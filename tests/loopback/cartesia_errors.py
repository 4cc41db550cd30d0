"""Cartesia's errors, in the words and the two shapes that its API versions use.

From STRUCTURED_SINCE on errors are JSON objects; before it they are plain text, "Title: Message".
"""

from typing import Any

from aiohttp import web

STRUCTURED_SINCE = "2026-03-01"

REQUEST_ID = web.RequestKey("request_id", str)  # one for each request and socket

# status: (error code, title, message)
WORDS = {
    400: (None, "Bad request", "The request is not valid."),
    401: ("unauthorized", "Invalid API key", "The API key is missing or is not valid."),
    402: ("quota_exceeded", "Insufficient credits", "Your plan has no credits left."),
    404: ("voice_not_found", "Voice not found", "The voice does not exist."),
    429: (
        "concurrency_limited",
        "Too many concurrent requests",
        "You have exceeded your plan's concurrency limit.",
    ),
    500: (None, "Internal server error", "Something went wrong on our side."),
}


class BadRequest(Exception):
    """What the client asked for is not something Cartesia does."""

    def __init__(self, title: str, message: str, code: str | None = None) -> None:
        super().__init__(f"{title}: {message}")
        self.code, self.title, self.message = code, title, message


def version_of(request: web.Request) -> str:
    """The API version asked for by header or, on a WebSocket, by query; empty without one."""
    return request.headers.get("Cartesia-Version") or request.query.get("cartesia_version", "")


def words(status: int) -> tuple[str | None, str, str]:
    """Error code, title and message of a status."""
    return WORDS.get(status, WORDS[500])


def http_error(
    request: web.Request,
    status: int,
    request_id: str,
    *,
    problem: BadRequest | None = None,
    retry_after: float | None = None,
) -> web.Response:
    """An HTTP answer with this status, shaped for the version that the request asked for."""
    code, title, message = words(status)
    if problem is not None:
        code, title, message = problem.code, problem.title, problem.message
    headers = {"X-Request-Id": request_id}
    if retry_after is not None:
        headers["Retry-After"] = f"{retry_after:g}"
    if version_of(request) < STRUCTURED_SINCE:
        return web.Response(status=status, text=f"{title}: {message}", headers=headers)
    body = {"error_code": code, "title": title, "message": message, "request_id": request_id}
    return web.json_response(body, status=status, headers=headers)


def turns_error(status: int, message: str, request_id: str) -> dict[str, Any]:
    """An error event on the turns socket."""
    code, title, _ = words(status)
    return {
        "type": "error",
        "title": title,
        "message": message,
        "error_code": code,
        "status_code": status,
        "request_id": request_id,
    }


def whisper_error(status: int, message: str, request_id: str) -> dict[str, Any]:
    """An error event on the ink-whisper socket."""
    _, title, _ = words(status)
    text = f"{title}: {message}"
    return {"type": "error", "message": text, "code": status, "request_id": request_id}


def tts_error(version: str, status: int, message: str, context_id: str | None) -> dict[str, Any]:
    """An error event on the text-to-speech socket; it ends its context."""
    code, title, _ = words(status)
    event: dict[str, Any] = {"type": "error", "done": True, "status_code": status}
    if version < STRUCTURED_SINCE:
        event["error"] = f"{title}: {message}"
    else:
        event |= {"error_code": code, "title": title, "message": message}
    if context_id is not None:
        event["context_id"] = context_id
    return event
