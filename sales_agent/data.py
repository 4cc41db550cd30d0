"""`agent.py data`: loads the company's own data, and shows what is there."""

from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

from sales_agent.config import Settings
from sales_agent.store import Store, import_folder, open_store

Say = Callable[[str], None]


async def run_data(settings: Settings, folder: Path | None, say: Say) -> None:
    """Load the CSV files of `folder`, where there is one, and show counts. Raises StoreError."""
    async with aclosing(await open_store(settings.database_url)) as store:
        if folder is not None:
            loaded = await import_folder(
                store.database, folder, lambda file, rows: say(f"{rows:>9,}  {file} …")
            )
            for file, rows in loaded.items():
                say(f"{rows:>9,}  rows of {file}")
            say("")
        await _show(store, settings, say)


async def _show(store: Store, settings: Settings, say: Say) -> None:
    imported = await store.imported()
    say(f"Database   {store.database.where}")
    say(f"Loaded     {f'{imported:%Y-%m-%d %H:%M} UTC' if imported else 'nothing yet'}")
    for what, count in (await store.counts()).items():
        say(f"{count:>9,}  {what}")
    if imported is None:
        say(
            "`agent.py data import FOLDER` loads products.csv, stock.csv, customers.csv, orders.csv"
        )
    if settings.reads_aloud:
        say(
            "Looked up  by nobody: answers are read out from the documents. "
            "CEREBRAS_API_KEY, LLM_BASE_URL or LOCAL_LLM in .env brings a model that looks things up here"
        )
