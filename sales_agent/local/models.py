"""The language model that LOCAL_LLM names: a GGUF file, or one on a model hub that is fetched once.

A fetched file is used only when its SHA-256 is the one that the hub has on record for it.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx2
from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    XetDownloadError,
)
from huggingface_hub.hf_api import RepoSibling

from sales_agent.config import MendableError

HUB = "https://huggingface.co"
MAGIC = b"GGUF"
# A good trade of size, speed and quality on a CPU, and what most hub pages recommend.
PREFERRED = "q4_k_m"
LIST_TIMEOUT = 15.0  # seconds
DOWNLOAD = "`python agent.py download-files`"
NAME = r"[A-Za-z0-9][\w.-]*"
# org/repo, org/repo:q4_k_m, org/repo:file.gguf or org/repo/file.gguf
HUB_ID = re.compile(rf"(?P<repo>{NAME}/{NAME})(?:[:/](?P<choice>[\w./-]+))?")


class ModelError(MendableError):
    """A model file that is not there or cannot be used; one line with the mend."""


@dataclass(frozen=True)
class _Wanted:
    """A hub id, taken apart; `choice` is a file, a quantization, or empty."""

    repo: str
    choice: str


def is_hub_id(value: str) -> bool:
    """Whether LOCAL_LLM names a model on a hub, and not a file."""
    return _wanted(value) is not None


def resolve(value: str, cache: Path) -> Path:
    """Find the file that LOCAL_LLM names.

    Raises ModelError where it is not there, or is no whole GGUF file.
    """
    wanted = _wanted(value)
    if wanted is None:
        path = Path(value).expanduser()
        if not path.is_file():
            raise ModelError(
                f"LOCAL_LLM {value!r} is no file: give the path of a GGUF file, "
                "or a hub id such as Qwen/Qwen2.5-1.5B-Instruct-GGUF"
            )
        _check_magic(path, "give another file")
        return path
    try:
        record = json.loads(_record(value, wanted, cache).read_text(encoding="utf-8"))
        path = _folder(wanted, cache) / str(record["file"])
        whole = bool(path.stat().st_size == record["size"])
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"LOCAL_LLM {value!r} is not downloaded: run {DOWNLOAD}") from error
    if not whole:
        raise ModelError(f"{path} is not whole any more: run {DOWNLOAD}")
    _check_magic(path, f"run {DOWNLOAD}")
    return path


def download(value: str, cache: Path, say: Callable[[str], None], *, hub: str = HUB) -> Path:
    """Fetch the model that a hub id names, unless it is there, and check it.

    Raises ModelError where the hub has no such file or does not answer, or the file is not the
    one that the hub has on record.
    """
    wanted = _wanted(value)
    if wanted is None:
        return resolve(value, cache)
    try:
        return resolve(value, cache)
    except ModelError:
        pass  # that is what this is for
    folder = _folder(wanted, cache)
    try:
        info = HfApi(endpoint=hub).model_info(
            wanted.repo, files_metadata=True, timeout=LIST_TIMEOUT
        )
        file = _choose(wanted, info.siblings or [])
        say(f"Fetching {file.rfilename} ({(file.size or 0) / 1e9:.1f} GB) of {wanted.repo} …")
        _remove_what_is_cut_off(folder / file.rfilename, file)
        path = Path(
            hf_hub_download(
                wanted.repo, file.rfilename, revision=info.sha, endpoint=hub, local_dir=folder
            )
        )
    except HfHubHTTPError as error:
        status = error.response.status_code
        if status in (401, 403, 404):
            raise ModelError(
                f"LOCAL_LLM {value!r}: {hub} shows no such model ({status}): check the spelling; "
                "one that has to be asked for needs HF_TOKEN"
            ) from error
        raise ModelError(f"{hub} answers {status} for {value!r}: try again later") from error
    except HFValidationError as error:
        raise ModelError(f"LOCAL_LLM {value!r} is no hub id: {_first_line(error)}") from error
    except (
        httpx2.HTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        XetDownloadError,
    ) as error:
        raise ModelError(
            f"{hub} cannot be reached: check the network, or set LOCAL_LLM to a GGUF file"
        ) from error
    except OSError as error:
        raise ModelError(
            f"LOCAL_LLM {value!r} is not fetched into {folder}: {error.strerror or _first_line(error)}: "
            f"try {DOWNLOAD} again"
        ) from error
    digest = _checked(path, file)
    record = {"file": file.rfilename, "size": path.stat().st_size, "sha256": digest}
    _record(value, wanted, cache).write_text(json.dumps(record), encoding="utf-8")
    say(f"Fetched, and its SHA-256 is right: {digest}")
    return path


def _wanted(value: str) -> _Wanted | None:
    if Path(value).expanduser().exists() or value.startswith((".", "/", "~")):
        return None
    match = HUB_ID.fullmatch(value)
    # models/file.gguf is a path; a repository is no file, so that a hub id has another part.
    if match is None or match["repo"].lower().endswith(".gguf"):
        return None
    return _Wanted(match["repo"], match["choice"] or "")


def _folder(wanted: _Wanted, cache: Path) -> Path:
    return cache / "models" / wanted.repo.replace("/", "--")


def _record(value: str, wanted: _Wanted, cache: Path) -> Path:
    return _folder(wanted, cache) / f"{re.sub(r'[^A-Za-z0-9.-]+', '_', value)}.json"


def _choose(wanted: _Wanted, siblings: list[RepoSibling]) -> RepoSibling:
    files = [file for file in siblings if file.rfilename.lower().endswith(".gguf")]
    names = ", ".join(sorted(file.rfilename for file in files)) or "none"
    choice = (wanted.choice or PREFERRED).lower()
    exact = [file for file in files if file.rfilename.lower() == choice]
    # Parts of a split model cannot be run alone; mmproj files are for pictures.
    alone = [f for f in files if not re.search(r"-of-\d+\.gguf$|mmproj", f.rfilename.lower())]
    by_kind = [file for file in alone if choice in file.rfilename.lower()]
    if not exact and not wanted.choice and len(alone) == 1:
        by_kind = alone
    found = exact or sorted(by_kind, key=lambda file: file.rfilename)
    if not found:
        raise ModelError(
            f"{wanted.repo} has no single GGUF file for {wanted.choice or PREFERRED!r}; "
            f"name one of its files after a colon: {names}"
        )
    return found[0]


def _remove_what_is_cut_off(path: Path, file: RepoSibling) -> None:
    # The hub's client takes a file that is there for a whole one.
    if path.exists() and path.stat().st_size != file.size:
        path.unlink()


def _checked(path: Path, file: RepoSibling) -> str:
    with path.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    expected = file.lfs.sha256 if file.lfs else ""
    if digest != expected:
        path.unlink()
        raise ModelError(
            f"{path.name} is not what the hub has on record (SHA-256 {digest}, expected "
            f"{expected or 'one'}), and was removed: run {DOWNLOAD} again"
        )
    try:
        _check_magic(path, "name another file")
    except ModelError:
        path.unlink()
        raise
    return digest


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _check_magic(path: Path, mend: str) -> None:
    try:
        with path.open("rb") as opened:
            magic = opened.read(len(MAGIC))
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}: {mend}") from error
    if magic != MAGIC:
        raise ModelError(f"{path} is no GGUF file: {mend}")
