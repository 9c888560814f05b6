"""How long a test waits for what ought to happen: so long that only a test that hangs fails by it."""

PATIENCE_S = 300
