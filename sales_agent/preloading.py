"""What the processes of calls find imported, so that no call waits for it.

On Linux they fork from a server process which has imported it once, and share its memory.
"""

import os
import ssl
import sys
from multiprocessing import forkserver

import certifi

PRELOADED = [
    "sales_agent.worker",
    "anyio.abc",
    "anyio._backends._asyncio",
    "numpy.fft",
    "openai.resources.chat",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "sqlalchemy.dialects.postgresql.asyncpg",
]
# As LiveKit adds them when it starts that process itself: its own preparation, and last what keeps memory shared.
LIVEKITS = ["livekit.agents.ipc._preload", "livekit.agents.ipc._preload_freeze"]


def begin() -> None:
    """Start that process now, so that it imports beside this one: LiveKit would start it afterwards.

    What is in the environment and on standard output now, the processes of calls have.
    """
    if not sys.platform.startswith("linux"):  # they import it themselves there
        return
    # As LiveKit does, later: a machine without certificates of its own takes those of certifi.
    paths = ssl.get_default_verify_paths()
    if not (paths.cafile or paths.capath):
        os.environ.setdefault("SSL_CERT_FILE", certifi.where())
    forkserver.set_forkserver_preload([*PRELOADED, *LIVEKITS])
    forkserver.ensure_running()
