-- One row is one change of the answer to one figure on the ledger clock, and the event that changed it. There is a
-- viewpoint at each position where anything may have changed; `figure_id` is the figure under which the answer is then.
WITH answers AS (
  SELECT
    viewpoints.viewpoint,
    ROW(event_id, publisher, published_at, value, low, high, symbol, unit, approximate, status) AS shown,
    figures_items.* EXCLUDE (viewpoint, figure_id, position, recorded_at)
  FROM viewpoints
  LEFT JOIN figures_items
    ON figures_items.viewpoint = viewpoints.viewpoint
    AND figures_items.figure_id = viewpoints.figure_id
    AND figures_items.place = 1
),
compared AS (
  SELECT
    *,
    LAG(event_id) OVER ledger AS event_before,
    LAG(shown) OVER ledger AS shown_before,
    LAG(canonical_value) OVER ledger AS previous_value
  FROM answers
  WINDOW ledger AS (ORDER BY viewpoint)
),
-- What was recorded at a viewpoint's position: a statement on the figure, a ledger event, or a merge.
statements AS (
  SELECT
    viewpoint,
    event_id,
    recorded_at,
    CASE
      WHEN EXISTS (
        SELECT
          1
        FROM held_figures AS held
        WHERE held.viewpoint = held_figures.viewpoint
          AND held.figure_id = held_figures.figure_id
          AND held.publisher = held_figures.publisher
          AND held.published_until > held_figures.published_until
      ) THEN 'late_arrival'
      ELSE 'recorded'
    END AS cause
  FROM held_figures
  WHERE position = viewpoint
),
causes AS (
  SELECT
    *
  FROM statements
  UNION ALL
  SELECT
    position AS viewpoint,
    event_id,
    recorded_at,
    CASE type
      WHEN 'EventCorrected' THEN 'correction'
      WHEN 'EventRetracted' THEN 'retraction'
      ELSE 'reinstatement'
    END AS cause
  FROM log.keeping
  UNION ALL
  SELECT
    position AS viewpoint,
    event_id,
    recorded_at,
    'merge' AS cause
  FROM log.entities
  WHERE type = 'EntitiesMerged'
    AND since = position
)
SELECT
  viewpoint AS position,
  causes.recorded_at,
  causes.event_id,
  causes.cause,
  publisher,
  published_at,
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
  previous_value,
  CASE
    WHEN canonical_value IS NOT NULL AND previous_value IS NOT NULL THEN difference(canonical_value, previous_value)
  END AS change
FROM compared
JOIN causes
  USING (viewpoint)
WHERE compared.event_id IS DISTINCT FROM event_before
  OR (
    event_before IS NOT NULL
    AND shown IS DISTINCT FROM shown_before
  )
