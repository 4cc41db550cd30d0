"""The outside world on 127.0.0.1, for tests and for developers without keys.

Each stand-in speaks the provider's real wire protocol, so that the real client, with its retries,
pools and parsing, is what a test exercises; what is scripted is only what the provider would say.

    server.py         what every stand-in shares: a free port, keys, faults, a quick end
    faults.py         what can go wrong, said in one line: Refuse, Drop, Stall, ErrorEvent
    endpointing.py    ink-2's turns, found in the energy of the audio that arrives
    voices.py         text to samples: a tone as long as the text, or hibari's speech
    cartesia.py       Cartesia: speech-to-text (ink-2, ink-whisper) and text-to-speech
    cartesia_stt.py     its two speech-to-text sockets
    cartesia_tts.py     its text-to-speech socket and POST
    cartesia_errors.py  its errors, in both of their shapes
    cerebras.py       Cerebras: chat completions as a stream, models, structured output
    cerebras_replies.py what its model says, and how tokens are counted
    house.py          a livekit-server of the tests' own, an agent and a caller on it

Alone, to point CARTESIA_BASE_URL or CEREBRAS_BASE_URL at:

    python -m tests.loopback.cartesia --port 0 --voice hibari
    python -m tests.loopback.cerebras --port 0
"""
