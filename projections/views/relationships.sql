-- One row is one relation of one entity to another, open or closed, as the statement that decides has it.
WITH statuses AS (
  SELECT
    *,
    CASE
      WHEN begun AND NOT past THEN 3
      WHEN begun THEN 2
      ELSE 1
    END AS rank
  FROM relationships
  WHERE listed
),
ranked AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY viewpoint, subject, relation, object
      ORDER BY rank DESC, starts DESC, published_until DESC, position DESC
    ) AS place
  FROM statuses
)
SELECT
  viewpoint,
  subject,
  relation,
  object,
  share,
  CASE WHEN rank = 3 THEN 'open' ELSE 'closed' END AS status,
  effective_from,
  effective_to,
  event_id,
  published_at,
  position
FROM ranked
WHERE place = 1
