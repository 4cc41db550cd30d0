"""A PostgreSQL server on 127.0.0.1, in a folder of its own, that ends with the tests."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTALL = "apt-get install -y postgresql"
STARTS_WITHIN = 30.0  # s


def programs() -> Path | None:
    """The folder of the newest installed server; Debian keeps it off the PATH."""
    found = [*Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    on_path = shutil.which("postgres")
    if on_path is not None:
        return Path(on_path).resolve().parent  # it may be a link that its siblings do not have
    return max(
        (path.parent for path in found), key=lambda path: int(path.parent.name), default=None
    )


@contextmanager
def running_postgres(bin_folder: Path) -> Iterator[str]:
    """Gives the URL of the server without a database name at its end."""
    user = _unprivileged() if os.geteuid() == 0 else None  # the server refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    data = folder / "data"
    try:
        if user is not None:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        initdb = [
            bin_folder / "initdb",
            "-D",
            data,
            "-U",
            "tester",
            "-A",
            "trust",
            "-N",
            "-E",
            "UTF8",
        ]
        subprocess.run(
            [*initdb, "--locale=C"], user=user, cwd=folder, check=True, capture_output=True
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": folder,
            # A test's data may go with the power.
            "fsync": "off",
            "full_page_writes": "off",
        }
        command = [bin_folder / "postgres", "-D", data]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(command, user=user, cwd=folder, stdout=log, stderr=log)
        try:
            _wait(server, [bin_folder / "pg_isready", "-h", "127.0.0.1", "-p", str(port)])
            yield f"postgresql://tester@127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGQUIT)  # "immediate": its data goes anyway
            server.wait(10)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> str:
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise RuntimeError("no user to run PostgreSQL as")


def _wait(server: subprocess.Popen[bytes], is_ready: list[str | Path]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and server.poll() is None:
        if subprocess.run(is_ready, capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.05)
    raise RuntimeError("PostgreSQL did not start: its log is beside its data")
