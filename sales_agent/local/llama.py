"""The process that runs a GGUF file: llama.cpp's OpenAI-compatible server, on 127.0.0.1 alone.

Run as a script by `llm_server`. A process of its own, because all calls share the one model in
memory, and a crash in native code must not end them.
"""

import argparse
import threading
from pathlib import Path

import xllamacpp


def main() -> None:
    """Load the model, serve it, and stay until ended."""
    parser = argparse.ArgumentParser(description="Serve a GGUF file on 127.0.0.1.")
    parser.add_argument("--model", required=True, type=Path)
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--context", required=True, type=int, help="tokens of each slot")
    parser.add_argument("--slots", required=True, type=int, help="requests at once")
    parser.add_argument("--states", required=True, type=Path, help="where slots are saved")
    args = parser.parse_args()

    params = xllamacpp.CommonParams()
    params.model.path = str(args.model)
    params.model_alias = {args.model.stem}
    params.hostnames = ["127.0.0.1"]
    params.port = args.port
    params.cors_origins = "http://127.0.0.1"  # no web page may use it behind its visitor's back
    params.ui = False
    params.n_parallel = args.slots
    params.n_ctx = args.context * args.slots
    # One call's prompt is read in pieces, with another's answer going on between them.
    params.n_batch = 512
    params.slot_save_path = f"{args.states}/"
    params.enable_reasoning = 0  # a caller waits: no thinking before the first word
    # A sign of life while a long prompt is read, so that no client takes the silence for a failure.
    params.sse_ping_interval = 5  # seconds
    server = xllamacpp.Server(params)
    print(f"serving at {server.listening_address}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
