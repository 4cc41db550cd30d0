"""A process between us and a server that we started: ends it when we are gone, however we went.

Run as a script with the server's command line. Our end of its standard input is the lifeline: the
operating system closes that even when we are killed, on every platform, which no clean-up code of
ours could promise. It imports only the standard library, so that it costs little time and memory.

It does not help where the watchdog itself is killed hard.
"""

import os
import signal
import subprocess
import sys
import threading

# Seconds between asking and asking again, and then killing. A livekit-server with a caller in a room
# goes at the second time; neither server keeps anything that an end would lose.
PATIENCE = (0.2, 0.8)


def main(command: list[str]) -> int:
    """Run the command until it ends, or until standard input closes; gives its exit code."""
    stdin = sys.stdin.fileno()
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    except OSError as error:
        print(f"{command[0]} cannot be run: {error.strerror}", flush=True)
        return 127

    def end() -> None:
        for seconds in PATIENCE:
            process.terminate()
            try:
                process.wait(seconds)
                return
            except subprocess.TimeoutExpired:
                continue
        process.kill()

    def hold_lifeline() -> None:
        while os.read(stdin, 4096):  # not through a buffer, whose lock would outlive this thread
            pass
        end()

    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=end).start())
    threading.Thread(target=hold_lifeline, daemon=True).start()
    return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
