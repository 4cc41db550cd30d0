"""LOCAL_LLM is found on disk, or fetched from a hub that speaks the real hub's API on 127.0.0.1."""

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sales_agent.local.child import free_port
from sales_agent.local.models import ModelError, download, is_hub_id, resolve

WEIGHTS = b"GGUF" + bytes(range(256)) * 400
COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPO = "Qwen/Qwen2.5-1.5B-Instruct-GGUF"
FILE = "qwen2.5-1.5b-instruct-q4_k_m.gguf"


class Hub(ThreadingHTTPServer):
    """A model hub with one repository, whose record and content a test can set apart."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), HubRequest)
        self.content = WEIGHTS
        self.recorded = hashlib.sha256(WEIGHTS).hexdigest()
        self.downloads = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class HubRequest(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._file(send=False)

    def do_GET(self) -> None:
        if self.path.startswith(f"/api/models/{REPO}"):
            lfs = {"sha256": self.server.recorded, "size": len(WEIGHTS), "pointerSize": 134}
            names = [FILE, FILE.replace("q4_k_m", "q8_0"), "big-q2_k-00001-of-00002.gguf"]
            siblings = [{"rfilename": "README.md", "size": 10, "blobId": "f" * 40}] + [
                {"rfilename": name, "size": len(WEIGHTS), "blobId": "e" * 40, "lfs": lfs}
                for name in names
            ]
            repo = {"id": REPO, "modelId": REPO, "sha": COMMIT, "siblings": siblings}
            self._answer(200, json.dumps(repo).encode())
        elif self.path.startswith(f"/{REPO}/resolve/"):
            self.server.downloads += 1
            self._file(send=True)
        else:
            self._answer(404, b'{"error":"Repository not found"}', {"X-Error-Code": "RepoNotFound"})

    def _file(self, *, send: bool) -> None:
        headers = {
            "ETag": f'"{self.server.recorded}"',
            "X-Linked-Etag": f'"{self.server.recorded}"',
            "X-Linked-Size": str(len(WEIGHTS)),
            "X-Repo-Commit": COMMIT,
            "Accept-Ranges": "bytes",
        }
        self._answer(200, self.server.content, headers, send=send)

    def _answer(
        self, status: int, body: bytes, headers: dict[str, str] | None = None, *, send: bool = True
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if send:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def quiet(line: str) -> None:
    pass


@pytest.mark.parametrize(
    "value", [REPO, f"{REPO}:q4_k_m", f"{REPO}:{FILE}", f"{REPO}/{FILE}", "org/repo"]
)
def test_hub_ids_are_known(value: str) -> None:
    assert is_hub_id(value)


@pytest.mark.parametrize(
    "value", ["model.gguf", "/models/a/b.gguf", "./a/b", "~/models/b.gguf", "models/b.gguf"]
)
def test_paths_are_no_hub_ids(value: str) -> None:
    assert not is_hub_id(value)


def test_a_file_is_taken_where_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(WEIGHTS)
    assert resolve(str(path), tmp_path / "cache") == path


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"missing\.gguf' is no file: give the path"):
        resolve(str(tmp_path / "missing.gguf"), tmp_path)


@pytest.mark.parametrize("content", [b"", b"GG", b"<html>Not found</html>"])
def test_a_file_that_is_no_model_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"broken\.gguf is no GGUF file"):
        resolve(str(path), tmp_path)


def test_a_hub_id_that_was_not_fetched_says_how(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not downloaded: run"):
        resolve(REPO, tmp_path)


def test_a_fetched_model_is_checked_kept_and_fetched_once(hub: Hub, tmp_path: Path) -> None:
    said: list[str] = []
    path = download(REPO, tmp_path, said.append, hub=hub.url)
    assert path.name == FILE
    assert path.read_bytes() == WEIGHTS
    assert hub.recorded in said[-1]
    assert resolve(REPO, tmp_path) == path
    assert download(REPO, tmp_path, said.append, hub=hub.url) == path
    assert hub.downloads == 1


@pytest.mark.parametrize("choice", [":q8_0", ":Q8_0", f"/{FILE.replace('q4_k_m', 'q8_0')}"])
def test_another_file_of_the_repository_can_be_named(hub: Hub, tmp_path: Path, choice: str) -> None:
    path = download(REPO + choice, tmp_path, quiet, hub=hub.url)
    assert path.name == FILE.replace("q4_k_m", "q8_0")
    assert resolve(REPO + choice, tmp_path) == path


def test_a_file_with_another_hash_is_refused_and_removed(hub: Hub, tmp_path: Path) -> None:
    hub.content = WEIGHTS[:-1] + b"?"
    with pytest.raises(ModelError, match="not what the hub has on record"):
        download(REPO, tmp_path, quiet, hub=hub.url)
    assert not list(tmp_path.rglob("*.gguf"))
    with pytest.raises(ModelError, match="not downloaded"):
        resolve(REPO, tmp_path)


def test_what_the_hub_calls_a_model_must_be_one(hub: Hub, tmp_path: Path) -> None:
    hub.content = b"HTML" + WEIGHTS[4:]
    hub.recorded = hashlib.sha256(hub.content).hexdigest()
    with pytest.raises(ModelError, match="no GGUF file"):
        download(REPO, tmp_path, quiet, hub=hub.url)
    assert not list(tmp_path.rglob("*.gguf"))


def test_a_model_that_was_cut_off_later_is_fetched_again(hub: Hub, tmp_path: Path) -> None:
    path = download(REPO, tmp_path, quiet, hub=hub.url)
    path.write_bytes(WEIGHTS[:1000])
    with pytest.raises(ModelError, match="not whole any more"):
        resolve(REPO, tmp_path)
    assert download(REPO, tmp_path, quiet, hub=hub.url).read_bytes() == WEIGHTS


def test_a_repository_that_is_not_there_is_one_line(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="shows no such model") as error:
        download("Qwen/Nothing", tmp_path, quiet, hub=hub.url)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_names_those_that_are(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=FILE):
        download(f"{REPO}:q2_k", tmp_path, quiet, hub=hub.url)


def test_a_hub_out_of_reach_is_one_line(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ModelError, match="cannot be reached: check the network") as error:
        download(REPO, tmp_path, quiet, hub=nobody)
    assert "\n" not in str(error.value)


def test_a_cache_that_cannot_be_written_is_one_line(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file stands where the folder belongs")
    with pytest.raises(ModelError, match="is not fetched into") as error:
        download(REPO, tmp_path, quiet, hub=hub.url)
    assert "\n" not in str(error.value)
