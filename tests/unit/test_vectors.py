"""The vectors of passages, in files."""

from pathlib import Path

import numpy as np
import pytest

from sales_agent.knowledge.embedding import Vectors
from sales_agent.knowledge.vectors import VectorFile

AXES = np.eye(64, dtype=np.float32)


@pytest.fixture
def file(tmp_path: Path) -> VectorFile:
    return VectorFile(tmp_path / "vectors")


def between(one: Vectors, other: Vectors, cosine: float) -> Vectors:
    vector: Vectors = cosine * one + np.sqrt(1 - cosine**2, dtype=np.float32) * other
    return vector


def test_one_sentence_of_a_long_passage_is_found_before_what_is_near_all_over(
    file: VectorFile,
) -> None:
    """The mean of the first is at a cosine of 0.41."""
    file.append(np.stack([*AXES[:6], between(AXES[3], AXES[9], 0.6)]), [6, 1])
    found, nearness = file.nearest(AXES[3], 2)
    assert found.tolist() == [0, 1]
    assert nearness == pytest.approx([(1 + 1 / np.sqrt(6)) / 2, 0.6], abs=0.01)


def test_of_two_that_have_the_sentence_the_one_that_is_about_it_comes_first(
    file: VectorFile,
) -> None:
    file.append(AXES[[5, 6, 3, 3, 4]], [3, 2])
    assert file.nearest(AXES[3], 2)[0].tolist() == [1, 0]


def test_passages_that_are_gone_are_never_found(file: VectorFile) -> None:
    assert file.nearest(AXES[0], 5)[0].tolist() == []
    file.append(AXES[[1, 2, 3]], [0, 2, 0, 1])
    file.append(AXES[[4]], [0, 1, 0])
    assert len(file) == 7
    assert sorted(file.nearest(AXES[2], 9)[0].tolist()) == [1, 3, 5]
    lengths = np.linalg.norm(file.rows(np.array([0, 1, 2, 3, 4, 5, 6, 7])), axis=1)
    assert lengths == pytest.approx([0, 1, 0, 1, 0, 1, 0, 0], abs=0.01)


def test_what_another_process_writes_is_found_by_the_next_search(file: VectorFile) -> None:
    reader = VectorFile(file._ends_path.with_suffix(""))
    assert len(reader) == 0
    for number in range(3):
        file.append(AXES[[number]], [1])
        assert reader.nearest(AXES[number], 1)[0].tolist() == [number]


def test_many_that_say_the_same_leave_room_for_no_more_than_are_compared(
    file: VectorFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sales_agent.knowledge.vectors.COMPARED", 3)
    file.append(AXES[[1] * 50], [1] * 50)
    assert len(file.nearest(AXES[1], 50)[0]) == 3


def test_vectors_without_a_direction_are_as_near_as_nothing(file: VectorFile) -> None:
    file.append(np.stack([AXES[0] * 0, AXES[1], -AXES[1], AXES[2]]), [1, 2, 1])
    found, nearness = file.nearest(AXES[2], 3)
    assert found[0] == 2
    assert np.isfinite(nearness).all()


def test_files_of_before_that_lack_where_passages_end_are_written_over(tmp_path: Path) -> None:
    for ending, content in (("i8", b"1" * 680), ("bits", b"1" * 80), ("width", b"64")):
        (tmp_path / f"vectors.{ending}").write_bytes(content)
    file = VectorFile(tmp_path / "vectors")
    assert len(file) == 0
    file.append(AXES[[1, 2]], [1, 1])
    assert file.nearest(AXES[2], 1)[0].tolist() == [1]


def test_files_that_are_begun_anew_while_they_are_opened_count_for_nothing(
    file: VectorFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.append(AXES[[1]], [1])
    reader = VectorFile(file._ends_path.with_suffix(""))
    with monkeypatch.context() as patch:
        # What its size told to be there is gone by the time that it is opened.
        patch.setattr("sales_agent.knowledge.vectors._size", lambda path: 10_000)
        file._bits_path.write_bytes(b"")
        assert reader.nearest(AXES[1], 1)[0].tolist() == []
    file._bits_path.unlink()
    assert len(reader) == 0
