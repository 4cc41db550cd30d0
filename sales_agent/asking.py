"""Whether a line is a question."""

import re

_ASKING = re.compile(
    r"\?|^(?:and |but |so )?(?:what|which|who|when|where|why|how|can|could|do|does|is|are|will|would)\b",
    re.IGNORECASE,
)


def is_question(line: str) -> bool:
    """Whether a line asks something, also where the question mark was not heard."""
    return _ASKING.search(line) is not None
