-- One row is an event that is the answer to a figure, and its value: the narrow columns alone.
SELECT
  position,
  COALESCE(CAST(short_value AS DECIMAL(38, 18)), long_value) AS canonical_value,
  revision,
  publishers,
  disputed,
  COALESCE(plain(spread), long_spread) AS spread
FROM spans
