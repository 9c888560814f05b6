"""Files of events: read in pieces, a verdict on each row, and recorded batch by batch."""
