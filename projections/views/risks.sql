-- One row is the state of one risk: planned, open or closed.
WITH openings AS (
  SELECT
    *
  FROM transitions_risks
  WHERE is_opening
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
    ARG_MAX(effective_to, ROW(starts, published_until, position)) FILTER (WHERE effective_to IS NOT NULL) AS stated_to
  FROM openings
  GROUP BY viewpoint, risk
),
statuses AS (
  SELECT
    viewpoint,
    risk,
    CASE
      WHEN is_ending AND begun THEN 4
      WHEN is_opening AND listed AND begun AND NOT past THEN 3
      WHEN is_opening AND listed AND past THEN 2
      WHEN is_opening AND listed THEN 1
    END AS rank,
    as_event
  FROM transitions_risks
),
ranked AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY viewpoint, risk
      ORDER BY rank DESC, as_event.starts DESC, as_event.published_until DESC, as_event.position DESC
    ) AS place
  FROM statuses
  WHERE rank IS NOT NULL
)
SELECT
  viewpoint,
  risk,
  CASE rank WHEN 3 THEN 'open' WHEN 1 THEN 'planned' ELSE 'closed' END AS status,
  rank > 1 AND as_event.foreseen AS foreseen,
  own.category,
  own.subject,
  own.description,
  own.severity,
  own.effective_from,
  ends_after(own.effective_from, stated_to) AS effective_to,
  as_event.event_id,
  as_event.publisher,
  spoken_risks.publishers,
  spoken_risks.disputed,
  as_event.published_at,
  as_event.position
FROM own
JOIN ranked
  USING (viewpoint, risk)
JOIN spoken_risks
  USING (viewpoint, risk)
WHERE place = 1
