"""Call: everything we know about this call so far. It is the session's userdata."""

from dataclasses import dataclass


@dataclass
class Call:
    """One conversation with one caller, however often they drop out and come back."""

    id: str
    """The name of its room, which no other call has."""
    name: str = ""
    need: str = ""
    stage: str = "greeting"
    """greeting until the caller has spoken, then discovery."""
    next_step: str = ""

    def facts(self) -> dict[str, str]:
        """What a client may show, by field; empty where it is not known."""
        return {
            "name": self.name,
            "need": self.need,
            "stage": self.stage,
            "next_step": self.next_step,
        }
