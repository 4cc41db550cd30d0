"""The voice pipeline: every latency knob, each with its reason. Seconds, except where a name says otherwise."""

from livekit.agents import AgentSession, room_io, vad
from livekit.agents.types import APIConnectOptions
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.agents.voice.turn import TurnHandlingOptions

from sales_agent.call import Call
from sales_agent.config import Settings
from sales_agent.prompts import Briefing
from sales_agent.providers import make_llm, make_stt, make_tts

TURN_HANDLING = TurnHandlingOptions(
    # The speech-to-text model hears whether a sentence is over; a timer can only guess. Pinned, because the
    # framework's default in development asks a cloud service.
    turn_detection="stt",
    # So nothing is added to its word: the default waits another half second.
    endpointing={"mode": "fixed", "min_delay": 0.0, "max_delay": 3.0},
    interruption={
        "mode": "vad",  # pinned: the default may ask a cloud service
        # A cough is 0.2 s; "wait" is 0.3 s. The default of 0.5 lets the agent talk on for a sentence.
        "min_duration": 0.3,
        "resume_false_interruption": True,
        "false_interruption_timeout": 1.0,
    },
    # The answer is thought and spoken into a buffer as soon as the end of the turn is likely (`turn.eager_end`),
    # and thrown away when the caller goes on: most of the model's time is gone before the turn ends.
    preemptive_generation={"enabled": True, "preemptive_tts": True, "max_retries": 3},
)

ROOM_OPTIONS = room_io.RoomOptions(
    # 20 ms is Opus's own frame; the default of 50 ms adds 30 before anybody hears the caller.
    audio_input=room_io.AudioInputOptions(sample_rate=16_000, frame_size_ms=20),
    close_on_disconnect=False,  # a page that is loaded again leaves the room like one that is closed
)

CONNECTIONS = SessionConnectOptions(
    # Two tries, then an apology: a caller does not wait for a third. Seconds without a word from the provider.
    # Cerebras answers in a fraction of one; a model on this machine may have a changed prompt to read.
    llm_conn_options=APIConnectOptions(max_retry=1, retry_interval=0.3, timeout=6.0),
    tts_conn_options=APIConnectOptions(max_retry=1, retry_interval=0.3, timeout=5.0),
)


def build_session(
    settings: Settings, briefing: Briefing, activity: vad.VAD, call: Call
) -> AgentSession[Call]:
    """Put the pipeline of one call together."""
    return AgentSession[Call](
        userdata=call,
        stt=make_stt(settings, briefing.key_terms, activity),
        llm=make_llm(settings, briefing),
        tts=make_tts(settings),
        vad=activity,
        turn_handling=TURN_HANDLING,
        conn_options=CONNECTIONS,
        # The browser's echo canceller needs a moment; the default of 3 s makes the greeting deaf to the caller.
        aec_warmup_duration=1.0,
    )
