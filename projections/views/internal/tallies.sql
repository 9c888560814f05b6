-- One row is a series of a figure: how often its publisher said something (`statements`, withdrawals included), and how
-- often that changed what it had said before (`revisions`: another value, a withdrawal, something after a withdrawal).
--
-- Most series have one or two statements, or say one thing throughout: these need not be put in order.
WITH counted AS (
  SELECT
    viewpoint,
    figure_id,
    publisher,
    COUNT(*) AS statements,
    BOOL_OR(type = 'FigureWithdrawn') AS withdrawn,
    MIN(all_said(canonical_value, canonical_low, canonical_high, symbol))
      <> MAX(all_said(canonical_value, canonical_low, canonical_high, symbol)) AS differs
  FROM figures
  GROUP BY viewpoint, figure_id, publisher
),
in_order AS (
  SELECT
    figures.viewpoint,
    figures.figure_id,
    figures.publisher,
    changes_said(
      type,
      LAG(type) OVER series,
      all_said(canonical_value, canonical_low, canonical_high, symbol),
      LAG(all_said(canonical_value, canonical_low, canonical_high, symbol)) OVER series
    ) AS changes
  FROM figures
  SEMI JOIN (
    SELECT
      viewpoint,
      figure_id,
      publisher
    FROM counted
    WHERE withdrawn
      OR (differs AND statements > 2)
  ) AS moved
    ON moved.viewpoint = figures.viewpoint
    AND moved.figure_id = figures.figure_id
    AND moved.publisher = figures.publisher
  WINDOW series AS (
    PARTITION BY figures.viewpoint, figures.figure_id, figures.publisher
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
  CAST(COALESCE(changed.revisions, CASE WHEN counted.differs THEN 1 ELSE 0 END) AS INTEGER) AS revisions
FROM counted
LEFT JOIN changed
  ON changed.viewpoint = counted.viewpoint
  AND changed.figure_id = counted.figure_id
  AND changed.publisher = counted.publisher
