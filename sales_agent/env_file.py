"""What `.env` sets that nobody reads: names that are no settings, but nearly."""

import difflib
import logging
from dataclasses import fields

from dotenv import dotenv_values, find_dotenv

from sales_agent.config import Settings

# By difflib's measure CARTESIA_KEY is 0.86 of CARTESIA_API_KEY; CRM_API_KEY, of other software, 0.82 of LLM_API_KEY.
NEAR = 0.83


def misspelt() -> str:
    """One line with the names that are nearly a setting which is not set; empty where there are none."""
    logging.getLogger("dotenv").setLevel(logging.ERROR)  # agent.py read it before, and told
    written = dotenv_values(find_dotenv(usecwd=True))
    known = {field.name.upper() for field in fields(Settings) if field.name != "cache"}
    missing = sorted(key for key in known if not written.get(key))
    near = {
        name: difflib.get_close_matches(name.upper(), missing, n=1, cutoff=NEAR)
        for name in written.keys() - known
    }
    names = ", ".join(
        f"{name} (is {keys[0]} meant?)" for name, keys in sorted(near.items()) if keys
    )
    return names and f"In .env nobody reads {names}"
