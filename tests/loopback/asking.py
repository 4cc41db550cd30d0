"""Callers who ask again where they were not understood: on a busy machine their voice may arrive torn."""

import re
from difflib import SequenceMatcher

from sales_agent.caller import Caller, Turn
from sales_agent.local.speaking import speak

TRIES = 3
ALIKE = 0.7  # of the words: one in four or five may be another


def understood(said: str, heard: str) -> bool:
    """Whether these are the same words, but for one that sounds like another."""
    return SequenceMatcher(None, words(said).split(), words(heard).split()).ratio() > ALIKE


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
