"""What the stand-in's model says, and how its tokens are counted."""

import json
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

# A cache works in blocks (Cerebras: 100 to 600 tokens); only whole blocks are reused.
CACHE_BLOCK_TOKENS = 128
CHARACTERS_A_TOKEN = 4  # of English, on average


@dataclass(frozen=True)
class ToolCall:
    """A call that the model wants made."""

    name: str
    arguments: dict[str, Any]

    def wire(self, index: int) -> list[dict[str, Any]]:
        """The call as the deltas of a stream: its name first, then its arguments in two parts."""
        text = json.dumps(self.arguments)
        call_id = uuid.uuid4().hex[:9]
        first = {
            "index": index,
            "id": call_id,
            "type": "function",
            "function": {"name": self.name, "arguments": ""},
        }
        rest = [
            {"index": index, "type": "function", "function": {"arguments": part}}
            for part in (text[: len(text) // 2], text[len(text) // 2 :])
        ]
        return [first, *rest]


@dataclass(frozen=True)
class Reply:
    """A whole answer: thoughts first, then words, then tool calls."""

    text: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()

    @classmethod
    def of(cls, answer: "Answer") -> Self:
        """Words, a tool call, several of them, or a dict: the JSON of a structured output."""
        match answer:
            case str():
                return cls(text=answer)
            case ToolCall():
                return cls(tool_calls=(answer,))
            case list():
                return cls(tool_calls=tuple(answer))
            case dict():
                return cls(text=json.dumps(answer))
            case _:
                return cls(answer.text, answer.reasoning, answer.tool_calls)


Answer = str | ToolCall | list[ToolCall] | dict[str, Any] | Reply


def pieces(text: str) -> list[str]:
    """Words with the space before them: what the stand-in counts and streams as tokens."""
    return re.findall(r"\s*\S+|\s+$", text)


def tokens_of(prompt: str) -> int:
    """An estimate that is the same for the same prompt."""
    return -(-len(prompt) // CHARACTERS_A_TOKEN)


def cached_tokens(prompt: str, earlier: Iterable[str]) -> int:
    """Tokens of the longest beginning shared with an earlier prompt, in whole blocks."""
    shared = max((_shared_prefix(prompt, other) for other in earlier), default=0)
    return shared // CHARACTERS_A_TOKEN // CACHE_BLOCK_TOKENS * CACHE_BLOCK_TOKENS


def _shared_prefix(a: str, b: str) -> int:
    """Characters that both begin with, by halving: prompts are long, and calls are timed."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
