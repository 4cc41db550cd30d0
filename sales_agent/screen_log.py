"""The log for a person at the screen: what happens to calls, a line each, and problems with all that is known."""

import logging

# The framework's news that they can place, in words that they know.
NEWS = {
    "registered worker": "registered worker",
    "received job request": "a call comes in",
    "draining worker": "draining worker: its calls go on, and then it ends",
}
# Its remarks on itself, as warnings: how it tidies up after a call, and that its own code took a tenth of a second.
REMARKS = ("unknown FFI handle", "may prevent the process from exiting")
SLOW, ITS_OWN = "event loop blocked", "site-packages"


def log_to_screen() -> None:
    """Log to standard output, the framework too."""
    from livekit.agents.cli.log import setup_logging  # here, as it takes a second

    setup_logging("INFO", devmode=True, console=False)
    for handler in logging.getLogger().handlers:
        handler.addFilter(is_worth_a_line)
        handler.setFormatter(ScreenFormatter(handler.formatter))


def is_worth_a_line(record: logging.LogRecord) -> bool:
    """Whether somebody at the screen can use it; for a handler's filter."""
    if not record.name.startswith(("livekit", "alembic")):
        return True
    message = record.getMessage()
    if record.levelno <= logging.INFO:
        return message in NEWS
    if record.levelno > logging.WARNING:
        return True
    own = message.startswith(SLOW) and ITS_OWN in message
    return not own and not any(remark in message for remark in REMARKS)


class ScreenFormatter(logging.Formatter):
    """Time, message and room for what is no problem; a problem as `full` formats it."""

    def __init__(self, full: logging.Formatter | None) -> None:
        super().__init__("%(asctime)s  %(message)s", "%H:%M:%S")
        self._full = full or logging.Formatter()

    def format(self, record: logging.LogRecord) -> str:
        """A line, or several for a problem."""
        if record.levelno > logging.INFO:
            return self._full.format(record)
        room = getattr(record, "room", "")
        return super().format(record) + f"   ({room})" * bool(room)

    def formatMessage(self, record: logging.LogRecord) -> str:  # logging's own name
        """In our words."""
        record.message = NEWS.get(record.message, record.message)
        return super().formatMessage(record)
