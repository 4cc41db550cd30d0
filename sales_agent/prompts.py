"""prompts/*.md and the documents -> the system prompt, the same bytes from call to call.

Rules come first, then the documents in sorted order; no clock, no state of a call and no specialist's role is in it.
Providers cache exact prefixes, and a small local model takes seconds to read a fact sheet once.
"""

import contextlib
import hashlib
import logging
import os
import pickle
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from sales_agent.config import MendableError, Settings
from sales_agent.knowledge import (
    Knowledge,
    KnowledgeError,
    OnProgress,
    PromptBlock,
    key_terms,
    load_knowledge,
    prompt_block,
    whole_block,
)
from sales_agent.knowledge.building import build_library, read_shelf
from sales_agent.knowledge.progress import for_pass
from sales_agent.knowledge.terms import merged_terms

logger = logging.getLogger("sales_agent")

RULES = ("persona", "voice", "grounding")
LINES = (
    "greeting",
    "greeting_again",
    "returned",
    "moment",
    "handed_over",
    "trouble",
    "known",
    "earlier",
    "confirm",
    "unconfirmed",
    "private",
    "retrieved",
    "found",
    "nearest",
    "near",
    "not_found",
)
TEXTS = ("reader", "after_call", "stopped", "changed")
ROLES = ("sales", "technical", "pricing")
SYNONYMS, SAYINGS = "synonyms", "sayings"  # sections of reader.md
HAND_OVER = "## hand over"  # what follows it in a role's file is for models that can
CALL_PATIENCE = (
    1.0  # seconds that a caller waits for documents to be parsed that were never seen before
)
CALLER = "{caller}"  # filled in the call
FOUND = "{found}"
IN_CALL = frozenset({CALLER, FOUND, "{clause}", "{figure}"})  # all that are
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


class PromptError(MendableError):
    """A prompt file that cannot be used; the message names the file and the mend."""


@dataclass(frozen=True, kw_only=True)
class Prompts:
    """The words of the agent, with every placeholder filled."""

    identity: Mapping[str, str]  # what persona.md defines at its top: company, agent, tone, …
    rules: str
    roles: Mapping[str, str]  # what each specialist cares about; not part of the shared prefix
    hand_over: Mapping[str, str]  # when each hands over to the others
    greeting: str
    greeting_again: str  # for a customer who is remembered; CALLER stands for their name
    returned: str
    moment: str  # while something takes long
    handed_over: str  # when a person takes the call over
    trouble: str
    known: str  # heads the state of a call
    earlier: str  # heads the questions of a long call that are no longer shown word for word
    confirm: str  # in place of a figure that nothing licenses, before another try
    unconfirmed: str  # where that failed too
    private: str  # in place of the agent's own rules
    reader: str
    after_call: str  # what a model is told that writes a call up
    stopped: str  # what a model is told whose words were not spoken
    retrieved: str  # heads the passages that were found for the caller's last words
    changed: str  # heads the documents that changed since the call began
    found: str  # a small model's hint where the reader is sure of an answer, which FOUND stands for
    nearest: str  # where it is not sure
    near: str  # where it is not, and nothing was asked
    not_found: str  # where it finds nothing


@dataclass(frozen=True, kw_only=True)
class Briefing:
    """What the agent knows when the phone rings."""

    prompts: Prompts
    knowledge: Knowledge
    block: PromptBlock
    key_terms: list[str]  # product names, for speech-to-text
    library: Path | None = (
        None  # where the rest is searched; None where the prompt holds all documents
    )

    @property
    def system_prompt(self) -> str:
        return f"{self.prompts.rules}\n\n{self.block.text}"


def load_prompts(folder: Path) -> Prompts:
    """Read the prompt files and fill their placeholders.

    Raises PromptError where a file is missing, empty or has a placeholder that nobody fills.
    """
    texts = {name: _read(folder / f"{name}.md") for name in (*RULES, *ROLES, *LINES, *TEXTS)}
    identity, texts["persona"] = _split_identity(texts["persona"])

    def fill(name: str) -> str:
        def value(match: re.Match[str]) -> str:
            key = match.group(1)
            if match.group() in IN_CALL:
                return match.group()
            if key not in identity:
                raise PromptError(
                    f"{folder / name}.md: nobody fills {{{key}}}: add the line '{key}: …' at the "
                    f"top of {folder / 'persona.md'}, or take it out"
                )
            return identity[key]

        return _PLACEHOLDER.sub(value, texts[name]).strip()

    return Prompts(
        identity=identity,
        rules="\n\n".join(fill(name) for name in RULES),
        roles={name: fill(name).partition(HAND_OVER)[0].strip() for name in ROLES},
        hand_over={name: fill(name).partition(HAND_OVER)[2].strip() for name in ROLES},
        **{name: fill(name) for name in TEXTS},
        **{name: " ".join(fill(name).split()) for name in LINES},
    )


def brief(
    settings: Settings, on_progress: OnProgress | None = None, *, patience: float | None = None
) -> Briefing:
    """Read prompts and documents as they are now; what is too much for the prompt goes into a library.

    `patience`: seconds for new documents, and for another process that is at the library; None is as long as it takes.
    Raises PromptError or KnowledgeError, each with one line.
    """
    prompts = load_prompts(settings.prompts_dir)
    knowledge = load_knowledge(
        settings.knowledge_dir, settings.cache, on_progress, patience=patience
    )
    block = whole_block(knowledge, settings.prompt_tokens)
    if block is not None:
        briefing = Briefing(
            prompts=prompts, knowledge=knowledge, block=block, key_terms=key_terms(knowledge)
        )
    else:
        wait = -1 if patience is None else patience
        library = build_library(
            knowledge, settings.cache, for_pass("words", on_progress), wait=wait
        )
        shelf = read_shelf(library)
        briefing = Briefing(
            prompts=prompts,
            knowledge=knowledge,
            block=prompt_block(knowledge, settings.prompt_tokens, shelf.listed),
            key_terms=merged_terms(shelf.terms),
            library=library,
        )
    with contextlib.suppress(OSError):  # a cache that cannot be written only loses the safety net
        _remember(briefing, _last_good(settings))
    return briefing


def brief_for_a_call(settings: Settings) -> Briefing:
    """Read prompts and documents as they are now; the last good ones where an edit broke them.

    Documents that are not parsed in time come with the changes during the call.

    Raises PromptError or KnowledgeError only where there never were good ones.
    """
    try:
        return brief(settings, patience=CALL_PATIENCE)
    except (KnowledgeError, PromptError) as error:
        try:
            last_good: Briefing = pickle.loads(_last_good(settings).read_bytes())
        except (OSError, pickle.PickleError, AttributeError, EOFError, ImportError, ValueError):
            raise error from None
        logger.error("using the last good prompts and documents: %s", error)
        return last_good


def _last_good(settings: Settings) -> Path:
    """Where this folder's last good briefing lies, for job processes that start after a broken edit."""
    place = f"{settings.knowledge_dir.resolve()}\n{settings.prompts_dir.resolve()}"
    # Another version of these types would come out of the file half filled.
    shape = [f.name for kind in (Briefing, Prompts, Knowledge, PromptBlock) for f in fields(kind)]
    digest = hashlib.sha256(f"{place}\n{settings.prompt_tokens}\n{shape}".encode()).hexdigest()
    return settings.cache / "last-good" / f"{digest[:16]}.pickle"


def _remember(briefing: Briefing, path: Path) -> None:
    path.parent.mkdir(
        parents=True, exist_ok=True, mode=0o700
    )  # nobody else may write what is unpickled
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as out:
        pickle.dump(briefing, out)
    Path(name).replace(path)


def _read(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except FileNotFoundError:
        raise PromptError(
            f"{path} is missing: put it back (the repository has one), or set PROMPTS_DIR"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"{path} cannot be read: {error}") from error
    if not text:
        raise PromptError(f"{path} is empty: write something the agent can say or follow")
    return text


def synonyms_in(reader: str) -> dict[str, str]:
    """What people call things, in lower case -> what documents do, from that section of prompts/reader.md.

    Raises PromptError where a line is not like "shop, store = showroom".
    """
    return dict(pairs_in(reader, SYNONYMS))


def pairs_in(reader: str, section: str) -> list[tuple[str, str]]:
    """Callers' words and documents', in lower case, from a section of prompts/reader.md. Raises as `synonyms_in`."""
    body = re.split(rf"^## +{section}\s*$", f"{reader}\n", flags=re.MULTILINE)[1:]
    lines = "\n".join(re.split(r"^## ", part, flags=re.MULTILINE)[0] for part in body).splitlines()
    pairs: list[tuple[str, str]] = []
    for number, line in enumerate(filter(None, map(str.strip, lines)), start=1):
        callers, separator, documents = line.partition("=")
        if not separator or not callers.strip() or not documents.strip():
            raise PromptError(
                f"reader.md in the prompts folder, {section}, line {number}: write it as"
                f" 'shop, store = showroom', not {line!r}"
            )
        for words in filter(re.compile(r"[^\W_]").search, callers.split(",")):
            pairs.append((" ".join(words.lower().split()), documents.strip().lower()))
    return pairs


def _split_identity(text: str) -> tuple[dict[str, str], str]:
    """Take the `key: value` lines between two `---` lines off the top of the persona."""
    head, separator, body = text.removeprefix("---").partition("\n---")
    if not text.startswith("---") or not separator:
        return {}, text
    pairs = (line.partition(":") for line in head.splitlines() if line.strip())
    return {key.strip(): value.strip() for key, _, value in pairs}, body
