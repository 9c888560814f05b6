-- One row is one slug that was merged, and the slug it resolves to, from position `since` until position `until`.
CREATE TABLE log.slugs (
  slug VARCHAR NOT NULL,
  kept VARCHAR NOT NULL,
  since BIGINT NOT NULL,
  until BIGINT NOT NULL
);

-- The one row says which log these tables are made from, by which text, and how far: the position, and which event is
-- there, since a log that was restored from a backup has other events at the same positions.
CREATE TABLE log.progress (
  identity VARCHAR NOT NULL,
  fingerprint VARCHAR NOT NULL,
  position BIGINT NOT NULL,
  event_id UUID
);
