"""A voice sales agent that joins a LiveKit room and sells from a company's own documents."""
