-- One row is the answer to one figure where no publisher is asked for or preferred, as it was said.
SELECT
  said_items.* EXCLUDE (type, source_kind),
  1 AS place
FROM chosen_items
JOIN said_items
  ON said_items.subject_code = chosen_items.subject_code
  AND said_items.position = chosen_items.position
