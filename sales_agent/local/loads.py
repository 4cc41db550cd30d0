"""How much something carries, asked with the word for how much it weighs: "How much weight can the Ridge hold?" """

import re

from sales_agent.local.vocabulary import Vocabulary, stem

_AMOUNT = r"\bhow (?:much (?:weight|load)|many (?:kilos?|kilograms?|kgs?|pounds?|lbs))"
_CAN = r"(?:can|could|may|should|do|does|will|would)"
_PUT = re.compile(
    rf"(?:{_AMOUNT}|\bhow much) {_CAN} (?:I|we|you|one|they) (?:put|load|place|have|set|rest) (?:on(?:to)?|in) "
    r"(?P<thing>(?:(?:the|an?|your|my|this|that) )?[\w'’-]+(?: (?:desk|chair|table|shelf|bike|van|trailer|\w+er))?)",
    re.IGNORECASE,
)
_HOLD = re.compile(
    rf"{_AMOUNT} (?P<can>{_CAN}) (?P<thing>[\w'’ -]+?) "
    r"(?:carry|hold|take|support|bear|handle|lift|withstand)\b",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"\b(?:max(?:imum)? )?(?:weight|load) (?:limit|capacity|rating)\b|\bmax(?:imum)? (?:weight|load)\b",
    re.IGNORECASE,
)
_WORDS = ("carry", "load", "hold", "support", "capacity")  # by which documents may say it


def of_load(question: str, vocabulary: Vocabulary) -> str:
    """The question without "weight", in a word of the documents; itself where it asks something else."""
    word = next((word for word in _WORDS if stem(word) in vocabulary.stems), None)
    if word is None:
        return question
    question = _PUT.sub(rf"how much can \g<thing> {word}", question)
    question = _HOLD.sub(rf"how much \g<can> \g<thing> {word}", question)
    return _LIMIT.sub(f"how much can {word}", question)
