"""Whether a caller has said goodbye, in English. A model that wants to end a call is not asked.

Strict: who is not understood to have said goodbye hangs up themselves; who is cut off is a customer lost.
"""

import re
from collections.abc import Sequence

_GOODBYE = re.compile(
    r"\b(?:good ?bye|bye(?:[ -]bye)?|good night|see (?:you|ya)|take care|(?:talk|speak) to you"
    r"|have a (?:nice|good|great|lovely|wonderful) (?:day|one|evening|weekend|night|afternoon|time|week)"
    r"|i (?:have|need|got|have got) to (?:go|run|leave|hang up)|i (?:must|gotta|should) (?:go|run)|gotta (?:go|run)"
    r"|leave it (?:there|at that)"
    r"|(?:that is|that was|(?:that|it) (?:will|would) be) (?:all|everything|it)"
    r"(?: i (?:need|needed|want|wanted)(?: to (?:know|ask|hear))?)?"
    r"|nothing (?:else|more)|no (?:more|further|other) questions|we are done|i am (?:done|all set))\b"
)
_END = re.compile(
    r"\b(?:hang up|(?:end|finish|stop|terminate) (?:the|this|our) (?:call|conversation))\b"
)
_POLITE = re.compile(
    r"\b(?:no|yes|okay|ok|thanks?(?: you)?|you (?:too|as well)|likewise|so much|very much|a lot|for (?:now|today)"
    r"|for (?:your|the|all your) (?:help|time)|(?:it was )?nice talking to you|cheers|please|well|great|good|perfect"
    r"|all ?right|then|really|now|later|soon|tomorrow|and|so)\b|[\s,-]+"
)
# Before the words, in the same sentence: it is denied, put off or only talked about.
_NOT = re.compile(
    r"\b(?:not|never|\w+n't|before|until|unless|if|when|why|how|what|instead of|without)\b"
)
_SENTENCE = re.compile(r"[^.!?]+[.!?]*")
NAME = 1  # word that may follow: "Bye, Robin."


def said_goodbye(lines: Sequence[str]) -> bool:
    """Whether a caller's latest lines, the oldest first, end with a goodbye or the wish to end the call."""
    sentences = [s.strip() for line in lines for s in _SENTENCE.findall(_plain(line))]
    for sentence in reversed(sentences):
        if _is_farewell(sentence):
            return True
        if _POLITE.sub("", sentence.strip(" .!,")):  # something else was said last
            return False
    return False


def _is_farewell(sentence: str) -> bool:
    words = sentence.strip(" .!?,")
    match = _END.search(words)  # "Can you end the call?" asks for nothing else
    if match is None and not sentence.endswith("?"):
        # The last one: "That is all, goodbye."
        match = next(reversed(list(_GOODBYE.finditer(words))), None)
    if match is None or _NOT.search(words[: match.start()]):
        return False
    return len(_POLITE.sub(" ", words[match.end() :]).split()) <= NAME


def _plain(line: str) -> str:
    plain = line.lower().replace("’", "'")
    for short, long in (
        ("'s", " is"),
        ("'m", " am"),
        ("'re", " are"),
        ("'ve", " have"),
        ("'ll", " will"),
    ):
        plain = plain.replace(short, long)
    return " ".join(plain.split())
