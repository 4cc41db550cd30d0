"""What is made of a call once it is over: its shape, how a model's answer becomes one, and one without a model."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sales_agent.asking import is_question
from sales_agent.call import Call, clean

Outcome = Literal["follow_up_agreed", "interested", "informed", "not_interested", "no_conversation"]
Line = Mapping[str, Any]

# Told elsewhere, or of no use to a colleague.
UNTOLD = ("name", "company", "stage", "specialist", "contact_consent", "remember_consent")
SUMMARY_LENGTH, ITEM_LENGTH, ITEMS = 1_200, 300, 20
# "I can't find exactly that": the answer that rests on a document then is to another question.
_NOT_QUITE = re.compile(r"\bI (?:can['’]t|cannot|could ?n['o’]t) find\b", re.IGNORECASE)
RULES = "rules"  # who wrote it, where no model did

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


# Without bounds, which strict mode does not know; they are kept below.
SCHEMA = _object(
    summary=_TEXT,
    outcome={"type": "string", "enum": list(get_args(Outcome))},
    lead=_object(score={"type": "integer"}, reason=_TEXT),
    objections=_TEXTS,
    unanswered=_TEXTS,
    next_step=_TEXT,
)


class RubbishError(Exception):
    """A model's answer that is no write-up."""


@dataclass(frozen=True, kw_only=True)
class Writeup:
    """For the colleague who calls back."""

    summary: str
    outcome: Outcome
    score: int
    """0 to 100: how likely they buy."""
    reason: str
    objections: Sequence[str]
    unanswered: Sequence[str]
    """What the caller asked and the documents lacked."""
    next_step: str
    by: str
    """The model that wrote it, or RULES."""

    def as_json(self) -> dict[str, Any]:
        return {
            "summary": self.summary,
            "outcome": self.outcome,
            "lead": {"score": self.score, "reason": self.reason},
            "objections": list(self.objections),
            "unanswered": list(self.unanswered),
            "next_step": self.next_step,
            "by": self.by,
        }


def parsed(answer: str, model: str) -> Writeup:
    """Read a model's answer, bounded and cleaned. Raises RubbishError where it does not fit SCHEMA."""
    try:
        found = json.loads(answer)
        score, outcome = found["lead"]["score"], found["outcome"]
        summary = _text(found["summary"], SUMMARY_LENGTH)
        if isinstance(score, bool) or not isinstance(score, int) or not 0 <= score <= 100:
            raise RubbishError(f"a score of {score!r}")
        if outcome not in get_args(Outcome) or not summary:
            raise RubbishError("no summary, or an outcome that is none")
        return Writeup(
            summary=summary,
            outcome=outcome,
            score=score,
            reason=_text(found["lead"]["reason"]),
            objections=_texts(found["objections"]),
            unanswered=_texts(found["unanswered"]),
            next_step=_text(found["next_step"]),
            by=model,
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise RubbishError(f"{type(error).__name__}: {error}") from error


def by_rules(call: Call, lines: Sequence[Line]) -> Writeup:
    """What follows from the state and the transcript alone."""
    asked = [line["text"] for line in lines if line["who"] == "caller" and line["text"].strip()]
    score, reason = _score(call)
    return Writeup(
        summary=_summary(call, asked),
        outcome=_outcome(call, asked),
        score=score if asked else 0,
        reason=reason if asked else "The caller said nothing.",
        objections=list(call.objections),
        unanswered=_unanswered(lines),
        next_step=call.next_step,
        by=RULES,
    )


def _outcome(call: Call, asked: Sequence[str]) -> Outcome:
    if not asked:
        return "no_conversation"
    if call.contact_consent or call.next_step:
        return "follow_up_agreed"
    if call.contact_consent is False:
        return "not_interested"
    return "interested" if call.need or call.quantity or call.budget else "informed"


def _score(call: Call) -> tuple[int, str]:
    """Each thing that is known of a purchase makes it likelier; what holds them back takes some away."""
    worth = {"need": 15, "products": 10, "quantity": 15, "budget": 15, "timeline": 15}
    known = [name for name in worth if getattr(call, name)]
    score = 5 + sum(worth[name] for name in known)
    reasons = [f"known: {', '.join(known)}" if known else "nothing known of a purchase"]
    if call.contact_consent:
        score += 25
        reasons.append("agreed to be contacted")
    elif call.contact_consent is False:
        score -= 20
        reasons.append("does not want to be contacted")
    if call.objections:
        score -= 10
        reasons.append(f"objections: {len(call.objections)}")
    text = "; ".join(reasons)
    return max(0, min(100, score)), f"{text[0].upper()}{text[1:]}."


def _summary(call: Call, asked: Sequence[str]) -> str:
    if not asked:
        return "Nobody spoke."
    who = " of ".join(part for part in (call.name, call.company) if part) or "A caller"
    facts = [
        f"{name}: {fact}" for name, fact in call.facts().items() if fact and name not in UNTOLD
    ]
    sentences = [f"{who} called and spoke {len(asked)} time{'s' * (len(asked) != 1)}."]
    if facts:
        sentences.append("; ".join(facts)[:1].upper() + "; ".join(facts)[1:] + ".")
    sentences.append(f"First: “{clean(asked[0])}”")
    if len(asked) > 1:
        sentences.append(f"Last: “{clean(asked[-1])}”")
    return clean(" ".join(sentences), SUMMARY_LENGTH)


def _unanswered(lines: Sequence[Line]) -> list[str]:
    """Questions after which the agent spoke, and what it said rests on no document, or was said not to be it."""
    found: list[str] = []
    for index, line in enumerate(lines):
        if line["who"] != "caller" or not is_question(line["text"]):
            continue
        answers = []
        for answer in lines[index + 1 :]:
            if answer["who"] == "caller":
                break
            answers.append(answer)
        looked = [answer for answer in answers if answer["sources"] is not None]
        if looked and not any(
            answer["tools"] or (answer["sources"] and not _NOT_QUITE.search(answer["text"]))
            for answer in looked
        ):
            found.append(line["text"])
    return _texts(found)


def _text(value: Any, length: int = ITEM_LENGTH) -> str:
    if not isinstance(value, str):
        raise RubbishError(f"{value!r} where a text should be")
    return clean(value, length)


def _texts(values: Any) -> list[str]:
    if not isinstance(values, list):
        raise RubbishError(f"{values!r} where a list should be")
    texts = [_text(value) for value in values]
    return list(dict.fromkeys(text for text in texts if text))[:ITEMS]
