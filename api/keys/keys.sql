-- One row is a key by its name, which is never given to another. Instants are in microseconds since 1970, UTC.
CREATE TABLE IF NOT EXISTS keys (
    name TEXT PRIMARY KEY,
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) WITHOUT ROWID;

-- One row is a secret of a key: after a rotation there are two for a while. `mark`, half of the digest, finds it; all of
-- the digest is compared.
CREATE TABLE IF NOT EXISTS secrets (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
    mark BLOB NOT NULL CHECK (mark = substr(digest, 1, 16)),
    name TEXT NOT NULL REFERENCES keys,
    created_at INTEGER NOT NULL,
    ends_at INTEGER
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS secrets_by_mark ON secrets (mark);
CREATE INDEX IF NOT EXISTS secrets_by_name ON secrets (name);

-- One row is something that was done to a key.
CREATE TABLE IF NOT EXISTS changes (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    name TEXT NOT NULL,
    detail TEXT NOT NULL
);

CREATE TRIGGER IF NOT EXISTS keys_never_delete BEFORE DELETE ON keys
BEGIN
    SELECT RAISE(ABORT, 'a key is revoked, never deleted: its name is in the log');
END;

CREATE TRIGGER IF NOT EXISTS keys_stay_revoked BEFORE UPDATE ON keys
WHEN OLD.revoked_at IS NOT NULL OR NEW.name IS NOT OLD.name
BEGIN
    SELECT RAISE(ABORT, 'a key that was revoked stays so, and a name stays what it is');
END;

CREATE TRIGGER IF NOT EXISTS changes_never_update BEFORE UPDATE ON changes
BEGIN
    SELECT RAISE(ABORT, 'what was done to keys stays written');
END;

CREATE TRIGGER IF NOT EXISTS changes_never_delete BEFORE DELETE ON changes
BEGIN
    SELECT RAISE(ABORT, 'what was done to keys stays written');
END;
