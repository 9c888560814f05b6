-- One row is one qualitative statement.
SELECT
  viewpoint,
  subject,
  attribute,
  text,
  publisher,
  published_at,
  event_id,
  position,
  published_until
FROM statements
