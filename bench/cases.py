"""Replies written by hand, of fifteen companies, and whether the guard lets them pass.

tests/companies/ holds a folder for each: `documents/` (the desk shop's are the shipped ones), and files of replies that
a good model would say over them, or never may. Each file was written before the guard was measured on it.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sales_agent.checking import Checker
from sales_agent.clauses import Clauses
from sales_agent.knowledge import load_knowledge
from sales_agent.knowledge.licences import Licences
from sales_agent.prompts import synonyms_in
from sales_agent.talk import Talk

ROOT = Path(__file__).parent.parent
WRITTEN = ROOT / "tests/companies"
COMPANIES = {
    "desks": "Harbor Office",
    "software": "Quillbooks",
    "dentist": "Maple Street Dental",
    "cars": "Brookfield Cars",
    "hotel": "Hotel Lindenhof",
    "phones": "Hello Mobile",
    "movers": "Tidewell Removals and Storage",
    "music": "Alder Lane Music School",
    "solar": "Burrenlight Energy",
    "catering": "Alder & Flint Event Catering",
    "hosting": "Brindlecote IT",
    "bikes": "Millrace Cycle & E-Bike",
    "spa": "Kilvarna Springs",
    "vet": "Fernleigh Veterinary Centre & Pet Hotel",
    "rental": "Copperline Car & Camper Rental",
}


@dataclass(frozen=True)
class Case:
    """One reply, with what was said before it."""

    group: str
    says: str
    true: bool
    caller: str = ""
    tool: str = ""
    history: Sequence[str] = ()
    """Caller and agent in turn, the oldest first."""
    wrong: bool = False
    """The guard is known to judge it wrongly."""
    arguments: Mapping[str, object] = field(default_factory=dict)
    """What the tool was called with."""

    def talk(self) -> Talk:
        """The conversation, up to this reply."""
        spoken = [*self.history, *([self.caller] if self.caller else [])]
        return Talk(
            lines=spoken[::-1],
            callers=spoken[::2],
            tools=[(self.arguments, self.tool)] if self.tool else [],
        )


def written(file: Path, group: str) -> Iterator[Case]:
    """The replies of one file."""
    for row in json.loads(file.read_text("utf-8")):
        yield Case(
            f"{group}, {row['split']}" if "split" in row else group,
            row["says"],
            row["true"],
            row["caller"],
            row.get("tool", ""),
            row.get("history", ()),
            row.get("wrong", False),
        )


def of_company(name: str) -> Iterator[Case]:
    """All replies of one company, each in a group of its file's name."""
    for file in sorted((WRITTEN / name).glob("*.json")):
        yield from written(file, f"{name}, {file.stem} set")


def documents_of(name: str) -> Path:
    """The documents of one company."""
    return ROOT / "knowledge" if name == "desks" else WRITTEN / name / "documents"


@contextmanager
def checker_of(name: str, cache: Path) -> Iterator[Checker]:
    """What checks the replies of one company."""
    folder = documents_of(name)
    synonyms = synonyms_in((ROOT / "prompts/reader.md").read_text("utf-8"))
    knowledge = load_knowledge(folder, cache)
    licences = Licences(knowledge, cache, company=COMPANIES[name], synonyms=synonyms)
    try:
        yield Checker(licences)
    finally:
        licences.close()


def passes(checker: Checker, case: Case, seconds: list[float] | None = None) -> bool:
    """Whether the whole reply would be spoken, as the guard cuts and checks it."""
    talk = case.talk()
    clauses = Clauses()
    for clause in [*clauses.feed(case.says), clauses.end()]:
        start = time.thread_time()  # of this core: other programs may be busy
        objection = checker.objection(clause, talk)
        if seconds is not None:
            seconds.append(time.thread_time() - start)
        if objection:
            return False
        talk.reply += clause
    return True
