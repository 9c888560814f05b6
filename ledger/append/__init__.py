"""The way of a batch into the log: prepared, placed after the ones before it, written, answered with a receipt."""
