"""The process in which files are parsed: what a hostile one does to it, it does to nothing else.

A request is one JSON line, {"name", "length", "seconds"}, and the file's content; the answer is one JSON line,
{"pages", "unread", "orders"} or {"unreadable"}. It ends with its parent, whose end of standard input is the lifeline.
"""

import json
import os
import queue
import signal
import sys
import threading
from typing import Any, BinaryIO

from sales_agent.knowledge.documents import Unreadable
from sales_agent.knowledge.formats import read_file

GRACE = 5  # seconds after the parent should have ended us, when the operating system does


def main(max_bytes: int) -> None:
    """Answer requests until standard input closes, in at most so many bytes of memory where that can be set."""
    _limit_memory(max_bytes)
    if hasattr(os, "nice"):  # calls that are running come first
        os.nice(10)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a parser prints is no answer
    requests: queue.SimpleQueue[tuple[dict[str, Any], bytes]] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(sys.stdin.buffer, requests), daemon=True).start()
    while True:
        request, content = requests.get()
        _set_alarm(int(request["seconds"]) + GRACE)
        answer = _answer(request["name"], content)
        _set_alarm(0)
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _receive(stdin: BinaryIO, requests: "queue.SimpleQueue[tuple[dict[str, Any], bytes]]") -> None:
    """In a thread of its own, so that the end of the parent is seen in the middle of a file too."""
    while line := stdin.readline():
        request = json.loads(line)
        requests.put((request, stdin.read(request["length"])))
    os._exit(0)


def _answer(name: str, content: bytes) -> dict[str, Any]:
    try:
        extract = read_file(name, content)
    except Unreadable as error:
        return {"unreadable": str(error)}
    except MemoryError:
        return {"unreadable": "it takes too much memory to read: split it"}
    except RecursionError:
        return {"unreadable": "broken file (nested too deep)"}
    except Exception as error:  # the parsers' own bugs: whatever it is, only this file is lost
        return {"unreadable": f"broken file ({type(error).__name__})"}
    return extract.as_json()


def _set_alarm(seconds: int) -> None:
    """Have the operating system end us, which a parser stuck in native code cannot prevent."""
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def _limit_memory(max_bytes: int) -> None:
    os.putenv("OPENBLAS_NUM_THREADS", "1")  # each thread reserves address space, which counts
    try:
        import resource
    except ImportError:  # Windows: the parent watches
        return
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = max_bytes if most == resource.RLIM_INFINITY else min(max_bytes, most)
    if sys.platform == "linux":  # macOS accepts the limit and keeps to none
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
