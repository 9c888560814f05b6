-- One row is the answer to one figure, as `figures` has it where no publisher is asked for or preferred.
--
-- How often its publisher said something is beside the answer, in one number. Where a series moved it is not: then it is
-- counted as in `tallies`. The key there is the position of the answer, for to group by a number takes half as long as by
-- a figure and a publisher.
WITH answering AS MATERIALIZED (
  SELECT
    *
  FROM chosen_items
),
moved_series AS (
  SELECT
    answering.subject_code,
    answering.figure_id,
    answering.position,
    figures.publisher
  FROM answering
  JOIN figures
    ON figures.subject_code = answering.subject_code
    AND figures.position = answering.position
  WHERE answering.tally IS NULL
),
told AS MATERIALIZED (
  SELECT
    moved_series.position AS answer,
    figures.published_until,
    figures.position,
    CASE
      WHEN type <> 'FigureWithdrawn' THEN all_said(canonical_value, canonical_low, canonical_high, symbol)
    END AS told
  FROM figures
  JOIN moved_series
    ON moved_series.subject_code = figures.subject_code
    AND moved_series.figure_id = figures.figure_id
    AND moved_series.publisher = figures.publisher
),
counted AS MATERIALIZED (
  SELECT
    answer,
    COUNT(*) AS statements,
    MIN(told) <> MAX(told) AS differs,
    CASE
      WHEN COUNT(*) > COUNT(told) THEN TRUE
      WHEN MIN(told) <> MAX(told) AND COUNT(*) > 2 THEN LIST_UNIQUE(LIST(told)) < COUNT(*)
      ELSE FALSE
    END AS moved
  FROM told
  GROUP BY answer
),
changed AS (
  SELECT
    answer,
    COUNT(*) FILTER (WHERE changes) AS revisions
  FROM (
    SELECT
      told.answer,
      told IS NULL OR told IS DISTINCT FROM LAG(told, 1, told) OVER series AS changes
    FROM told
    SEMI JOIN (SELECT answer FROM counted WHERE moved) AS moved
      ON moved.answer = told.answer
    WINDOW series AS (PARTITION BY told.answer ORDER BY published_until, position)
  )
  GROUP BY answer
)
SELECT
  said_items.* EXCLUDE (type, source_kind, corrected, published_until),
  CAST(COALESCE(answering.tally // 4294967296, counted.statements) AS INTEGER) AS statements,
  CAST(
    CASE
      WHEN answering.tally IS NOT NULL THEN answering.tally % 4294967296
      WHEN moved THEN changed.revisions
      WHEN differs THEN counted.statements - 1
      ELSE 0
    END AS INTEGER
  ) AS revisions,
  corrected,
  answering.publishers,
  answering.disputed,
  CASE WHEN points > 1 THEN within(highest, lowest) END AS spread,
  CASE WHEN points > 1 AND within(highest, lowest) IS NULL THEN beyond(highest, lowest) END AS spread_beyond,
  published_until,
  1 AS place
FROM answering
LEFT JOIN counted
  ON counted.answer = answering.position
LEFT JOIN changed
  ON changed.answer = answering.position
JOIN said_items
  ON said_items.subject_code = answering.subject_code
  AND said_items.position = answering.position
