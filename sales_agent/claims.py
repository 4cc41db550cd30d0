"""One price or percentage of a clause, and what it is said of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from sales_agent.knowledge.attribution import part_of
from sales_agent.knowledge.counts import conditions
from sales_agent.knowledge.figure import Figure
from sales_agent.knowledge.licences import Ranked
from sales_agent.knowledge.subjects import Mention
from sales_agent.said import Said, is_otherwise
from sales_agent.talk import Talk


@dataclass(frozen=True)
class Claim:
    """One price or percentage of a clause, and what it is said of."""

    clause: str
    found: Sequence[Figure]
    at: int
    own: Sequence[Mention]
    """The names that the clause gives it to."""
    about: Sequence[str]
    """Those, else what is talked about; "" is one that no document knows."""
    talk: Talk

    @property
    def figure(self) -> Figure:
        return self.found[self.at]

    def with_value(self, value: Decimal) -> "Claim":
        """The same claim of an exact value."""
        return self.with_figure(replace(self.figure, values=(value,)))

    def with_figure(self, figure: Figure) -> "Claim":
        """The same claim, its figure read otherwise."""
        return replace(self, found=[*self.found[: self.at], figure, *self.found[self.at + 1 :]])

    @property
    def without_prices(self) -> str:
        """The clause without its bare prices: "is 89" counts no desks."""
        text, at = "", 0
        for figure in self.found:
            if figure.bare and figure.kind != "other":
                text, at = text + self.clause[at : figure.start], figure.end
        return text + self.clause[at:]

    @property
    def counted_in(self) -> list[str]:
        """The texts that tell how many are bought, the nearest to the figure first."""
        if is_otherwise(self.clause, self.talk):  # of fewer than was just said
            return [self.without_prices]
        texts = [self.without_prices, self.talk.reply, *self.talk.lines]
        if self.figure.kind != "percent":
            return texts
        # "With ten or more you get 8 percent, and with 25 or more it's 12"; the eight of "from eight to 12" is none.
        part = part_of(self.clause, self.found, self.at)
        return (
            [part, *texts] if set(conditions(part)) - set(map(float, self.figure.values)) else texts
        )


class Case(NamedTuple):
    """A claim about some names, and what there is to judge it by."""

    claim: Claim
    about: Sequence[str]
    said: Said
    words: frozenset[str]
    """Stems that tell what it is about."""
    ranked: Ranked
    texts: Sequence[str]
    """Clause, reply and lines, the latest first: what is counted in them."""
    charged: bool
    """Whether it is of something charged beside a product, whose price for fewer pieces does not count for many."""
    highest: float
    """From how many on the strictest condition holds that the talk meets: 25."""
