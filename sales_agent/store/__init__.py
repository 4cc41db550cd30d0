"""The company's own data: what it sells, to whom, and every call. SQLite by default, PostgreSQL by URL.

Each file imports only from those above it:
    schema.py         the tables; migrations/ brings a database up to them
    database.py       connections, transactions, and StoreError
    money.py          amounts in minor units, in files and in words
    spoken.py         order numbers, addresses and postcodes as people say them
    csv_files.py      CSV files as typed rows, with every mistake named
    cells.py          what may stand in a cell
    company_files.py  the files checked against each other
    importing.py      a folder of files replaces the company's data
    quotes.py         products, discounts, delivery: what an order costs
    names.py          products by the names that callers give them
    catalogue.py      products found, their stock, quotes
    customers.py      who is calling, and what they ordered
    calendar.py       times for a call back, each given away once
    outbox.py         what has to reach other systems
    calls.py          the state of each call, its write-up, its lead
    history.py        the calls that were, found again and listed
    opening.py        Store: all of it, on one database
    sample/           the files of Harbor Office, as knowledge/ describes it
"""

from pathlib import Path

from sales_agent.store.calls import Lead, StoredCall
from sales_agent.store.customers import Customer, Order
from sales_agent.store.database import RefusedError, StoreError
from sales_agent.store.importing import import_folder
from sales_agent.store.opening import Store, open_store
from sales_agent.store.quotes import Product, Quote

SAMPLE = Path(__file__).parent / "sample"

__all__ = [
    "SAMPLE",
    "Customer",
    "Lead",
    "Order",
    "Product",
    "Quote",
    "RefusedError",
    "Store",
    "StoreError",
    "StoredCall",
    "import_folder",
    "open_store",
]
