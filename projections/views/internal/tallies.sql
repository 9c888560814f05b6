-- One row is a series of a figure: how often its publisher said something (`statements`, withdrawals included), and how
-- often that changed what it had said before (`revisions`: another value, a withdrawal, something after a withdrawal).
--
-- Most series have one or two statements, or say one thing throughout, or another each time: these need not be put in
-- order.
WITH told AS (
  SELECT
    viewpoint,
    figure_id,
    publisher,
    published_until,
    position,
    CASE
      WHEN type <> 'FigureWithdrawn' THEN all_said(canonical_value, canonical_low, canonical_high, symbol)
    END AS told
  FROM figures
),
counted AS (
  SELECT
    viewpoint,
    figure_id,
    publisher,
    COUNT(*) AS statements,
    MIN(told) <> MAX(told) AS differs,
    CASE
      WHEN COUNT(*) > COUNT(told) THEN TRUE
      WHEN MIN(told) <> MAX(told) AND COUNT(*) > 2 THEN LIST_UNIQUE(LIST(told)) < COUNT(*)
      ELSE FALSE
    END AS moved
  FROM told
  GROUP BY viewpoint, figure_id, publisher
),
in_order AS (
  SELECT
    told.viewpoint,
    told.figure_id,
    told.publisher,
    told IS NULL OR told IS DISTINCT FROM LAG(told, 1, told) OVER series AS changes
  FROM told
  SEMI JOIN (
    SELECT
      viewpoint,
      figure_id,
      publisher
    FROM counted
    WHERE moved
  ) AS moved
    ON moved.viewpoint = told.viewpoint
    AND moved.figure_id = told.figure_id
    AND moved.publisher = told.publisher
  WINDOW series AS (
    PARTITION BY told.viewpoint, told.figure_id, told.publisher
    ORDER BY published_until, position
  )
),
changed AS (
  SELECT
    viewpoint,
    figure_id,
    publisher,
    COUNT(*) FILTER (WHERE changes) AS revisions
  FROM in_order
  GROUP BY viewpoint, figure_id, publisher
)
SELECT
  counted.viewpoint,
  counted.figure_id,
  counted.publisher,
  CAST(counted.statements AS INTEGER) AS statements,
  CAST(
    CASE
      WHEN moved THEN changed.revisions
      WHEN differs THEN counted.statements - 1
      ELSE 0
    END AS INTEGER
  ) AS revisions
FROM counted
LEFT JOIN changed
  ON changed.viewpoint = counted.viewpoint
  AND changed.figure_id = counted.figure_id
  AND changed.publisher = counted.publisher
