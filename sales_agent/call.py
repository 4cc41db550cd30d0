"""Call: everything we know about this call so far. It is the session's userdata."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from sales_agent.store import Customer, Store

Stage = Literal["greeting", "discovery", "recommendation", "pricing", "objection", "close"]
Fact = str | bool | list[str]

TEXT_LENGTH = 160  # characters of one fact: a long sentence
LIST_LENGTH = 12  # the latest; more is no summary
# What small models write into a field that they have nothing for.
NOTHING = {"", "-", "n/a", "na", "none", "null", "unknown", "not specified", "not given"}

YES_NO = {None: "", True: "yes", False: "no"}
NOT_KEPT = {"kept": False}  # of a field that this process alone knows


@dataclass
class Call:
    """One conversation with one caller, however often they drop out and come back."""

    id: str
    """The name of its room; with a suffix, where somebody had called into that room long before."""
    name: str = ""
    company: str = ""
    need: str = ""
    products: list[str] = field(default_factory=list)
    """Those that were talked about."""
    quantity: str = ""
    budget: str = ""
    timeline: str = ""
    objections: list[str] = field(default_factory=list)
    stage: Stage = "greeting"
    """greeting until the caller has spoken, then discovery, and what the model makes of it."""
    next_step: str = ""
    contact_consent: bool | None = None
    """Whether the caller agreed to be contacted; None until they were asked."""
    remember_consent: bool | None = None
    """Whether the next call of theirs may build on this one; None until they were asked."""
    specialist: str = "sales"
    """The role of who is speaking."""
    store: Store | None = field(default=None, repr=False, compare=False, metadata=NOT_KEPT)
    """The company's data; None where there is none, or it cannot be opened."""
    customer: Customer | None = field(default=None, repr=False, metadata=NOT_KEPT)
    """Who is calling, where they have shown it to this process: whoever comes back shows it again."""
    last_call: str = field(default="", metadata=NOT_KEPT)
    """When they called last, and what about; only of a customer who agreed to be remembered."""
    moment: str = field(default="", repr=False, compare=False, metadata=NOT_KEPT)
    """What the caller is told while something takes long; a line of the prompts."""
    invite_colleague: Callable[[], Mapping[str, str]] | None = field(
        default=None, repr=False, compare=False, metadata=NOT_KEPT
    )
    """Gives what a person of the sales team needs to join; None where nobody can."""
    tries: int = 0
    """Wrong answers to who they are."""
    _listeners: list[Callable[[], None]] = field(default_factory=list, repr=False, compare=False)
    _keep: Callable[[], Awaitable[bool]] | None = field(default=None, repr=False, compare=False)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after each change, beside those that are there."""
        self._listeners.append(listener)

    def keep_by(self, keep: Callable[[], Awaitable[bool]]) -> None:
        """Have `keep` write the call down where it outlives this process."""
        self._keep = keep

    async def save(self) -> bool:
        """Wait until every change is on the disk; False where this call is not kept. Raises StoreError."""
        return self._keep is not None and await self._keep()

    def state(self) -> dict[str, Any]:
        """All that is known, for JSON."""
        return {name: getattr(self, name) for name in _kept()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what an earlier process knew; what this one has learnt since stays."""
        new = Call(id=self.id)
        for name in _kept():
            known, kept = getattr(new, name), state.get(name)
            if name == "stage" and kept not in get_args(Stage):
                continue  # of another version
            if getattr(self, name) == known and isinstance(kept, _kind(known)):
                setattr(self, name, kept)

    def update(self, **facts: Fact | None) -> bool:
        """Write facts down, cleaned; whether anything changed. Lists grow; None and empty values change nothing."""
        before = self.facts()
        for name, fact in facts.items():
            if isinstance(fact, list):
                setattr(self, name, _grown(getattr(self, name), fact))
            elif isinstance(fact, bool) or (isinstance(fact, str) and (fact := clean(fact))):
                setattr(self, name, fact)
        if self.facts() == before:
            return False
        self._tell()
        return True

    def forget_who(self) -> None:
        """Take the caller for nobody in particular: somebody else may be there now."""
        self.customer, self.last_call = None, ""

    def wrong_try(self) -> None:
        """Count a wrong answer to who they are."""
        self.tries += 1
        self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()

    def facts(self) -> dict[str, str]:
        """What a client may show, by field, in reading order; empty where it is not known."""
        return {
            "name": self.name,
            "company": self.company,
            "need": self.need,
            "products": ", ".join(self.products),
            "quantity": self.quantity,
            "budget": self.budget,
            "timeline": self.timeline,
            "objections": ", ".join(self.objections),
            "stage": self.stage,
            "next_step": self.next_step,
            "contact_consent": YES_NO[self.contact_consent],
            "remember_consent": YES_NO[self.remember_consent],
            "specialist": self.specialist,
        }

    def known(self) -> str:
        """The facts that are known, a line each."""
        facts = self.facts() | {"last_call": self.last_call}
        return "\n".join(
            f"- {name.replace('_', ' ')}: {fact}" for name, fact in facts.items() if fact
        )


def _kept() -> list[str]:
    return [
        f.name
        for f in fields(Call)
        if f.name != "id" and not f.name.startswith("_") and f.metadata.get("kept", True)
    ]


def _kind(fact: Fact | None) -> type:
    return bool if fact is None else type(fact)


def clean(text: str, length: int = TEXT_LENGTH) -> str:
    """One line of bounded length; empty where it says that there is nothing to say."""
    line = " ".join("".join(ch if ch.isprintable() else " " for ch in text).split())
    if line.lower().rstrip(".") in NOTHING:
        return ""
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"


def _grown(known: list[str], more: list[str]) -> list[str]:
    """Both without repetitions, whatever their capitals, in the order in which they first came."""
    lines: dict[str, str] = {}
    for line in (*known, *map(clean, more)):
        if line:
            lines.setdefault(line.casefold(), line)
    return list(lines.values())[-LIST_LENGTH:]
