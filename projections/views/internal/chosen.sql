-- One row is a figure that has an answer where no publisher is asked for or preferred: which statement it is, and how the
-- publishers stand to each other. It is found among the answer intervals, of which a figure has one for each publisher
-- that says something of it.
WITH last_entries AS (
  SELECT
    subject_code,
    figure_id,
    position,
    said,
    value,
    tally,
    rank
  FROM ranked_items
),
-- What else a publisher said at the same time, and did not take back.
tied_entries AS (
  SELECT
    figures.subject_code,
    figures.figure_id,
    figures.position,
    all_said(figures.canonical_value, figures.canonical_low, figures.canonical_high, figures.symbol) AS said,
    figures.canonical_value AS value,
    MAX(CASE WHEN figures.type = 'FigureWithdrawn' THEN figures.position ELSE 0 END) OVER (
      PARTITION BY figures.figure_id, figures.publisher
    ) AS withdrawn_position
  FROM answer_intervals
  JOIN figures AS last
    ON last.subject_code = answer_intervals.subject_code
    AND last.position = answer_intervals.position
  JOIN figures
    ON figures.subject_code = last.subject_code
    AND figures.figure_id = last.figure_id
    AND figures.publisher = last.publisher
    AND figures.published_until = last.published_until
    AND figures.position < last.position
  WHERE answer_intervals.tied
),
heads AS (
  SELECT
    *
  FROM last_entries
  UNION ALL
  SELECT
    subject_code,
    figure_id,
    position,
    said,
    value,
    NULL AS tally,
    NULL AS rank
  FROM tied_entries
  WHERE position > withdrawn_position
)
SELECT
  figure_id,
  ARG_MAX(position, rank) AS position,
  ANY_VALUE(subject_code) AS subject_code,
  ARG_MAX_NULL(tally, rank) AS tally,
  CAST(COUNT(rank) AS INTEGER) AS publishers,
  MIN(said) <> MAX(said) AS disputed,
  COUNT(value) AS points,
  MAX(value) AS highest,
  MIN(value) AS lowest
FROM heads
GROUP BY figure_id
