"""An index of a few lines, for the tests of what reads one."""

from pathlib import Path

from sales_agent.knowledge import Document, Knowledge, Page
from sales_agent.knowledge.index import EMBEDDER, Index
from sales_agent.knowledge.passages import passages


def index_of(*texts: str) -> Index:
    """Index texts, each as a document of its own."""
    documents = tuple(
        Document(f"{number}.md", (Page(None, text),), 0) for number, text in enumerate(texts)
    )
    return Index.of(passages(Knowledge(Path("."), documents, ())), EMBEDDER)
