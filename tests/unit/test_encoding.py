"""The vectors of a text's tokens: they tell what the mean over all of them blurs."""

import numpy as np

from sales_agent.knowledge.embedding import TOKEN_LENGTH, Embedder, Tokens, Told


def nearness(asked: Tokens, stated: Tokens) -> float:
    products = asked.astype(np.float32) @ stated.astype(np.float32).T
    return float(products.max(axis=1).mean()) / TOKEN_LENGTH**2


def test_tokens_are_those_of_the_text_without_what_stands_before_it() -> None:
    alone, under = Embedder().encode(
        [Told("Delivery is free."), Told("Delivery is free.", "Desks. ")]
    )
    assert alone.tokens.shape == under.tokens.shape == (4, 384)
    assert alone.tokens.dtype == np.int8
    lengths = np.linalg.norm(alone.tokens.astype(np.float32), axis=1)
    np.testing.assert_allclose(lengths, TOKEN_LENGTH, rtol=0.02)
    assert float(alone.vector @ under.vector) < 0.95  # the whole is another one


def test_tokens_find_the_sentence_in_other_words() -> None:
    question, right, other = Embedder().encode(
        [
            Told("Will the delivery man lug it up to my study?"),
            Told("The driver carries everything to the room you choose."),
            Told("Delivery is free for orders of 1,000 dollars or more."),
        ]
    )
    assert nearness(question.tokens, right.tokens) > nearness(question.tokens, other.tokens)


def test_a_text_without_words_has_no_tokens() -> None:
    (nothing,) = Embedder().encode([Told("")])
    assert nothing.tokens.shape == (0, 384)
