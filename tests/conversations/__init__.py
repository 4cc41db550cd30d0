"""Conversations in text with a scripted model: every tool and handoff, good and bad, without sound or room."""
