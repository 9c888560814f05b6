"""From the log to typed tables: one row for each version of an event, and what is kept ready beside them."""
