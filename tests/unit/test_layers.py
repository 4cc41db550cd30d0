"""Data flows one way: a module imports only from modules above it in this list."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path("sales_agent")
LAYERS = [
    "config",
    "env_file",
    "knowledge",
    "store",
    "prompts",
    "brain",
    "call",
    "identity",
    "record",
    "asking",
    "conversation",
    "farewell",
    "tools",
    "data_tools",
    "contact_tools",
    "knowledge_tools",
    "mcp_tools",
    "metrics",
    "talk",
    "said",
    "echoes",
    "quoted",
    "claims",
    "columns",
    "measured",
    "unitless",
    "likely",
    "grounds",
    "free",
    "nearly",
    "checking",
    "clauses",
    "guard",
    "hints",
    "agents",
    "local",
    "providers",
    "session",
    "topics",
    "behaviors",
    "writeup",
    "after_call",
    "rooms",
    "web",
    "preloading",
    "worker",
    "screen_log",
    "supervised",
    "report",
    "data",
    "calls",
    "gaps",
    "beside",
    "delivery",
    "refreshing",
    "warming",
    "briefings",
    "processes",
    "indexing",
    "supervisor",
    "start",
    "invite",
    "connect",
    "console",
    "caller",
    "phone",
    "ask",
    "speech",
    "doctor",
    "commands",
    "cli",
]
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def layer_of(module: str) -> str:
    return module.split(".")[1]


def imported_layers(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [node.module]
            if node.module == "sales_agent":
                names = [f"sales_agent.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        found |= {layer_of(name) for name in names if name.startswith("sales_agent.")}
    return found


@pytest.mark.parametrize("path", FILES, ids=str)
def test_imports_only_from_layers_above(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    above = LAYERS[: LAYERS.index(own) + 1]
    assert imported_layers(path) <= set(above)


def test_only_the_settings_the_worker_and_the_commands_touch_the_environment() -> None:
    """`Settings.from_env` interprets it; the others only hand it over, whole."""
    touching = {
        path.relative_to(PACKAGE).as_posix()
        for path in FILES
        if "os.environ" in path.read_text(encoding="utf-8")
    }
    assert touching <= {
        "cli.py",
        "connect.py",
        "console.py",
        "local/go_build.py",
        "preloading.py",
        "start.py",
        "supervised.py",
        "supervisor.py",
        "worker.py",
    }


def test_files_stay_readable_in_one_go() -> None:
    long = {str(p): n for p in FILES if (n := len(p.read_text("utf-8").splitlines())) > 320}
    assert long == {}
