-- Which figures are said to be some amounts, many at once. `asked` has the amounts, each once, with a number.

-- name: same
-- One row is a figure of which a publisher says last what is asked for.
WITH last_entries AS (
  SELECT
    subject_code,
    position,
    value
  FROM log.answer_intervals AS answer_intervals
  WHERE {shown}
),
points AS (
  SELECT
    asked.number,
    figures.*
  FROM asked
  JOIN last_entries
    ON ABS(last_entries.value) = asked.low
  JOIN log.figures AS figures
    ON figures.subject_code = last_entries.subject_code
    AND figures.position = last_entries.position
    AND figures.canonical_unit = asked.unit
  WHERE asked.high IS NULL
    AND (last_entries.value = asked.low OR asked.unit = 'percent')
),
ranges AS (
  SELECT
    asked.number,
    figures.*
  FROM last_entries
  JOIN log.figures AS figures
    ON figures.subject_code = last_entries.subject_code
    AND figures.position = last_entries.position
  JOIN asked
    ON figures.canonical_low = asked.low
    AND figures.canonical_high = asked.high
    AND figures.canonical_unit = asked.unit
  WHERE last_entries.value IS NULL
)
SELECT DISTINCT ON (number, figure_id)
  number,
  CAST(figure_id AS VARCHAR),
  subject,
  metric,
  material,
  CAST(dimensions AS VARCHAR),
  nature,
  period,
  value,
  low,
  high,
  unit,
  publisher
FROM (FROM points UNION ALL FROM ranges)
WHERE since <= $position
  AND until > $position
QUALIFY DENSE_RANK() OVER (PARTITION BY number ORDER BY figure_id) <= {most}
ORDER BY number, figure_id, position
