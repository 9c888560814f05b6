-- One row is the answer to one figure, as `figures` has it where no publisher is asked for or preferred: read from the
-- spans, with nothing to fold.
SELECT
  said_items.*,
  revision,
  publishers,
  disputed,
  COALESCE(plain(spread), long_spread) AS spread,
  1 AS place
FROM spans
JOIN said_items
  ON said_items.subject_code = spans.subject_code
  AND said_items.position = spans.position
