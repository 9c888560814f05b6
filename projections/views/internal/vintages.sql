-- One row is one vintage of one series: what a publisher said last of a figure at one time of publication, until what it
-- said next. A release is a vintage that says something; a withdrawal says nothing.
WITH ranked AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY viewpoint, figure_id, publisher, published_until
      ORDER BY position DESC
    ) AS place
  FROM history_items
)
SELECT
  * EXCLUDE (place),
  type = 'FigureWithdrawn' AS withdrawn,
  CASE
    WHEN type <> 'FigureWithdrawn' THEN COUNT(*) FILTER (WHERE type <> 'FigureWithdrawn') OVER series
  END AS release,
  LEAD(published_until) OVER series AS next_until
FROM ranked
WHERE place = 1
WINDOW series AS (PARTITION BY viewpoint, figure_id, publisher ORDER BY published_until)
