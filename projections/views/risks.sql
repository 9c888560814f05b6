-- One row is the state of one risk, open or closed.
WITH openings AS (
  SELECT
    *
  FROM risks
  WHERE type = 'RiskRaised'
    AND listed
),
-- Its fields are those of the openings that count, the last that gives one.
own AS (
  SELECT
    viewpoint,
    risk,
    ARG_MAX(category, ROW(starts, published_until, position)) FILTER (WHERE category IS NOT NULL) AS category,
    ARG_MAX(subject, ROW(starts, published_until, position)) FILTER (WHERE subject IS NOT NULL) AS subject,
    ARG_MAX(description, ROW(starts, published_until, position)) FILTER (WHERE description IS NOT NULL) AS description,
    ARG_MAX(severity, ROW(starts, published_until, position)) FILTER (WHERE severity IS NOT NULL) AS severity,
    ARG_MAX(effective_from, ROW(starts, published_until, position)) FILTER (WHERE effective_from IS NOT NULL) AS effective_from,
    ARG_MAX(effective_to, ROW(starts, published_until, position)) FILTER (WHERE effective_to IS NOT NULL) AS effective_to,
    MIN(starts) FILTER (WHERE begun) AS opened
  FROM openings
  GROUP BY viewpoint, risk
),
-- A closing closes the openings that start no later than itself.
closings AS (
  SELECT
    risks.*
  FROM risks
  JOIN own
    USING (viewpoint, risk)
  WHERE type = 'RiskResolved'
    AND begun
    AND own.opened <= starts
),
last_closings AS (
  SELECT
    viewpoint,
    risk,
    MAX(starts) AS closed
  FROM closings
  GROUP BY viewpoint, risk
),
-- What makes it open, then what makes it closed, then an opening that has not begun.
statuses AS (
  SELECT
    openings.*,
    CASE
      WHEN begun AND NOT past AND COALESCE(closed < starts, TRUE) THEN 3
      WHEN begun AND past THEN 2
      ELSE 1
    END AS rank
  FROM openings
  LEFT JOIN last_closings
    USING (viewpoint, risk)
  UNION ALL
  SELECT
    *,
    2 AS rank
  FROM closings
),
ranked AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY viewpoint, risk
      ORDER BY rank DESC, starts DESC, published_until DESC, position DESC
    ) AS place
  FROM statuses
)
SELECT
  viewpoint,
  risk,
  CASE WHEN rank = 3 THEN 'open' ELSE 'closed' END AS status,
  own.category,
  own.subject,
  own.description,
  own.severity,
  own.effective_from,
  own.effective_to,
  ranked.event_id,
  ranked.published_at,
  ranked.position
FROM own
JOIN ranked
  USING (viewpoint, risk)
WHERE place = 1
