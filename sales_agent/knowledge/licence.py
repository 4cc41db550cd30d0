"""One statement that licenses a figure."""

from dataclasses import dataclass

from sales_agent.knowledge.figure import Figure


@dataclass(frozen=True)
class Licence:
    """A statement of a document, or of a tool, and one figure in it."""

    figure: Figure
    text: str
    lead: str = ""
    """What was said before the statement, where it leans on that."""
    topic: str = ""
    """The heading that it stands under, and the name of its row."""
