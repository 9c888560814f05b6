-- One row is an event that is the answer to a figure, and what an item says beside it.
SELECT
  position,
  revision,
  publishers,
  disputed,
  spread,
  long_spread
FROM answer_intervals
