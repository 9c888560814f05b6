-- One row is one entry in the series of a figure on the publication clock: what a publisher said, and why it differs from
-- what the same publisher had said before.
WITH entries AS (
  SELECT
    *,
    ROW_NUMBER() OVER series - 1 AS revision,
    ROW(canonical_value, canonical_low, canonical_high, symbol) AS said,
    LAG(type) OVER series AS type_before,
    LAG(published_until) OVER series AS published_before,
    LAG(canonical_value) OVER series AS previous_value,
    LAG(ROW(canonical_value, canonical_low, canonical_high, symbol)) OVER series AS said_before
  FROM figures
  WINDOW series AS (PARTITION BY viewpoint, figure_id, publisher ORDER BY published_until, position)
)
SELECT
  viewpoint,
  figure_id,
  subject,
  metric,
  material,
  dimensions,
  nature,
  period_start,
  period_end,
  event_id,
  position,
  type,
  publisher,
  via,
  source_kind,
  source_edition AS edition,
  published_at,
  recorded_at,
  period,
  value,
  low,
  high,
  symbol,
  unit,
  canonical_value,
  canonical_low,
  canonical_high,
  canonical_unit,
  approximate,
  status,
  note,
  compared_with,
  revision,
  CASE
    WHEN type = 'FigureWithdrawn' THEN 'withdrawal'
    WHEN type_before IS NULL THEN 'first_report'
    WHEN type_before = 'FigureWithdrawn' THEN 'republication'
    WHEN said IS NOT DISTINCT FROM said_before THEN 'confirmation'
    WHEN published_until = published_before THEN 'conflict'
    ELSE 'revision'
  END AS cause,
  previous_value,
  CASE
    WHEN canonical_value IS NOT NULL AND previous_value IS NOT NULL THEN difference(canonical_value, previous_value)
  END AS change,
  published_until
FROM entries
