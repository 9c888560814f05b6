-- One row is an event that is the answer to a figure, and its value: the narrow columns alone, for sums over all of them.
SELECT
  position,
  COALESCE(CAST(short_value AS DECIMAL(38, 18)), long_value) AS canonical_value,
  revision,
  publishers,
  disputed
FROM spans
