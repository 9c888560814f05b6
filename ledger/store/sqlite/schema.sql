-- One row is one event in its place. recorded_at is in microseconds since 1970, UTC; ids are 16 bytes.
CREATE TABLE IF NOT EXISTS stored_events (
    position INTEGER PRIMARY KEY,
    event_id BLOB NOT NULL UNIQUE,
    originator_id BLOB NOT NULL,
    originator_version INTEGER NOT NULL,
    topic TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    digest BLOB NOT NULL,
    state BLOB NOT NULL,
    UNIQUE (originator_id, originator_version)
);

-- One row is a request that was answered: its key, the hash of its body, and the answer.
CREATE TABLE IF NOT EXISTS requests (
    key TEXT PRIMARY KEY,
    digest BLOB NOT NULL,
    position INTEGER NOT NULL,
    answer TEXT NOT NULL
) WITHOUT ROWID;

-- One row says which event gave a metric its unit family: a cache of the log, corrected when that event no longer
-- stands.
CREATE TABLE IF NOT EXISTS metrics (
    metric TEXT PRIMARY KEY,
    family TEXT NOT NULL,
    position INTEGER NOT NULL
) WITHOUT ROWID;

-- One row is a form in which a publisher says a metric, a value in one of its parts, and the first event that has it: a
-- cache of the log, for warnings; corrected when that event no longer stands.
CREATE TABLE IF NOT EXISTS forms (
    form TEXT NOT NULL,
    part TEXT NOT NULL,
    value TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (form, part, value)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS forms_by_position ON forms (position);

-- The last row is the name of this log; those before are the names of the logs that it was restored from.
CREATE TABLE IF NOT EXISTS identity (
    id TEXT PRIMARY KEY,
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- One row says which ledger recorded the events from a position on: another one, where the log was copied from there.
-- Without rows, this one recorded them all.
-- The last row for a position counts: the ledger before may have recorded nothing from there on.
CREATE TABLE IF NOT EXISTS recorders (
    number INTEGER PRIMARY KEY,
    first_position INTEGER NOT NULL,
    ledger TEXT NOT NULL
);

-- One row is what the Merkle tree keeps of an event beside its columns: the salt, the hash that stands for its text, and
-- the hash of its leaf.
CREATE TABLE IF NOT EXISTS leaves (
    position INTEGER PRIMARY KEY,
    salt BLOB,
    content BLOB NOT NULL,
    hash BLOB NOT NULL
);

-- One row is a whole tile of the tree: its root, and at level 0 its 256 hashes of 32 bytes.
CREATE TABLE IF NOT EXISTS tiles (
    level INTEGER NOT NULL,
    tile INTEGER NOT NULL,
    root BLOB NOT NULL,
    hashes BLOB,
    PRIMARY KEY (level, tile)
) WITHOUT ROWID;

-- One row: the tree as it is now, see `ledger.proof.merkle.Frontier`.
CREATE TABLE IF NOT EXISTS tree (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    size INTEGER NOT NULL,
    peaks BLOB NOT NULL,
    root BLOB NOT NULL
);

-- One row is a link of the chain over the requests that were answered, in the order in which they were.
CREATE TABLE IF NOT EXISTS request_chain (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    hash BLOB NOT NULL
);

-- One row: the signed checkpoint over the log and its requests as they were after the last transaction.
CREATE TABLE IF NOT EXISTS seal (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    size INTEGER NOT NULL,
    beside TEXT NOT NULL,
    note BLOB NOT NULL
);

-- Append-only, whoever asks: an event takes the next position, once, and time never goes back.
CREATE TRIGGER IF NOT EXISTS stored_events_gapless
BEFORE INSERT ON stored_events
WHEN NEW.position IS NOT (SELECT COALESCE(MAX(position), 0) + 1 FROM stored_events)
  OR EXISTS (SELECT 1 FROM stored_events WHERE event_id = NEW.event_id)
  OR EXISTS (
    SELECT 1 FROM stored_events
    WHERE originator_id = NEW.originator_id AND originator_version = NEW.originator_version
  )
  OR NEW.recorded_at < (SELECT recorded_at FROM stored_events WHERE position = NEW.position - 1)
BEGIN
    SELECT RAISE(ABORT, 'append-only: an event takes the next position, once, and time never goes back');
END;

CREATE TRIGGER IF NOT EXISTS requests_once
BEFORE INSERT ON requests
WHEN EXISTS (SELECT 1 FROM requests WHERE key = NEW.key)
BEGIN
    SELECT RAISE(ABORT, 'append-only: the key is taken');
END;

CREATE TRIGGER IF NOT EXISTS stored_events_never_update
BEFORE UPDATE ON stored_events
BEGIN
    SELECT RAISE(ABORT, 'append-only: stored_events takes no UPDATE');
END;

CREATE TRIGGER IF NOT EXISTS stored_events_never_delete
BEFORE DELETE ON stored_events
BEGIN
    SELECT RAISE(ABORT, 'append-only: stored_events takes no DELETE');
END;

CREATE TRIGGER IF NOT EXISTS requests_never_update
BEFORE UPDATE ON requests
BEGIN
    SELECT RAISE(ABORT, 'append-only: requests takes no UPDATE');
END;

CREATE TRIGGER IF NOT EXISTS requests_never_delete
BEFORE DELETE ON requests
BEGIN
    SELECT RAISE(ABORT, 'append-only: requests takes no DELETE');
END;

CREATE TRIGGER IF NOT EXISTS identity_never_update
BEFORE UPDATE ON identity
BEGIN
    SELECT RAISE(ABORT, 'append-only: identity takes no UPDATE');
END;

CREATE TRIGGER IF NOT EXISTS identity_never_delete
BEFORE DELETE ON identity
BEGIN
    SELECT RAISE(ABORT, 'append-only: identity takes no DELETE');
END;

CREATE TRIGGER IF NOT EXISTS recorders_of_what_comes
BEFORE INSERT ON recorders
WHEN NEW.first_position <= (SELECT COALESCE(MAX(position), 0) FROM stored_events)
  OR NEW.first_position < (SELECT MAX(first_position) FROM recorders)
  OR EXISTS (SELECT 1 FROM recorders WHERE number = NEW.number)
BEGIN
    SELECT RAISE(ABORT, 'append-only: what was recorded keeps the ledger that recorded it');
END;

CREATE TRIGGER IF NOT EXISTS recorders_never_update
BEFORE UPDATE ON recorders
BEGIN
    SELECT RAISE(ABORT, 'append-only: recorders takes no UPDATE');
END;

CREATE TRIGGER IF NOT EXISTS recorders_never_delete
BEFORE DELETE ON recorders
BEGIN
    SELECT RAISE(ABORT, 'append-only: recorders takes no DELETE');
END;

CREATE TRIGGER IF NOT EXISTS leaves_never_update
BEFORE UPDATE ON leaves
BEGIN
    SELECT RAISE(ABORT, 'append-only: leaves takes no UPDATE');
END;

CREATE TRIGGER IF NOT EXISTS leaves_never_delete
BEFORE DELETE ON leaves
BEGIN
    SELECT RAISE(ABORT, 'append-only: leaves takes no DELETE');
END;

CREATE TRIGGER IF NOT EXISTS tiles_never_update
BEFORE UPDATE ON tiles
BEGIN
    SELECT RAISE(ABORT, 'append-only: tiles takes no UPDATE');
END;

CREATE TRIGGER IF NOT EXISTS tiles_never_delete
BEFORE DELETE ON tiles
BEGIN
    SELECT RAISE(ABORT, 'append-only: tiles takes no DELETE');
END;

CREATE TRIGGER IF NOT EXISTS request_chain_never_update
BEFORE UPDATE ON request_chain
BEGIN
    SELECT RAISE(ABORT, 'append-only: request_chain takes no UPDATE');
END;

CREATE TRIGGER IF NOT EXISTS request_chain_never_delete
BEFORE DELETE ON request_chain
BEGIN
    SELECT RAISE(ABORT, 'append-only: request_chain takes no DELETE');
END;
