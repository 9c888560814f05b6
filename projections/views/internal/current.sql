-- One row is the answer to one figure, as `figures` has it where no publisher is asked for or preferred.
WITH series AS (
  SELECT
    figure_id,
    publisher,
    CAST(COUNT(*) - 1 AS INTEGER) AS revision
  FROM figures
  GROUP BY figure_id, publisher
)
SELECT
  answers_items.* EXCLUDE (publishers, disputed, spread, place),
  series.revision,
  publishers,
  disputed,
  spread,
  place
FROM answers_items
JOIN series
  ON series.figure_id = answers_items.figure_id
  AND series.publisher = answers_items.publisher
