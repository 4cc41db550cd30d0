"""Sentences that ask nothing of the documents: which phrase answers them."""

import re

# In the order in which they count when a sentence has several: "Thanks, bye" says goodbye.
_KINDS = {
    "identity": r"who (?:are you|am i (?:talking|speaking) (?:to|with))|what is your name|what are you"
    r"|are you (?:a |an )?(?:(?:real|actual|live) )?(?:person|human being|human|robot|bot|machine"
    r"|computer|ai|recording|real)",
    "repeat": r"(?:can you |could you )?(?:say|repeat) (?:that|it)(?: again| once more)?"
    r"|what did you say|pardon(?: me)?|come again",
    "goodbye": r"good ?bye|bye|see you(?: later)?|have a (?:nice|good|great) (?:day|one|evening|weekend)"
    r"|(?:that is|that will be) (?:all|everything|it)(?: for (?:today|now))?|i am done|no thanks"
    r"|no thank you|nothing else",
    "thanks": r"thanks|thank you|cheers|much appreciated|that (?:helps|helped)"
    r"|that is (?:very |so |really )?(?:kind|helpful|nice|good|great)(?: of you| to know)?",
    "greeting": r"hello|hi|hey|howdy|greetings|good (?:morning|afternoon|evening|day)"
    r"|how are you(?: doing)?|how is it going|nice to meet you",
    "anything_else": r"yes|yeah|yep|no|nope|sure|i see|got it|understood|let me think|mm-?hmm?|hmm+",
}
_FILLER = (
    r"a lot|so much|very much|for (?:that|(?:your|the|all your) (?:help|time|information))"
    r"|oh|um|uh|well|okay|ok|so|and|please|there|sir|madam|very|again|then|now|today|great|good|perfect"
    r"|fine|all ?right|alright|right|cool|nice|lovely|wonderful|excellent|sorry"
)
_SMALL = re.compile(
    "|".join(rf"\b(?P<{kind}>{pattern})\b" for kind, pattern in _KINDS.items())
    + rf"|\b(?:{_FILLER})\b"
)
# Not "and" or "what about", which tie a question to the one before.
_OPENING = re.compile(
    rf"^(?:(?:{_KINDS['greeting']}|{_KINDS['thanks']}|{_KINDS['anything_else']}"
    r"|oh|um|uh|well|okay|ok|so|please|there|great|sorry)[\s,.!]+)+"
    r"(?:(?-i:[A-Z])\w+,\s+)?(?=\w+\W+\w)",  # "Hi Robin, …"
    re.IGNORECASE,
)


# "It's Tom." But no "It's broken.", and "I am Summit" is a name as well as any.
_INTRODUCTION = re.compile(
    r"\b(?:[Ii]t(?:['’]s| is)|[Tt]his is|[Mm]y name(?:['’]s| is)|I(?:['’]m| am))"
    r"(?: [A-Z][a-z]+){1,2}(?: here| speaking| calling)?(?=[\s,.!]*$)"
)


def small_talk(text: str) -> str | None:
    """The kind of small talk that the whole sentence is, or None when it may ask for something."""
    plain = (
        _INTRODUCTION.sub("", text)
        .lower()
        .replace("’", "'")
        .replace("'s ", " is ")
        .replace("'m ", " am ")
    )
    plain = " ".join(re.findall(r"[\w'-]+", plain))
    kinds = {match.lastgroup for match in _SMALL.finditer(plain)}
    if _SMALL.sub("", plain).strip():
        return None
    return next((kind for kind in _KINDS if kind in kinds), "anything_else")


def without_opening(text: str) -> str:
    """ "Hi, what does it cost?" without its "Hi"."""
    return _OPENING.sub("", text.strip())
