-- One row is the answer to one figure, as `figures` has it where no publisher is asked for or preferred: read from the
-- answer intervals, with nothing to fold.
SELECT
  said_items.*,
  revision,
  publishers,
  disputed,
  COALESCE(plain(spread), long_spread) AS spread,
  1 AS place
FROM answer_intervals
JOIN said_items
  ON said_items.subject_code = answer_intervals.subject_code
  AND said_items.position = answer_intervals.position
