"""An OpenAI-compatible endpoint of embeddings on 127.0.0.1: a vector counts letters, so that like texts are near."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WIDTH = 27


@dataclass
class Embeddings:
    """What it was asked, and how it behaves."""

    url: str
    requests: list[dict[str, object]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    delay: float = 0.0
    """Seconds before it answers."""
    status: int = 200


def vector_of(text: str) -> list[float]:
    text = text.lower()
    return [0.1 + text.count(chr(ord("a") + n)) for n in range(WIDTH)]


@contextmanager
def serving_embeddings() -> Iterator[Embeddings]:
    """Run it while the context lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.requests.append(body | {"path": self.path})
            state.keys.append(self.headers["Authorization"])
            time.sleep(state.delay)
            data = [
                {"object": "embedding", "index": n, "embedding": vector_of(text)}
                for n, text in enumerate(body["input"])
            ]
            # Servers are free to give them in another order: the index counts.
            reply = {"object": "list", "data": data[::-1], "model": body["model"], "usage": {}}
            payload = json.dumps(reply if state.status == 200 else {"error": "no"}).encode()
            self.send_response(state.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = Embeddings(f"http://127.0.0.1:{server.server_address[1]}/v1")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
