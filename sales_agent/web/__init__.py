"""The page to talk to the agent, and the tokens for it.

client_library.py  LiveKit's browser library: fetched once, pinned, cached
gate.py            who may ask: our own page, with the secret, not too often
tickets.py         tokens: for a new call, or back into one
server.py          the routes
static/            the page: one HTML, one CSS, small ES modules
"""
