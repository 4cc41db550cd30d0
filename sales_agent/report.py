"""What the commands tell about documents, providers and the way to a call, in plain lines."""

import time
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from sales_agent.brain import Brain
from sales_agent.config import Settings
from sales_agent.knowledge.pages import URLS, PageStore
from sales_agent.prompts import Briefing

Say = Callable[[str], None]
PLAYGROUND = "https://agents-playground.livekit.io"
PARTS = {"end_of_turn": "end of turn", "model": "model", "voice": "voice", "ours": "ours"}


def silence(latency: Mapping[str, int]) -> str:
    """Where a silence went, from what the topic `latency` tells; milliseconds without the unit."""
    return " · ".join(f"{name} {latency[key]}" for key, name in PARTS.items())


def place(document: str, page: int | None) -> str:
    """Where a passage stands."""
    return f"{document}, page {page}" if page else document


def documents(briefing: Briefing, say: Say) -> None:
    """How many files and tokens, and what was left out and why."""
    block, folder = briefing.block, briefing.knowledge.folder
    files = len(block.included)
    unit = "file" if files == 1 else "files"
    searched = f"{block.listed:,} more have a line there, and are searched for each answer"
    if files or not block.listed:
        say(
            f"Documents  {files} {unit} from {folder}/, about {block.tokens:,} tokens in the prompt"
        )
    else:
        say(
            f"Documents  all from {folder}/ by a line each, about {block.tokens:,} tokens in the prompt"
        )
        searched = f"these {block.listed:,} are searched for each answer"
    if block.listed:
        say(f"           {searched}")
        if block.note:
            say(f"           these lines are too long for PROMPT_TOKENS: {block.note}")
    for out in block.left_out:
        say(f"           left out: {out.name}: {out.reason}")
    for order in briefing.knowledge.orders:
        hidden = "hidden in it " * order.hidden
        where = place(order.document, order.page)
        say(f"           {where}: {hidden}an order to an AI, not read: “{order.quote}”")


def pipeline(settings: Settings, brain: Brain, say: Say) -> None:
    """Who hears, thinks and speaks, and what would bring a better one."""
    if settings.cloud_speech:
        say("Hears      Cartesia ink-2")
        say("Speaks     Cartesia sonic-3")
    else:
        say(
            "Hears      moonshine, on this machine   (CARTESIA_API_KEY in .env brings Cartesia ink-2)"
        )
        say(
            "Speaks     hibari, on this machine      (CARTESIA_API_KEY in .env brings Cartesia sonic-3)"
        )
    if brain.kind == "cerebras":
        say(f"Thinks     {brain.model} at Cerebras: {brain.reason}")
    elif brain.kind == "compatible":
        say(f"Thinks     {brain.model} at {settings.llm_base_url}: {brain.reason}")
    elif brain.kind == "gguf":
        say(f"Thinks     {brain.model}, on this machine: {brain.reason}")
    else:
        say(
            "Thinks     nobody: answers are read out from the documents. For a conversation put in .env one of"
        )
        say(
            "           CEREBRAS_API_KEY (fastest), LLM_BASE_URL (Ollama, vLLM, …) or LOCAL_LLM (a GGUF file)"
        )


def server(settings: Settings, local_server: bool, say: Say) -> None:
    """Which LiveKit server the calls are on."""
    if local_server:
        say(
            f"LiveKit    {settings.livekit_url}, started for this run   (LIVEKIT_URL in .env joins another)"
        )
    else:
        say(f"LiveKit    {settings.livekit_url}")


def how_to_talk(
    settings: Settings, briefing: Briefing, say: Say, *, page: str, local_server: bool, uv: bool
) -> None:
    """That the worker is registered, and the commands and addresses that reach it; `page` is empty without one."""
    # A name of several words is a product sooner than "Bartender" or "Catering".
    terms = sorted(briefing.key_terms, key=lambda term: " " not in term)
    subject = terms[0] if terms else "your products"
    run = "python3 -m uv run" if uv else "python"
    cloud = (urlsplit(settings.livekit_url).hostname or "").endswith(".livekit.cloud")
    say("")
    say("Ready: the worker is registered and takes calls. Talk to it:")
    if page:
        elsewhere = "" if settings.page_port or page.endswith(":8000") else "; 8000 is taken"
        say(f"  {page}   (the page: open it in a browser, press the button{elsewhere})")
    if cloud:
        say(f"  {PLAYGROUND}   (choose this project, press Connect)")
    elif not local_server:
        say(f"  any LiveKit client, on {settings.livekit_url}")
    example = f'{run} agent.py call --say "What can you tell me about {subject}?"'
    say(f"  {example}" + "   (in another terminal)" * local_server)
    if settings.agent_name:
        say(f"  AGENT_NAME is set: only rooms that ask for {settings.agent_name!r} get the agent.")
    say("Ctrl-C ends everything.")
    say("")


def knowledge(briefing: Briefing, budget: int, say: Say) -> None:
    """Each document with its tokens, what the prompt takes of them, and what was left out."""
    included = set(briefing.block.included)
    say(f"{'tokens':>8}  {'pages':>5}  document")
    for document in briefing.knowledge.documents:
        pages = str(len(document.pages)) if document.pages[0].number else ""
        mark = "" if document.name in included else "   (searched)"
        say(f"{document.tokens:>8,}  {pages:>5}  {document.name}{mark}")
    say("")
    documents(briefing, say)
    say(f"           PROMPT_TOKENS allows {budget:,}; `--show` prints the whole system prompt")
    say(f"Key terms  {', '.join(briefing.key_terms) or 'none found'}")


def web_pages(store: PageStore, urls: Sequence[str], say: Say) -> None:
    """When each listed page was last fetched; why one could not be is told among what is left out."""
    if not urls:
        return
    say(f"Web pages  {len(urls)} listed in {URLS}")
    for url in urls:
        state = store.state(url)
        say(f"           {_age(state.fetched) if state else 'never fetched'}: {url}")


def _age(fetched: float) -> str:
    if not fetched:
        return "never fetched"
    minutes = max(0.0, time.time() - fetched) / 60
    if minutes < 90:
        return f"fetched {minutes:.0f} min ago"
    return (
        f"fetched {minutes / 60:.0f} h ago"
        if minutes < 2880
        else f"fetched {minutes / 1440:.0f} days ago"
    )
