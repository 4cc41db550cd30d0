"""What of a conversation goes to the model: never a tool call without its result, and never without bound."""

from collections.abc import Iterable, Sequence

from livekit.agents import llm

from sales_agent.asking import is_question
from sales_agent.call import clean

CARRIED_ITEMS = 60  # across a handoff: some twenty turns with their tool calls
# Above MAX_TURNS the oldest go, STEP at a time: a provider's cache holds what begins with the same words, and a
# start that moved with every turn would make it read the whole conversation again and again.
MAX_TURNS = 60
STEP = 20
MAX_CHARACTERS = 24_000  # some 6,000 tokens; sixty turns of ordinary length are 16,000 characters
EARLIER_QUESTIONS = 20
QUESTION_LENGTH = 100  # characters
TRANSFER = "transfer_to_"


def carried(history: llm.ChatContext) -> llm.ChatContext:
    """The conversation as the next agent takes it over: the latest items, and of all transfers only the last."""
    spoken = [item for item in history.items if _is_spoken(item) or _is_tool_item(item)]
    transfers = [
        item.call_id
        for item in spoken
        if item.type == "function_call" and item.name.startswith(TRANSFER)
    ]
    left_out = set(transfers[:-1])
    return llm.ChatContext(
        _latest([item for item in spoken if getattr(item, "call_id", None) not in left_out])
    )


def handoffs_in_turn(history: llm.ChatContext) -> int:
    """How often the caller was handed over since they last spoke."""
    count = 0
    for item in reversed(history.items):
        if is_callers(item):
            break
        count += item.type == "agent_handoff" and item.old_agent_id is not None
    return count


def recent(items: Sequence[llm.ChatItem]) -> list[llm.ChatItem]:
    """The latest turns. They begin with a line of the caller's, so that no tool call is parted from its result."""
    turns = [index for index, item in enumerate(items) if is_callers(item)]
    dropped = max(0, -(-(len(turns) - MAX_TURNS) // STEP)) * STEP
    kept = list(items[turns[dropped] if dropped else 0 :])
    while len(turns) - dropped > 1 and sum(map(_length, kept)) > MAX_CHARACTERS:
        dropped += 1
        kept = list(items[turns[dropped] :])
    return kept


def questions(messages: Iterable[llm.ChatMessage]) -> list[str]:
    """The latest questions among the caller's lines, a bounded line each."""
    lines = [message.text_content or "" for message in messages if is_callers(message)]
    asked = [clean(line, QUESTION_LENGTH) for line in lines if is_question(line)]
    return list(dict.fromkeys(asked))[-EARLIER_QUESTIONS:]


def is_callers(item: llm.ChatItem) -> bool:
    """Whether the caller said it."""
    return item.type == "message" and item.role == "user"


def _latest(items: list[llm.ChatItem]) -> list[llm.ChatItem]:
    kept = items[-CARRIED_ITEMS:]
    while kept and _is_tool_item(kept[0]):
        kept.pop(0)
    calls = {item.call_id for item in kept if item.type == "function_call"}
    results = {item.call_id for item in kept if item.type == "function_call_output"}
    whole = calls & results
    return [item for item in kept if getattr(item, "call_id", None) in whole | {None}]


def _is_spoken(item: llm.ChatItem) -> bool:
    return item.type == "message" and item.role in ("user", "assistant")


def _is_tool_item(item: llm.ChatItem) -> bool:
    return item.type in ("function_call", "function_call_output")


def _length(item: llm.ChatItem) -> int:
    if item.type == "message":
        return len(item.text_content or "")
    if item.type == "function_call":
        return len(item.arguments)
    return len(item.output) if item.type == "function_call_output" else 0
