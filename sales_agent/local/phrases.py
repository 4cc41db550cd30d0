"""prompts/reader.md: the fixed phrases of the reader, and what callers call things."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sales_agent.prompts import SAYINGS, SYNONYMS, PromptError, pairs_in

# The sections that the file must have: what each is for stands in the file.
PHRASES = (
    "notice",
    "not_found",
    "nearest",
    "greeting",
    "identity",
    "thanks",
    "goodbye",
    "anything_else",
    "nothing_to_repeat",
)


@dataclass(frozen=True)
class Phrases:
    """All that the reader says or knows beside the documents."""

    lines: Mapping[str, str]
    """Name of a section -> what to say."""
    synonyms: Sequence[tuple[str, str]]
    """Words of callers, and what documents may have for them, in lower case."""

    def __getitem__(self, name: str) -> str:
        return self.lines[name]

    @classmethod
    def parse(cls, text: str) -> "Phrases":
        """Read the `## name` sections of prompts/reader.md.

        Raises PromptError naming every section that is missing or empty.
        """
        lines: dict[str, str] = {}
        for section in re.split(r"^## +", text, flags=re.MULTILINE)[1:]:
            name, _, body = section.partition("\n")
            if name.strip() not in (SYNONYMS, SAYINGS):
                lines[name.strip()] = " ".join(body.split())
        if missing := [name for name in PHRASES if not lines.get(name)]:
            sections = ", ".join(f"'## {name}'" for name in missing)
            raise PromptError(
                f"reader.md in the prompts folder lacks {sections}: add each with a line to say"
            )
        return cls(lines, [*pairs_in(text, SYNONYMS), *pairs_in(text, SAYINGS)])
