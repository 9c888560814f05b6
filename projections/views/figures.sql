-- One row is what one publisher says of one figure: the last statement of its series, unless that was withdrawn. The
-- answer to the figure is the one whose `place` is 1.
--
-- The fold runs over the few columns that it needs; all others are fetched at its end, for the rows that remain.
WITH series AS (
  SELECT
    viewpoint,
    figure_id,
    publisher,
    MAX(published_until) AS published_until,
    COUNT(*) - 1 AS revision
  FROM figures
  GROUP BY viewpoint, figure_id, publisher
),
-- What each publisher said last, and all else that it said at that time.
last_entries AS (
  SELECT
    viewpoint,
    figure_id,
    publisher,
    published_until,
    figures.position,
    figures.type,
    figures.source_kind,
    figures.canonical_value,
    figures.canonical_low,
    figures.canonical_high,
    figures.symbol
  FROM figures
  JOIN series
    USING (viewpoint, figure_id, publisher, published_until)
),
ends AS (
  SELECT
    viewpoint,
    figure_id,
    publisher,
    MAX(position) AS last_position,
    MAX(CASE WHEN type = 'FigureWithdrawn' THEN position ELSE 0 END) AS withdrawn_position
  FROM last_entries
  GROUP BY viewpoint, figure_id, publisher
),
-- A withdrawal takes back everything before it.
heads AS (
  SELECT
    last_entries.*,
    last_position
  FROM last_entries
  JOIN ends
    USING (viewpoint, figure_id, publisher)
  WHERE last_entries.position > ends.withdrawn_position
),
disagreements AS (
  SELECT
    viewpoint,
    figure_id,
    COUNT(DISTINCT publisher) AS publishers,
    COUNT(DISTINCT ROW(canonical_value, canonical_low, canonical_high, symbol)) > 1 AS disputed,
    COUNT(canonical_value) AS points,
    MAX(canonical_value) AS highest,
    MIN(canonical_value) AS lowest
  FROM heads
  GROUP BY viewpoint, figure_id
),
answers AS (
  SELECT
    viewpoint,
    figure_id,
    publisher,
    position,
    ROW_NUMBER() OVER (
      PARTITION BY viewpoint, figure_id
      ORDER BY
        COALESCE(NULLIF(LIST_POSITION($prefer, publisher), 0), 2147483647),
        source_kind = 'primary' DESC,
        published_until DESC,
        position DESC
    ) AS place
  FROM heads
  WHERE position = last_position
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
  series.revision,
  disagreements.publishers,
  disagreements.disputed,
  CASE WHEN points > 1 THEN distance(highest, lowest) END AS spread,
  answers.place
FROM figures
JOIN answers
  USING (viewpoint, figure_id, publisher, position)
JOIN disagreements
  USING (viewpoint, figure_id)
JOIN series
  USING (viewpoint, figure_id, publisher)
