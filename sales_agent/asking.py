"""Questions of callers, and headings that are said by customers."""

import re

_ASKING = re.compile(
    r"\?|^(?:and |but |so )?(?:what|which|who|when|where|why|how|can|could|do|does|is|are|will|would)\b"
    r"|^(?:\W*(?:please|so|and|but|well|hi|hello|okay|ok|then)\b)*\W*tell (?:me|us)\b",
    re.IGNORECASE,
)


def is_question(line: str) -> bool:
    """Whether a line asks something, also where the question mark was not heard."""
    return _ASKING.search(line) is not None


def is_said_by_customers(heading: str) -> bool:
    """Whether a heading is what a customer says: "How tall are you?", "That is too expensive." """
    return heading.endswith("?") or heading.startswith(('"', "“", "‘", "'"))
