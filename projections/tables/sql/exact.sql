-- The same rows, with the numbers of `exact` where those are too long to be counted by the macro `times`.
SELECT
  counted.* REPLACE (
    COALESCE(exact.value, canonical_value) AS canonical_value,
    COALESCE(exact.low, canonical_low) AS canonical_low,
    COALESCE(exact.high, canonical_high) AS canonical_high
  )
FROM ({counted}) AS counted
LEFT JOIN exact
  ON exact.position = counted.position
  AND exact.since = counted.since
