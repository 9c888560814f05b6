-- One row is what one publisher says of one figure: the last statement of its series, unless that was withdrawn. The
-- answer to the figure is the one whose `place` is 1.
WITH entries AS (
  SELECT
    *,
    ROW_NUMBER() OVER series - 1 AS revision,
    MAX(published_until) OVER whole AS last_published,
    COUNT(CASE WHEN type = 'FigureWithdrawn' THEN 1 END) OVER (
      PARTITION BY viewpoint, figure_id, publisher
      ORDER BY published_until, position
      ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
    ) AS withdrawals_left,
    LEAD(position) OVER series IS NULL AS ends_series
  FROM figures
  WINDOW
    whole AS (PARTITION BY viewpoint, figure_id, publisher),
    series AS (PARTITION BY viewpoint, figure_id, publisher ORDER BY published_until, position)
),
-- What each publisher says: several statements where it said them at the same time.
heads AS (
  SELECT
    *
  FROM entries
  WHERE published_until = last_published
    AND withdrawals_left = 0
),
disagreements AS (
  SELECT
    viewpoint,
    figure_id,
    COUNT(DISTINCT publisher) AS publishers,
    COUNT(DISTINCT ROW(canonical_value, canonical_low, canonical_high, symbol)) > 1 AS disputed,
    COUNT(canonical_value) AS points,
    MAX(canonical_value) AS highest,
    MIN(canonical_value) AS lowest
  FROM heads
  GROUP BY viewpoint, figure_id
)
SELECT
  viewpoint,
  figure_id,
  subject,
  metric,
  material,
  dimensions,
  nature,
  period,
  period_start,
  period_end,
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
  publisher,
  via,
  published_at,
  recorded_at,
  position,
  event_id,
  revision,
  publishers,
  disputed,
  CASE WHEN points > 1 THEN distance(highest, lowest) END AS spread,
  ROW_NUMBER() OVER (
    PARTITION BY viewpoint, figure_id
    ORDER BY
      COALESCE(NULLIF(LIST_POSITION($prefer, publisher), 0), 2147483647),
      source_kind = 'primary' DESC,
      published_until DESC,
      position DESC
  ) AS place
FROM heads
JOIN disagreements
  USING (viewpoint, figure_id)
WHERE ends_series
