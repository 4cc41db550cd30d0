"""A voice sales agent that sells from your company's own documents. `python agent.py --help` lists what it can do."""

import os
import signal
import sys

# Until a command takes over: Ctrl-C while Python imports is no mistake to trace.
if __name__ == "__main__":
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))

from dotenv import load_dotenv

try:
    load_dotenv()
except UnicodeDecodeError:
    print(".env is not UTF-8 text: save it again as UTF-8", file=sys.stderr)
    sys.exit(2)

if __name__ == "__main__":
    from sales_agent.cli import run

    run(sys.argv[1:])

from sales_agent.config import Settings
from sales_agent.worker import build_server

# LiveKit's tools look for this name: `python -m livekit.agents start agent.py`, `lk agent …`.
server = build_server(Settings.from_env(os.environ))
