-- One row is one slug in a group of slugs that were merged, from position `since` until position `until`.
CREATE TABLE log.slugs (
  slug VARCHAR NOT NULL,
  number BIGINT NOT NULL,
  since BIGINT NOT NULL,
  until BIGINT NOT NULL
);

-- One row is one group, and the slug that all of its slugs resolve to, from position `since` until position `until`.
CREATE TABLE log.slug_groups (
  number BIGINT NOT NULL,
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
