-- One row is the state of one supply link, open or closed.
WITH openings AS (
  SELECT
    *
  FROM links
  WHERE type = 'SupplyLinkOpened'
    AND listed
),
-- Its fields are those of the openings that count, the last that gives one.
own AS (
  SELECT
    viewpoint,
    link,
    ARG_MAX(supplier, ROW(starts, published_until, position)) FILTER (WHERE supplier IS NOT NULL) AS supplier,
    ARG_MAX(consumer, ROW(starts, published_until, position)) FILTER (WHERE consumer IS NOT NULL) AS consumer,
    ARG_MAX(material, ROW(starts, published_until, position)) FILTER (WHERE material IS NOT NULL) AS material,
    ARG_MAX(stage, ROW(starts, published_until, position)) FILTER (WHERE stage IS NOT NULL) AS stage,
    ARG_MAX(share, ROW(starts, published_until, position)) FILTER (WHERE share IS NOT NULL) AS share,
    ARG_MAX(effective_from, ROW(starts, published_until, position)) FILTER (WHERE effective_from IS NOT NULL) AS effective_from,
    ARG_MAX(effective_to, ROW(starts, published_until, position)) FILTER (WHERE effective_to IS NOT NULL) AS effective_to,
    MIN(starts) FILTER (WHERE begun) AS opened
  FROM openings
  GROUP BY viewpoint, link
),
-- A closing closes the openings that start no later than itself.
closings AS (
  SELECT
    links.*
  FROM links
  JOIN own
    USING (viewpoint, link)
  WHERE type = 'SupplyLinkClosed'
    AND begun
    AND own.opened <= starts
),
last_closings AS (
  SELECT
    viewpoint,
    link,
    MAX(starts) AS closed
  FROM closings
  GROUP BY viewpoint, link
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
    USING (viewpoint, link)
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
      PARTITION BY viewpoint, link
      ORDER BY rank DESC, starts DESC, published_until DESC, position DESC
    ) AS place
  FROM statuses
)
SELECT
  viewpoint,
  link,
  CASE WHEN rank = 3 THEN 'open' ELSE 'closed' END AS status,
  own.supplier,
  own.consumer,
  own.material,
  own.stage,
  own.share,
  own.effective_from,
  own.effective_to,
  ranked.event_id,
  ranked.published_at,
  ranked.position
FROM own
JOIN ranked
  USING (viewpoint, link)
WHERE place = 1
