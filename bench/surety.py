"""How likely the reader's best statement is right, by its score: `python -m bench.surety`.

Fits the logistic regression of sales_agent/local/scored.py on all questions of bench/question_sets.py, smalltalk apart:
the best statement of each is right where it has all that is expected. Prints the coefficients, those of fits that each
leave one set out, and how many best statements are right, wrong, and to questions that no document answers, by
probability.
"""

import re
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bench.grounding import expected_of, said_before
from bench.question_sets import ROOT, SETS
from sales_agent.knowledge import load_knowledge
from sales_agent.knowledge.index_cache import build_index
from sales_agent.local.answers import Answerer
from sales_agent.local.phrases import Phrases
from sales_agent.prompts import load_prompts

STEPS = 20  # of Newton's method, which converges in five
BANDS = (0.0, 0.15, 0.3, 0.45, 0.55, 0.7, 0.8, 0.9, 1.0)
Column = npt.NDArray[np.float64]


class Best(NamedTuple):
    """The statement that the reader puts first."""

    of: str
    fit: float
    unsaid: float
    right: bool
    unanswerable: bool


def best_statements() -> list[Best]:
    phrases = Phrases.parse(load_prompts(ROOT / "prompts").reader)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for asked in SETS:
            knowledge = load_knowledge(ROOT / asked.knowledge, Path(folder))
            with build_index(knowledge, Path(folder)) as index:
                answerer = Answerer(index, phrases)
                for case in asked.cases():
                    _, ranked = answerer.understand(case["question"], said_before(answerer, case))
                    if case["kind"] == "smalltalk" or not ranked:
                        continue
                    said = index.statements[ranked[0].number].spoken
                    expected = expected_of(case) or ["(?!)"]
                    right = all(re.search(pattern, said) for pattern in expected)
                    unanswerable = case["kind"] == "unanswerable"
                    best = ranked[0]
                    found.append(Best(asked.name, best.fit, best.unsaid, right, unanswerable))
    return found


def logistic(features: Column, right: Column) -> Column:
    """Coefficients, the constant last, of the regression of `right`, (n,), on `features`, (n, k): Newton's method."""
    x = np.column_stack([features, np.ones(len(features))])
    weights = np.zeros(x.shape[1])
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-x @ weights))
        weights += np.linalg.solve((x.T * (p * (1 - p))) @ x, x.T @ (right - p))
    return weights


def main() -> None:
    found = best_statements()
    features = np.array([[one.fit, one.unsaid] for one in found])
    right = np.array([one.right for one in found], dtype=float)
    weights = logistic(features, right)
    print("score, unsaid, constant:", " ".join(f"{value:.2f}" for value in weights))
    others = [
        logistic(features[kept], right[kept])
        for asked in SETS
        for kept in [np.array([one.of != asked.name for one in found])]
    ]
    for name, values in zip(("score", "unsaid", "constant"), np.transpose(others), strict=True):
        print(f"  {name} without one set: {min(values):.2f} to {max(values):.2f}")
    p = 1 / (1 + np.exp(-np.column_stack([features, np.ones(len(found))]) @ weights))
    print("probability    right  wrong  no document answers it")
    for low, high in pairwise(BANDS):
        band = [one for one, its in zip(found, p, strict=True) if low <= its < high]
        answerable = [one for one in band if not one.unanswerable]
        good = sum(one.right for one in answerable)
        print(
            f"{low:.2f} to {high:.2f}{good:9}{len(answerable) - good:7}{len(band) - len(answerable):7}"
        )


if __name__ == "__main__":
    main()
