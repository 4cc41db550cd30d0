"""Damaged files of every kind: each is read or refused with a reason, none ends a parser or keeps it busy."""

import pytest

from bench.fuzz import SOUND, fuzz

pytestmark = pytest.mark.slow

COUNT = 50  # of each kind; `python -m bench.fuzz` takes 1,000


@pytest.mark.parametrize("kind", sorted(SOUND))
def test_damaged_files_are_read_or_refused(kind: str) -> None:
    outcome = fuzz(kind, COUNT, seed=1)
    assert outcome.failures == []
    assert outcome.read + outcome.refused == COUNT
    assert outcome.refused  # the damage is real
    assert outcome.stopped == 0
    assert outcome.read  # and not all of it deadly
