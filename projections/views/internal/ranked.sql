-- One row is an answer interval, with its rank among those of its figure: the largest is the answer.
SELECT
  *,
  rank_of(is_primary, shown_from, position) AS rank
FROM answer_intervals
