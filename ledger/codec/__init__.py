"""Everything that knows bytes: the JSON that clients send, the JSON that is kept, and entries of the log."""
