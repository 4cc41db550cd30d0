"""Embeddings of an endpoint: in batches for passages, and never longer than a turn can wait for a question."""

import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sales_agent.config import ConfigError, Settings
from sales_agent.knowledge import Document, Knowledge, KnowledgeError, Page
from sales_agent.knowledge.building import build_library
from sales_agent.knowledge.embedders import BATCH, QUERY_TIMEOUT, Embedded, Endpoint, make_embedder
from sales_agent.knowledge.filling import fill
from sales_agent.knowledge.library import Library
from tests.loopback.embeddings import Embeddings, serving_embeddings


@pytest.fixture
def server() -> Iterator[Embeddings]:
    with serving_embeddings() as server:
        yield server


@pytest.fixture
def endpoint(server: Embeddings) -> Endpoint:
    return Endpoint(server.url, "secret-key", "tiny")


def library_of(tmp_path: Path, *texts: str) -> Path:
    read = tuple(Document(f"{n}.md", (Page(None, text),), 9) for n, text in enumerate(texts))
    return build_library(Knowledge(Path("docs"), read, ()), tmp_path)


def test_the_settings_choose(server: Embeddings) -> None:
    assert isinstance(make_embedder(Settings()), Embedded)
    env = {"EMBEDDING_BASE_URL": server.url, "EMBEDDING_MODEL": "tiny", "EMBEDDING_API_KEY": "key"}
    assert isinstance(make_embedder(Settings.from_env(env)), Endpoint)
    with pytest.raises(ConfigError, match="EMBEDDING_MODEL is missing"):
        Settings.from_env({"EMBEDDING_BASE_URL": server.url})
    assert "key-1" not in repr(replace(Settings(), embedding_api_key="key-1"))


def test_passages_go_out_in_batches_and_come_back_in_order(
    server: Embeddings, endpoint: Endpoint
) -> None:
    texts = [chr(ord("a") + n % 26) * 9 for n in range(BATCH + 5)]
    vectors = endpoint.embed_passages(texts)
    assert [len(request["input"]) for request in server.requests] == [BATCH, 5]  # type: ignore[arg-type]
    assert {(r["path"], r["model"]) for r in server.requests} == {("/v1/embeddings", "tiny")}
    assert set(server.keys) == {"Bearer secret-key"}
    assert [int(n) for n in vectors.argmax(axis=1)] == [n % 26 for n in range(BATCH + 5)]
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)


def test_a_library_is_filled_and_searched_by_it(endpoint: Endpoint, tmp_path: Path) -> None:
    path = library_of(tmp_path, "Zebras zigzag.", "Mammoths hum.", "Cacti accept cocoa.")
    assert fill(path, endpoint)
    library = Library(path, endpoint)
    assert library.search("zzz")[0].passage.text == "Zebras zigzag."
    library.close()
    other = Library(path, Embedded())  # whose vectors nobody has made
    assert other.progress() == (0, 3)
    other.close()


@pytest.mark.parametrize("fault", ["slow", "broken", "gone"])
def test_a_question_that_gets_no_vector_is_answered_by_words_in_time(
    fault: str,
    server: Embeddings,
    endpoint: Endpoint,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = library_of(tmp_path, "Zebras zigzag.", "Mammoths hum.")
    fill(path, endpoint)
    if fault == "slow":
        server.delay = 2.0
    elif fault == "broken":
        server.status = 503
    else:
        endpoint._connected = None
        endpoint._base_url = "http://127.0.0.1:9/v1"
    library = Library(path, endpoint)
    with caplog.at_level(logging.ERROR):
        start = time.perf_counter()
        assert library.search("mammoths")[0].passage.text == "Mammoths hum."
        first = time.perf_counter() - start
        start = time.perf_counter()
        assert library.search("zebras")[0].passage.text == "Zebras zigzag."
        second = time.perf_counter() - start
    library.close()
    assert first < QUERY_TIMEOUT + 1.0  # the client's package is imported in it
    assert second < QUERY_TIMEOUT  # it is left alone for a while
    assert [r.message for r in caplog.records if "words alone" in r.message][1:] == []


def test_passages_of_an_endpoint_that_is_broken_are_an_error_that_names_the_key(
    server: Embeddings, endpoint: Endpoint
) -> None:
    server.status = 401
    with pytest.raises(KnowledgeError, match="EMBEDDING_BASE_URL"):
        endpoint.embed_passages(["text"])
