"""What runs on this machine when no cloud is asked: hearing, speaking, answering, and a LiveKit server.

hearing         speech-to-text (moonshine)
speaking        text-to-speech (hibari)
vocabulary      the words of the documents, and what a misheard word was meant to be
phrases         what the reader says beside the documents (prompts/reader.md)
smalltalk       sentences that ask nothing
questions       what a caller's sentence asks
parts           two questions in one sentence, two things in one question
tables          rows and columns, the most and the least
ranges          "10 to 24", "Twenty-five or more", and what they hold
scored          how likely a statement is to answer
ranking         how well each statement of the documents fits a question
choosing        which of the best statements to say, and what has to stand beside them
answers         what to say to a question: sentences of the documents, or a phrase
reader          all of that as a model for LiveKit, without a language model
llm_server      answers from a GGUF file, in a server process (llama.py)
models          that file: on disk, or on a model hub
fetching        programs that the user's own tools fetch once
livekit_server  rooms and audio between them; go_build makes its binary
child           the server processes; watchdog ends them when we are gone
run_file        where the other commands find the running agent
"""
