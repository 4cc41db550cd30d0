"""What can go wrong at a provider, and when.

A fault waits in the queue of one endpoint until its moment comes, and strikes once:

    server.fail("tts", Refuse(429), times=3)           # the next three connections
    server.fail("stt", Drop(at="turn.update", skip=1)) # when the second update would be sent
    server.fail("chat", Stall(5.0, at="content"))      # five silent seconds before a token

`at` names the event in whose place the fault comes; each endpoint documents its events.
"""

from collections import defaultdict
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Refuse:
    """The connection or request is answered with an HTTP error status and nothing else."""

    status: int
    retry_after: float | None = None  # seconds, sent as Retry-After


@dataclass(frozen=True)
class Drop:
    """The TCP connection is cut where the event would have been sent, with no goodbye."""

    at: str
    skip: int = 0  # let this many such events through first


@dataclass(frozen=True)
class Stall:
    """Nothing is sent for some seconds; then the event comes after all."""

    seconds: float
    at: str
    skip: int = 0


@dataclass(frozen=True)
class ErrorEvent:
    """The provider's own error message is sent in place of the event."""

    status: int
    at: str
    skip: int = 0
    message: str = "Something went wrong on our side."


Strike = Drop | Stall | ErrorEvent
Fault = Refuse | Strike


class Faults:
    """Faults in waiting, an ordered queue for each endpoint."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, list[Fault]] = defaultdict(list)

    def add(self, endpoint: str, fault: Fault, times: int) -> None:
        """Queue a fault that will strike this many times, after those already queued."""
        self._waiting[endpoint].extend([fault] * times)

    def clear(self, endpoint: str) -> None:
        """Forget those of an endpoint that have not struck."""
        self._waiting[endpoint].clear()

    def refusal(self, endpoint: str) -> Refuse | None:
        """Take the refusal that is due for a new request, if any."""
        queue = self._waiting[endpoint]
        for index, fault in enumerate(queue):
            if isinstance(fault, Refuse):
                del queue[index]
                return fault
        return None

    def strike(self, endpoint: str, event: str) -> Strike | None:
        """Take the fault that is due where this event would be sent, if any."""
        queue = self._waiting[endpoint]
        for index, fault in enumerate(queue):
            if isinstance(fault, Refuse) or fault.at != event:
                continue
            if fault.skip:
                queue[index] = replace(fault, skip=fault.skip - 1)
                return None
            del queue[index]
            return fault
        return None
