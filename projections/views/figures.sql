-- One row is what one publisher says of one figure: the last statement of its series, unless that was withdrawn. The
-- answer to the figure is the one whose `place` is 1.
--
-- The fold runs over the answer intervals, of which a series has one, and the few columns that it needs; all others are
-- fetched at its end, for the rows that remain.
WITH last_entries AS (
  SELECT
    figures.viewpoint,
    figures.subject_code,
    figures.figure_id,
    figures.publisher,
    figures.position,
    figures.published_until,
    ranked_items.rank,
    ranked_items.tied,
    ranked_items.said,
    ranked_items.value
  FROM ranked_items
  JOIN figures
    ON figures.viewpoint = ranked_items.viewpoint
    AND figures.subject_code = ranked_items.subject_code
    AND figures.position = ranked_items.position
),
-- What else a publisher said at the same time, and did not take back.
tied_entries AS (
  SELECT
    figures.viewpoint,
    figures.figure_id,
    figures.position,
    all_said(figures.canonical_value, figures.canonical_low, figures.canonical_high, figures.symbol) AS said,
    figures.canonical_value AS value,
    MAX(CASE WHEN figures.type = 'FigureWithdrawn' THEN figures.position ELSE 0 END) OVER (
      PARTITION BY figures.viewpoint, figures.figure_id, figures.publisher
    ) AS withdrawn_position
  FROM last_entries AS last
  JOIN figures
    ON figures.viewpoint = last.viewpoint
    AND figures.subject_code = last.subject_code
    AND figures.figure_id = last.figure_id
    AND figures.publisher = last.publisher
    AND figures.published_until = last.published_until
    AND figures.position < last.position
  WHERE last.tied
),
heads AS (
  SELECT
    viewpoint,
    figure_id,
    publisher,
    said,
    value
  FROM last_entries
  UNION ALL
  SELECT
    viewpoint,
    figure_id,
    NULL AS publisher,
    said,
    value
  FROM tied_entries
  WHERE position > withdrawn_position
),
disagreements AS (
  SELECT
    viewpoint,
    figure_id,
    COUNT(publisher) AS publishers,
    MIN(said) <> MAX(said) AS disputed,
    COUNT(value) AS points,
    MAX(value) AS highest,
    MIN(value) AS lowest
  FROM heads
  GROUP BY viewpoint, figure_id
),
answers AS (
  SELECT
    viewpoint,
    subject_code,
    figure_id,
    publisher,
    position,
    ROW_NUMBER() OVER (
      PARTITION BY viewpoint, figure_id
      ORDER BY
        COALESCE(NULLIF(LIST_POSITION($prefer, publisher), 0), 2147483647),
        rank DESC
    ) AS place
  FROM last_entries
)
SELECT
  viewpoint,
  figure_id,
  figures.subject,
  figures.metric,
  figures.material,
  figures.dimensions,
  figures.nature,
  figures.period,
  figures.period_start,
  figures.period_end,
  figures.value,
  figures.low,
  figures.high,
  figures.symbol,
  figures.unit,
  figures.canonical_value,
  figures.canonical_low,
  figures.canonical_high,
  figures.canonical_unit,
  figures.approximate,
  figures.status,
  publisher,
  figures.via,
  figures.published_at,
  figures.recorded_at,
  position,
  figures.event_id,
  tallies_items.statements,
  tallies_items.revisions,
  figures.corrected,
  disagreements.publishers,
  disagreements.disputed,
  CASE WHEN points > 1 THEN within(highest, lowest) END AS spread,
  CASE WHEN points > 1 AND within(highest, lowest) IS NULL THEN beyond(highest, lowest) END AS spread_beyond,
  figures.published_until,
  answers.place
FROM figures
JOIN answers
  USING (viewpoint, figure_id, publisher, position)
JOIN disagreements
  USING (viewpoint, figure_id)
JOIN tallies_items
  USING (viewpoint, figure_id, publisher)
