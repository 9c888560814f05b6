-- One row is the answer to one figure, as `figures` has it where no publisher is asked for or preferred.
SELECT
  answers_items.* EXCLUDE (corrected, publishers, disputed, spread, published_until, place),
  tallies_items.statements,
  tallies_items.revisions,
  corrected,
  publishers,
  disputed,
  spread,
  published_until,
  place
FROM answers_items
JOIN tallies_items
  ON tallies_items.figure_id = answers_items.figure_id
  AND tallies_items.publisher = answers_items.publisher
