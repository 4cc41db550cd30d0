"""Callers who ask again where they were not understood: on a busy machine their voice may arrive torn."""

import re

from sales_agent.caller import Caller, Turn
from sales_agent.local.speaking import speak

TRIES = 3
SHORT = 3  # letters of words that a question does not hang on
ASKING = {"what", "does"}
# The Summit desk's 749 dollars as they are heard; in a torn voice forty may sound like fourteen.
PRICE = re.compile(r"749|seven hundred (?:and )?fou?rt\w+ nine")


def understood(said: str, heard: str) -> bool:
    """Whether all words were heard that a question hangs on."""
    needed = {word for word in words(said).split() if len(word) > SHORT} - ASKING
    return needed <= set(words(heard).split())


async def ask(caller: Caller, text: str) -> Turn:
    """Ask by voice; gives the turn in which it was understood, or the last."""
    samples, _ = speak(text)
    for _ in range(TRIES):
        turn = await caller.say(text, samples)
        if understood(text, turn.heard):
            break
    return turn


def words(text: str) -> str:
    """Without stops and capitals: a busy machine makes pauses in a voice, which are heard as stops."""
    return " ".join(re.findall(r"\w+", text.lower()))
