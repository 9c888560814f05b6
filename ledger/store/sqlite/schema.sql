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

-- One row is an event whose text was erased, and the position of the EventErased that says so.
CREATE TABLE IF NOT EXISTS erasures (
    position INTEGER PRIMARY KEY,
    erased_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS erasures_by_event ON erasures (erased_at);

-- One row: up to which EventErased no byte of an erased text is left in the file.
CREATE TABLE IF NOT EXISTS scrubbed (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    erased_at INTEGER NOT NULL
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

-- Of an event whose erasing was recorded, what it said is taken away; nothing else ever changes.
CREATE TRIGGER IF NOT EXISTS stored_events_never_update
BEFORE UPDATE ON stored_events
WHEN NEW.state IS NOT x'' OR NEW.digest IS NOT x''
  OR NEW.position IS NOT OLD.position OR NEW.event_id IS NOT OLD.event_id
  OR NEW.originator_id IS NOT OLD.originator_id OR NEW.originator_version IS NOT OLD.originator_version
  OR NEW.topic IS NOT OLD.topic OR NEW.recorded_at IS NOT OLD.recorded_at OR NEW.recorded_by IS NOT OLD.recorded_by
  OR NOT EXISTS (SELECT 1 FROM erasures WHERE position = OLD.position)
BEGIN
    SELECT RAISE(ABORT, 'append-only: stored_events takes no UPDATE');
END;

CREATE TRIGGER IF NOT EXISTS stored_events_never_delete
BEFORE DELETE ON stored_events
BEGIN
    SELECT RAISE(ABORT, 'append-only: stored_events takes no DELETE');
END;

-- In the transaction that erases, an answer loses what it quoted, and is linked anew.
CREATE TRIGGER IF NOT EXISTS requests_never_update
BEFORE UPDATE ON requests
WHEN NEW.key IS NOT OLD.key OR NEW.position IS NOT OLD.position
  OR (NEW.digest IS NOT OLD.digest AND NEW.digest IS NOT x'')
  OR COALESCE((SELECT erased_at FROM scrubbed), 0) >= (SELECT COALESCE(MAX(erased_at), 0) FROM erasures)
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
WHEN NEW.salt IS NOT NULL
  OR NEW.position IS NOT OLD.position OR NEW.content IS NOT OLD.content OR NEW.hash IS NOT OLD.hash
  OR NOT EXISTS (SELECT 1 FROM erasures WHERE position = OLD.position)
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
WHEN NEW.number IS NOT OLD.number OR NEW.key IS NOT OLD.key
  OR COALESCE((SELECT erased_at FROM scrubbed), 0) >= (SELECT COALESCE(MAX(erased_at), 0) FROM erasures)
BEGIN
    SELECT RAISE(ABORT, 'append-only: request_chain takes no UPDATE');
END;

CREATE TRIGGER IF NOT EXISTS request_chain_never_delete
BEFORE DELETE ON request_chain
BEGIN
    SELECT RAISE(ABORT, 'append-only: request_chain takes no DELETE');
END;

CREATE TRIGGER IF NOT EXISTS erasures_of_what_was_erased
BEFORE INSERT ON erasures
WHEN EXISTS (SELECT 1 FROM erasures WHERE position = NEW.position)
  OR NOT EXISTS (
    SELECT 1 FROM stored_events AS erased JOIN stored_events AS act USING (originator_id)
    WHERE erased.position = NEW.position AND act.position = NEW.erased_at AND act.position > erased.position
      AND act.topic = 'EventErased' AND act.state <> x'' AND (
        LOWER(HEX(erased.event_id)) = REPLACE(json_extract(CAST(act.state AS TEXT), '$.target'), '-', '')
        OR erased.position IN (SELECT value FROM json_each(CAST(act.state AS TEXT), '$.acts'))
      )
  )
BEGIN
    SELECT RAISE(ABORT, 'append-only: only what an EventErased names is erased');
END;

CREATE TRIGGER IF NOT EXISTS erasures_never_update
BEFORE UPDATE ON erasures
BEGIN
    SELECT RAISE(ABORT, 'append-only: erasures takes no UPDATE');
END;

CREATE TRIGGER IF NOT EXISTS erasures_never_delete
BEFORE DELETE ON erasures
BEGIN
    SELECT RAISE(ABORT, 'append-only: erasures takes no DELETE');
END;
