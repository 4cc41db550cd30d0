"""What the agent does by itself when something happens to the line: a hang-up, a caller who vanishes or comes back."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from livekit import rtc
from livekit.agents import AgentSession, CloseEvent

from sales_agent.call import Call
from sales_agent.conversation import is_callers
from sales_agent.identity import COLLEAGUE, CUSTOMER, meet, shown
from sales_agent.prompts import Prompts

logger = logging.getLogger("sales_agent")

# Seconds. A page that is loaded again is back in two, a phone that changes from Wi-Fi to mobile in ten.
RETURN_TIMEOUT = 30.0
# Until a client that has just joined hears us: it subscribes to the voice first.
SETTLING = 1.0
HANG_UP = "hang_up"  # the RPC method by which a client says that its caller has hung up
PEOPLE = (
    rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD,
    rtc.ParticipantKind.PARTICIPANT_KIND_SIP,
    rtc.ParticipantKind.PARTICIPANT_KIND_CONNECTOR,
)


class Line:
    """The caller's line: who vanishes is waited for, who hangs up is not, and a colleague gets it."""

    def __init__(
        self,
        session: AgentSession[Call],
        room: rtc.Room,
        *,
        prompts: Prompts,
        secret: str,
        on_joined: Callable[[], None],
    ) -> None:
        """Follow a session that has started in a connected room.

        Whoever is in the room, or comes in, shows who they are by what was signed with `secret`. `on_joined` is
        called whenever a caller comes in.
        """
        self._session = session
        self._room = room
        self._prompts = prompts
        self._secret = secret
        self._on_joined = on_joined
        self.handed_over = False
        """Whether a person has taken the call over: the room is theirs and the caller's then."""
        self._over = False
        self._answering = False  # while they vanished
        self._waiting: asyncio.TimerHandle | None = None
        self._welcoming: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        room.on("participant_connected", self._joined)
        room.on("participant_disconnected", self._vanished)
        room.local_participant.register_rpc_method(HANG_UP, self._hung_up)
        session.on("close", self._closed)

    async def _hung_up(self, call: rtc.RpcInvocationData) -> str:
        linked = self._session.room_io.linked_participant
        if linked is None or linked.identity != call.caller_identity:
            raise rtc.RpcError(
                rtc.RpcError.ErrorCode.APPLICATION_ERROR, "only the caller can hang up"
            )
        logger.info("the caller hung up")
        self._over = True
        # A moment later, so that they get our answer.
        asyncio.get_running_loop().call_later(0.1, self._close)
        return "goodbye"

    def _vanished(self, person: rtc.RemoteParticipant) -> None:
        left = person.kind in PEOPLE and self._session.room_io.linked_participant is None
        if self._over or not left:
            return
        # Nobody can phone into the same call again.
        if person.kind == rtc.ParticipantKind.PARTICIPANT_KIND_SIP:
            self._close()
            return
        logger.info("the caller vanished, waiting %.0f s for them", RETURN_TIMEOUT)
        self._answering = self._session.current_speech is not None
        self._session.interrupt()  # nobody hears it, and it is not to count as said
        self._stop_waiting()
        self._waiting = asyncio.get_running_loop().call_later(RETURN_TIMEOUT, self._give_up)

    def _joined(self, person: rtc.RemoteParticipant) -> None:
        if person.kind not in PEOPLE or self._over:
            return
        if self._shown(person, COLLEAGUE):
            self._start(self._hand_over())
            return
        self._on_joined()
        if self._waiting is None:
            self._start(self.meet(person))
            return
        self._stop_waiting()
        if self._session.room_io.linked_participant is None:  # back under another identity
            self._session.userdata.forget_who()
            self._session.room_io.set_participant(person.identity)
        self._start(self.meet(person))
        logger.info("the caller is back")
        self._welcoming = asyncio.create_task(self._welcome())

    async def meet_caller(self) -> None:
        """Recognise who is in the room already; the greeting waits for it."""
        for person in self._room.remote_participants.values():
            await self.meet(person)

    async def meet(self, person: rtc.RemoteParticipant) -> None:
        """Recognise the caller by what their token shows; nobody else in the room."""
        linked = self._session.room_io.linked_participant
        if linked is None or linked.identity == person.identity:
            await meet(self._session.userdata, self._shown(person, CUSTOMER))

    def _shown(self, person: rtc.RemoteParticipant, what: str) -> str:
        return shown(person, self._secret, what, room=self._room.name)

    async def _hand_over(self) -> None:
        logger.info("a person takes the call over")
        self.handed_over = True
        self._stop_waiting()
        await asyncio.sleep(SETTLING)
        self._session.userdata.update(next_step="a colleague took the call over", stage="close")
        await self._session.interrupt()
        await self._session.say(self._prompts.handed_over, allow_interruptions=False)
        self._close()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _welcome(self) -> None:
        await asyncio.sleep(SETTLING)
        self._session.say(self._prompts.returned)
        context = self._session.current_agent.chat_ctx.copy()
        while context.items and not is_callers(context.items[-1]):
            context.items.pop()
        if self._answering and context.items:  # they asked, and have not heard the answer
            self._session.generate_reply(chat_ctx=context)

    def _closed(self, event: CloseEvent) -> None:
        self._over = True
        self._stop_waiting()

    def _give_up(self) -> None:
        logger.info("the caller did not come back")
        self._close()

    def _close(self) -> None:
        self._session.shutdown(drain=False)

    def _stop_waiting(self) -> None:
        for pending in (self._waiting, self._welcoming):
            if pending is not None:
                pending.cancel()
        self._waiting = self._welcoming = None
