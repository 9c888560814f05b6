"""Where the log is kept: one module per store."""
