-- Very many questions about the same very many spans: to compare each question with each span would take their product.
--
-- So the plane of the two clocks is divided, for each key, into *cells*: into halves, quarters, eighths and so on of each
-- clock. A span is cut into the few cells that cover it exactly, a point lies in a few cells, one of each size, and the two
-- meet where their cells are equal. For n spans and q points that is about (n + q) times the squared logarithm of n.

-- name: rectangles
-- A span that was shortened is two rectangles: what it was until then, and what it is since.
CREATE OR REPLACE TEMP TABLE rectangles AS
SELECT
  key,
  figure_code,
  position,
  rank,
  scope,
  publisher,
  shown_from AS from_time,
  shown_until AS to_time,
  since AS from_place,
  LEAST(until, shortened_at) AS to_place
FROM crowded_spans
WHERE since < LEAST(until, shortened_at)
UNION ALL
SELECT
  key,
  figure_code,
  position,
  rank,
  scope,
  publisher,
  shown_from,
  LEAST(shown_until, shortened_to),
  GREATEST(since, shortened_at),
  until
FROM crowded_spans
WHERE GREATEST(since, shortened_at) < until

-- name: edges
-- One row is where something begins or ends for a key on one clock, numbered from 0.
CREATE OR REPLACE TEMP TABLE edges_of_{clock} AS
SELECT key, edge, ROW_NUMBER() OVER (PARTITION BY key ORDER BY edge) - 1 AS number
FROM (
  SELECT key, from_{clock} AS edge FROM rectangles
  UNION
  SELECT key, to_{clock} FROM rectangles
)

-- name: levels
SELECT MAX(number) FROM edges_of_{clock}

-- name: covering
-- The cells on one clock that cover what lies between two edges: at each size at most one at either end.
LIST_CONCAT(
  LIST_TRANSFORM(
    LIST_FILTER(
      RANGE({levels}),
      lambda size: ({first} + (CAST(1 AS BIGINT) << size) - 1) >> size < {last} >> size
        AND (({first} + (CAST(1 AS BIGINT) << size) - 1) >> size) % 2 = 1
    ),
    lambda size: (size << 40) + (({first} + (CAST(1 AS BIGINT) << size) - 1) >> size)
  ),
  LIST_TRANSFORM(
    LIST_FILTER(
      RANGE({levels}),
      lambda size: ({first} + (CAST(1 AS BIGINT) << size) - 1) >> size < {last} >> size
        AND ({last} >> size) % 2 = 1
    ),
    lambda size: (size << 40) + ({last} >> size) - 1
  )
)

-- name: cells
-- One row is a cell in which something is said, and what ranks first there; where publishers were ever preferred, of each
-- of them.
CREATE OR REPLACE TEMP TABLE cells AS
SELECT
  key,
  time_cell,
  place_cell,
  scope,
  publisher,
  ARG_MAX(position, rank) AS position,
  MAX(rank) AS rank,
  MIN(figure_code) AS first_figure,
  MAX(figure_code) AS last_figure
FROM (
  SELECT key, position, rank, scope, publisher, figure_code, time_cell, UNNEST({place_cells}) AS place_cell
  FROM (
    SELECT
      rectangles.key,
      position,
      rank,
      scope,
      publisher,
      figure_code,
      place_from.number AS place_first,
      place_to.number AS place_last,
      UNNEST({time_cells}) AS time_cell
    FROM rectangles
    JOIN edges_of_time AS time_from
      ON time_from.key = rectangles.key AND time_from.edge = rectangles.from_time
    JOIN edges_of_time AS time_to
      ON time_to.key = rectangles.key AND time_to.edge = rectangles.to_time
    JOIN edges_of_place AS place_from
      ON place_from.key = rectangles.key AND place_from.edge = rectangles.from_place
    JOIN edges_of_place AS place_to
      ON place_to.key = rectangles.key AND place_to.edge = rectangles.to_place
  )
)
GROUP BY ALL

-- name: found
INSERT INTO found
SELECT
  located.row,
  ARG_MAX(cells.position, {rank}),
  MIN(first_figure) <> MAX(last_figure),
  NULL
FROM (
  SELECT
    row,
    key,
    held_at,
    time_cell,
    UNNEST(LIST_TRANSFORM(RANGE({place_levels}), lambda size: (size << 40) + (place >> size))) AS place_cell
  FROM (
    SELECT
      row,
      key,
      held_at,
      place,
      UNNEST(LIST_TRANSFORM(RANGE({time_levels}), lambda size: (size << 40) + (time >> size))) AS time_cell
    FROM (
      SELECT points.row, points.key, points.held_at, time_edges.number AS time, place_edges.number AS place
      FROM points
      ASOF JOIN edges_of_time AS time_edges
        ON time_edges.key = points.key AND time_edges.edge <= points.as_of
      ASOF JOIN edges_of_place AS place_edges
        ON place_edges.key = points.key AND place_edges.edge <= points.held_at
    )
  )
) AS located
JOIN cells
  ON cells.key = located.key
  AND cells.time_cell = located.time_cell
  AND cells.place_cell = located.place_cell
{preferred_then}
GROUP BY located.row
