"""The LiveKit worker: what a job process loads once, and what it does when a call comes in."""

import asyncio
import contextlib
import logging
import os

from livekit.agents import AgentServer, AgentSession, JobContext, JobProcess, llm
from livekit.agents.worker import ServerEnvOption

from sales_agent.after_call import WRITEUP_TIMEOUT, finish
from sales_agent.agents import AGENTS, SalesAgent, Team
from sales_agent.behaviors import Line
from sales_agent.call import Call
from sales_agent.config import Settings
from sales_agent.contact_tools import CALENDAR_TOOLS, save_lead, transfer_to_human
from sales_agent.conversation import carried
from sales_agent.data_tools import DATA_TOOLS
from sales_agent.guard import Guard
from sales_agent.hints import Hints
from sales_agent.knowledge import KnowledgeError
from sales_agent.knowledge.current import CurrentKnowledge
from sales_agent.knowledge.embedders import make_embedder
from sales_agent.knowledge.index import load_embedder
from sales_agent.knowledge.retrieval import open_material
from sales_agent.local.finder import Finder, finder_for
from sales_agent.local.reader import Reader
from sales_agent.preloading import PRELOADED
from sales_agent.prompts import CALLER, Prompts, brief_for_a_call, synonyms_in
from sales_agent.providers import make_llm, make_stt, make_tts, make_vad, make_voices
from sales_agent.record import SAVE_TIMEOUT, Record
from sales_agent.rooms import colleague_token, meet_link
from sales_agent.session import ROOM_OPTIONS, build_session
from sales_agent.store import Store, StoreError
from sales_agent.topics import Topics

logger = logging.getLogger("sales_agent")

# Seconds that a caller waits for a greeting while the database is opened, which takes hundredths of one.
STORE_PATIENCE = 1.0
# Seconds that a job process has to end: the session closes, then the state and the write-up are stored.
SHUTDOWN_TIMEOUT = 15.0 + WRITEUP_TIMEOUT + 3 * SAVE_TIMEOUT


def prewarm(process: JobProcess) -> None:
    """Load what every call of this process needs, before there is one."""
    settings = Settings.from_env(os.environ)
    briefing = brief_for_a_call(settings)
    process.userdata["vad"] = make_vad()
    model = make_llm(settings, briefing)  # which reads certificates
    if isinstance(model, Reader):
        model.load()
    else:
        with contextlib.suppress(KnowledgeError):  # a call can do without sources, and will say so
            load_embedder()
    if not settings.cloud_speech:  # weights into memory; the cloud's plugins have none
        make_stt(settings, briefing.key_terms, process.userdata["vad"]).prewarm()
        make_tts(settings).prewarm()


async def answer(ctx: JobContext) -> None:
    """Take one call: greet at once, then talk until the caller hangs up."""
    settings = Settings.from_env(os.environ)
    call = Call(id=ctx.job.room.name)
    record = Record(call)
    in_room = not ctx.is_fake_job()  # as in `console`, where there is no room
    opening = record.open(settings.database_url, STORE_PATIENCE) if in_room else asyncio.sleep(0)
    try:
        briefing, _ = await asyncio.gather(asyncio.to_thread(brief_for_a_call, settings), opening)
    except BaseException:
        await record.aclose()
        raise

    async def write_up() -> None:
        try:
            await finish(record, settings, briefing.prompts.after_call)
        finally:
            await record.aclose()

    ctx.add_shutdown_callback(write_up)  # which runs when we have left the room
    session = build_session(settings, briefing, ctx.proc.userdata["vad"], call)
    current = CurrentKnowledge(briefing.knowledge, settings.cache, briefing.block.included)
    record.follow(session)
    call.store, call.moment = record.store, briefing.prompts.moment
    guard = Guard(briefing, settings.cache)
    finder = finder_for(settings, briefing)
    if finder:
        finder.prewarm()  # while the caller is greeted
    team = Team(
        briefing=briefing,
        voices=make_voices(settings),
        data_tools=await store_tools(record.store, settings),
        material=await asyncio.to_thread(
            open_material,
            briefing.library,
            briefing.block.included,
            make_embedder(settings),
            synonyms_in(briefing.prompts.reader),
        ),
        reads_aloud=settings.reads_aloud,
        hints=Hints(finder) if finder else None,
        # LOCAL_LLM, which the supervisor clears where something else thinks.
        tools=not settings.local_llm or settings.local_llm_tools,
        hands_over=not settings.local_llm,
        guard=guard,
        current=current,
    )
    agent = AGENTS.get(call.specialist, SalesAgent)(team)
    if record.returned:
        history = carried(llm.ChatContext([*record.conversation()]))
        await agent.update_chat_ctx(history)
        session.history.items.extend(history.items)
    # The call is over with the session. The room would keep the process for another 20 s.
    session.on("close", lambda _: ctx.shutdown(reason="the call is over"))
    await session.start(
        agent,
        room=ctx.room,
        room_options=ROOM_OPTIONS,
        record=False,  # unset, the server may ask for an upload
    )
    current.on_change(guard.use)
    _follow_documents(current, session, finder, ctx)
    if in_room:
        topics = Topics(session, ctx.room, team, briefing.knowledge, settings.cache, record)
        topics.tell_call()
        current.on_change(topics.use)
        line = Line(
            session,
            ctx.room,
            prompts=briefing.prompts,
            secret=settings.livekit_api_secret,
            on_joined=topics.tell_call,
        )

        async def close_room() -> None:  # nobody is to sit in a room where no agent will come again
            if not line.handed_over:
                await ctx.delete_room()

        ctx.add_shutdown_callback(close_room)
        call.invite_colleague = lambda: _way_in(settings, ctx.job.room.name)
        await line.meet_caller()
    if settings.mcp_servers and team.tools and not team.reads_aloud:
        # Here, because most have none, and its packages cost every process memory.
        from sales_agent.mcp_tools import CompanySystems

        systems = CompanySystems(settings.mcp_servers)
        ctx.add_shutdown_callback(systems.aclose)
        systems.connect({tool.id for tool in agent.tools}, lambda tools: team.learn(tools, session))
    # A fixed line, because a model's would make the caller wait for their very first word.
    session.say(_first_line(briefing.prompts, call, returned=record.returned))


def _follow_documents(
    current: CurrentKnowledge, session: AgentSession[Call], finder: Finder | None, ctx: JobContext
) -> None:
    """Have what changes in the documents in the answers of this call too, until it is over."""
    model = session.llm
    if isinstance(model, Reader):
        current.on_change(model.use_soon)
    if finder is not None:
        finder.use_soon(current.now)  # while the greeting is spoken
        current.on_change(finder.use_soon)
        ctx.add_shutdown_callback(finder.aclose)
    following = asyncio.create_task(current.follow())

    async def stop() -> None:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)

    ctx.add_shutdown_callback(stop)


def _first_line(prompts: Prompts, call: Call, *, returned: bool) -> str:
    if returned:
        return prompts.returned
    return prompts.greeting_again.replace(CALLER, call.name) if call.last_call else prompts.greeting


def _way_in(settings: Settings, room: str) -> dict[str, str]:
    """What a person of the sales team needs to take a call over."""
    token = colleague_token(
        api_key=settings.livekit_api_key, api_secret=settings.livekit_api_secret, room=room
    )
    return {
        "server_url": settings.livekit_url,
        "participant_token": token,
        "link": meet_link(settings.livekit_url, token),
    }


async def store_tools(store: Store | None, settings: Settings) -> list[llm.Tool]:
    """What the model can do with the store: nothing that would have nothing to look up, and nobody to tell."""
    if store is None:
        return []
    try:
        loaded = bool(await store.catalogue.products())
    except StoreError as error:
        logger.error("the call goes on without the company's data: %s", error)
        return []
    tools: list[llm.Tool] = [save_lead]
    if loaded:
        tools += [*DATA_TOOLS, *CALENDAR_TOOLS]
    if settings.webhook_url:
        tools.append(transfer_to_human)
    return tools


def build_server(settings: Settings, *, dev: bool = False) -> AgentServer:
    """Make the worker that LiveKit dispatches calls to.

    In development it keeps one process warm (LiveKit's default of none costs the first caller a second) and
    answers health checks on a free port of this machine alone. It is the only worker there, so it never tells that it
    is busy: LiveKit's server would offer it no call while the CPU is full, and callers would hear nobody.
    """
    server = AgentServer(
        setup_fnc=prewarm,
        load_fnc=_never_full if dev else None,
        host="127.0.0.1" if dev else "",
        port=ServerEnvOption(dev_default=0, prod_default=settings.health_port),
        num_idle_processes=ServerEnvOption(
            dev_default=1, prod_default=AgentServer._default_num_idle_processes.prod_default
        ),
        preload_modules=PRELOADED,
        shutdown_process_timeout=SHUTDOWN_TIMEOUT,
        initialize_process_timeout=60.0,  # a cold disk and two cores: models load in seconds, not in ten
    )
    server.rtc_session(answer, agent_name=settings.agent_name)
    return server


def _never_full() -> float:
    return 0.0
