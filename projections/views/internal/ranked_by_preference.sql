-- One row is an answer interval with its rank, as in `ranked`, where the ledger prefers publishers: for the metric of a
-- figure, else for everything.
SELECT
  answer_intervals.*,
  preferred_rank(preferred.preferred, rank_of(is_primary, shown_from, answer_intervals.position)) AS rank
FROM answer_intervals
JOIN figures
  ON figures.viewpoint = answer_intervals.viewpoint
  AND figures.subject_code = answer_intervals.subject_code
  AND figures.position = answer_intervals.position
LEFT JOIN (SELECT DISTINCT viewpoint, scope FROM preferred_items) AS own
  ON own.viewpoint = figures.viewpoint
  AND own.scope = figures.metric
LEFT JOIN preferred_items AS preferred
  ON preferred.viewpoint = figures.viewpoint
  AND preferred.scope = COALESCE(own.scope, '')
  AND preferred.publisher = figures.publisher
