-- One row is one event in its place. recorded_at is in microseconds since 1970, UTC; ids are 16 bytes.
CREATE TABLE stored_events (
    position bigint PRIMARY KEY,
    event_id bytea NOT NULL UNIQUE,
    originator_id bytea NOT NULL,
    originator_version bigint NOT NULL,
    topic text COLLATE "C" NOT NULL,
    recorded_at bigint NOT NULL,
    recorded_by text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,
    state bytea NOT NULL,
    UNIQUE (originator_id, originator_version)
);

-- One row is a request that was answered: its key, the hash of its body, and the answer.
CREATE TABLE requests (
    key text COLLATE "C" PRIMARY KEY,
    digest bytea NOT NULL,
    position bigint NOT NULL,
    answer text COLLATE "C" NOT NULL
);

-- One row says which event gave a metric its unit family: a cache of the log, corrected when that event no longer
-- stands.
CREATE TABLE metrics (
    metric text COLLATE "C" PRIMARY KEY,
    family text COLLATE "C" NOT NULL,
    position bigint NOT NULL
);

-- One row is a form in which a publisher says a metric, a value in one of its parts, and the first event that has it: a
-- cache of the log, for warnings; corrected when that event no longer stands.
CREATE TABLE forms (
    form text COLLATE "C" NOT NULL,
    part text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (form, part, value)
);
CREATE INDEX forms_by_position ON forms (position);

-- One row: the name of this log, and the secret that its signing key is made of, which all servers on it share.
CREATE TABLE identity (
    number bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    id text COLLATE "C" NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE signing_secret (
    one bigint PRIMARY KEY CHECK (one = 1),
    seed bytea NOT NULL
);

-- One row: the form of these tables.
CREATE TABLE log_form (
    one bigint PRIMARY KEY CHECK (one = 1),
    form bigint NOT NULL
);

-- One row says which ledger recorded the events from a position on: another one, where the log was copied from there.
-- Without rows, this one recorded them all.
-- The last row for a position counts: the ledger before may have recorded nothing from there on.
CREATE TABLE recorders (
    number bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    first_position bigint NOT NULL,
    ledger text COLLATE "C" NOT NULL
);

-- One row is what the Merkle tree keeps of an event beside its columns: the salt, the hash that stands for its text, and
-- the hash of its leaf.
CREATE TABLE leaves (
    position bigint PRIMARY KEY,
    salt bytea,
    content bytea NOT NULL,
    hash bytea NOT NULL
);

-- One row is a whole tile of the tree: its root, and at level 0 its 256 hashes of 32 bytes.
CREATE TABLE tiles (
    level bigint NOT NULL,
    tile bigint NOT NULL,
    root bytea NOT NULL,
    hashes bytea,
    PRIMARY KEY (level, tile)
);

-- One row: the tree as it is now, see `ledger.proof.merkle.Frontier`. Each transaction writes it anew, in its page.
CREATE TABLE tree (
    one bigint PRIMARY KEY CHECK (one = 1),
    size bigint NOT NULL,
    peaks bytea NOT NULL,
    root bytea NOT NULL
) WITH (fillfactor = 10);

-- One row is a link of the chain over the requests that were answered, in the order in which they were.
CREATE TABLE request_chain (
    number bigint PRIMARY KEY,
    key text COLLATE "C" NOT NULL UNIQUE,
    hash bytea NOT NULL
);

-- One row: the signed checkpoint over the log and its requests as they were after the last transaction.
CREATE TABLE seal (
    one bigint PRIMARY KEY CHECK (one = 1),
    size bigint NOT NULL,
    beside text COLLATE "C" NOT NULL,
    note bytea NOT NULL
) WITH (fillfactor = 10);

-- One row is an event whose text was erased, and the position of the EventErased that says so.
CREATE TABLE erasures (
    position bigint PRIMARY KEY,
    erased_at bigint NOT NULL
);
CREATE INDEX erasures_by_event ON erasures (erased_at);

-- One row: up to which EventErased no byte of an erased text is left in the tables.
CREATE TABLE scrubbed (
    one bigint PRIMARY KEY CHECK (one = 1),
    erased_at bigint NOT NULL
);

-- Who writes has the turn until the transaction ends, whoever it is: so positions become visible in their order, and
-- who reads on from the last one that it saw misses none.
CREATE FUNCTION take_turn() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1936748620, 'stored_events'::regclass::oid::bigint::bit(32)::integer);
    RETURN NULL;
END
$$;

CREATE TRIGGER stored_events_in_turn
BEFORE INSERT ON stored_events
FOR EACH STATEMENT EXECUTE FUNCTION take_turn();

-- Append-only, whoever asks: an event takes the next position, once, and time never goes back. That none is taken twice
-- is the keys' to say.
CREATE FUNCTION check_gapless() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    first bigint;
    last bigint;
    rows bigint;
BEGIN
    SELECT min(position), max(position), count(*) INTO first, last, rows FROM added;
    IF rows > 0 AND (
        last - first + 1 <> rows
        OR first < 1
        OR (first > 1 AND NOT EXISTS (SELECT 1 FROM stored_events WHERE position = first - 1))
        OR EXISTS (
            SELECT 1 FROM added AS one JOIN stored_events AS before ON before.position = one.position - 1
            WHERE one.recorded_at < before.recorded_at
        )
    ) THEN
        RAISE EXCEPTION 'append-only: an event takes the next position, once, and time never goes back'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER stored_events_gapless
AFTER INSERT ON stored_events
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION check_gapless();

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append-only: % takes no %', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;

-- Of an event whose erasing was recorded, what it said is taken away; nothing else ever changes.
CREATE FUNCTION check_erased_event() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.state <> '' OR NEW.digest <> ''
        OR (NEW.position, NEW.event_id, NEW.originator_id, NEW.originator_version, NEW.topic, NEW.recorded_at,
            NEW.recorded_by)
        IS DISTINCT FROM
           (OLD.position, OLD.event_id, OLD.originator_id, OLD.originator_version, OLD.topic, OLD.recorded_at,
            OLD.recorded_by)
        OR NOT EXISTS (SELECT 1 FROM erasures WHERE position = OLD.position)
    THEN
        RAISE EXCEPTION 'append-only: stored_events takes no UPDATE'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER stored_events_never_update
BEFORE UPDATE ON stored_events
FOR EACH ROW EXECUTE FUNCTION check_erased_event();

CREATE FUNCTION check_erased_leaf() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.salt IS NOT NULL
        OR (NEW.position, NEW.content, NEW.hash) IS DISTINCT FROM (OLD.position, OLD.content, OLD.hash)
        OR NOT EXISTS (SELECT 1 FROM erasures WHERE position = OLD.position)
    THEN
        RAISE EXCEPTION 'append-only: leaves takes no UPDATE'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER leaves_never_update
BEFORE UPDATE ON leaves
FOR EACH ROW EXECUTE FUNCTION check_erased_leaf();

-- In the transaction that erases, an answer loses what it quoted, and is linked anew.
CREATE FUNCTION check_erased_request() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF (NEW.key, NEW.position) IS DISTINCT FROM (OLD.key, OLD.position)
        OR (NEW.digest <> OLD.digest AND NEW.digest <> '')
        OR COALESCE((SELECT erased_at FROM scrubbed), 0) >= (SELECT COALESCE(MAX(erased_at), 0) FROM erasures)
    THEN
        RAISE EXCEPTION 'append-only: requests takes no UPDATE'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER requests_never_update
BEFORE UPDATE ON requests
FOR EACH ROW EXECUTE FUNCTION check_erased_request();

CREATE FUNCTION check_link_anew() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF (NEW.number, NEW.key) IS DISTINCT FROM (OLD.number, OLD.key)
        OR COALESCE((SELECT erased_at FROM scrubbed), 0) >= (SELECT COALESCE(MAX(erased_at), 0) FROM erasures)
    THEN
        RAISE EXCEPTION 'append-only: request_chain takes no UPDATE'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER request_chain_never_update
BEFORE UPDATE ON request_chain
FOR EACH ROW EXECUTE FUNCTION check_link_anew();

CREATE FUNCTION check_recorder() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.first_position <= (SELECT COALESCE(MAX(position), 0) FROM stored_events)
        OR NEW.first_position < (SELECT MAX(first_position) FROM recorders)
    THEN
        RAISE EXCEPTION 'append-only: what was recorded keeps the ledger that recorded it'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER recorders_of_what_comes
BEFORE INSERT ON recorders
FOR EACH ROW EXECUTE FUNCTION check_recorder();

CREATE FUNCTION check_erasure() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM stored_events AS erased JOIN stored_events AS act USING (originator_id)
        WHERE erased.position = NEW.position AND act.position = NEW.erased_at AND act.position > erased.position
          AND act.topic = 'EventErased' AND act.state <> '' AND (
            encode(erased.event_id, 'hex') = REPLACE(convert_from(act.state, 'UTF8')::jsonb ->> 'target', '-', '')
            OR convert_from(act.state, 'UTF8')::jsonb -> 'acts' @> to_jsonb(erased.position)
          )
    ) THEN
        RAISE EXCEPTION 'append-only: only what an EventErased names is erased'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER erasures_of_what_was_erased
BEFORE INSERT ON erasures
FOR EACH ROW EXECUTE FUNCTION check_erasure();

-- What is refused whole: a DELETE and a TRUNCATE of anything that was recorded, an UPDATE of what never changes.
CREATE TRIGGER stored_events_never_delete
BEFORE DELETE OR TRUNCATE ON stored_events
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER requests_never_delete
BEFORE DELETE OR TRUNCATE ON requests
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER identity_never_change
BEFORE UPDATE OR DELETE OR TRUNCATE ON identity
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER signing_secret_never_change
BEFORE UPDATE OR DELETE OR TRUNCATE ON signing_secret
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER recorders_never_change
BEFORE UPDATE OR DELETE OR TRUNCATE ON recorders
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER leaves_never_delete
BEFORE DELETE OR TRUNCATE ON leaves
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER tiles_never_change
BEFORE UPDATE OR DELETE OR TRUNCATE ON tiles
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER request_chain_never_delete
BEFORE DELETE OR TRUNCATE ON request_chain
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER erasures_never_change
BEFORE UPDATE OR DELETE OR TRUNCATE ON erasures
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
