-- One row is a hook: where to send, what, and how far it has got. Instants are in microseconds since 1970, UTC.
-- `turn` is another one whenever somebody does something to the hook: whoever sends for an earlier turn sends no more, and
-- writes nothing down. `position` and `as_of` are the viewpoint up to which everything was told. While answers that changed are told one by
-- one, `to_position` and `to_as_of` are the viewpoint they are compared with, `page` is the cursor of the page that is
-- told (NULL: the first), `told` how many of that page were, and `erased_at` where the log last had an event erased when
-- the comparison began: after an erasure it begins anew.
CREATE TABLE hooks (
    name TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    condition TEXT NOT NULL,
    filters TEXT NOT NULL,
    may_be_private INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    turn INTEGER NOT NULL,
    paused TEXT,
    position INTEGER NOT NULL,
    as_of TEXT NOT NULL,
    to_position INTEGER,
    to_as_of TEXT,
    page TEXT,
    told INTEGER NOT NULL DEFAULT 0,
    erased_at INTEGER NOT NULL DEFAULT 0,
    delivered INTEGER NOT NULL DEFAULT 0,
    delivered_at INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL DEFAULT 0,
    error TEXT
) WITHOUT ROWID;

-- One row is a message that was given up: which one, from where `hooks rewind` would tell it again, and why. What it
-- said is not held here.
CREATE TABLE dead_letters (
    number INTEGER PRIMARY KEY,
    hook TEXT NOT NULL REFERENCES hooks ON DELETE CASCADE,
    message TEXT NOT NULL,
    position INTEGER NOT NULL,
    at INTEGER NOT NULL,
    error TEXT NOT NULL
);
CREATE INDEX dead_letters_by_hook ON dead_letters (hook, number);
