-- What differs between two viewpoints in things that hold over time, which are numbered 0 (before) and 1 (after).
-- A statement is said at a viewpoint where it is held there, and published.

-- name: said
(
  versions.since <= ${side}_position
  AND versions.until > ${side}_position
  AND versions.visible_from <= ${side}_known
)

-- name: touched
-- The things of which an item may differ: a statement of them is not said from both viewpoints, or is taken back from one;
-- or something begins, ends or comes to be listed between the two instants of the world.
SELECT [{thing}] AS thing
FROM log.{family} AS versions
WHERE {rows}
  AND (
    {before} <> {after}
    OR versions.event_id IN (
      SELECT withdraws
      FROM log.withdrawals AS versions
      WHERE {before} <> {after}
    )
    OR ({before} OR {after})
    AND (
      versions.starts BETWEEN $earliest_world AND $latest_world
      OR versions.ends BETWEEN $earliest_world AND $latest_world
      OR versions.published_from BETWEEN $earliest_world AND $latest_world
      {amended}
    )
    {preferred}
  )

-- name: amended
OR starts_at(versions.changes.effective_from) BETWEEN $earliest_world AND $latest_world
      OR ends_at(versions.changes.effective_to) BETWEEN $earliest_world AND $latest_world

-- name: preferred
-- Where others come first at one viewpoint than at the other: what one of these speaks of.
OR ({before} OR {after})
    AND LIST_CONTAINS(CAST($first_asked AS VARCHAR[]), versions.publisher)

-- name: turned
-- What is otherwise at a viewpoint (0 and 1) with the preference of the other one (2 and 3).
told AS (
  SELECT
    * EXCLUDE (viewpoint{hidden}),
    viewpoint % 2 AS side,
    viewpoint > 1 AS otherwise
  FROM items
)
SELECT DISTINCT {keys}
FROM (
  SELECT
    * EXCLUDE (otherwise),
    SUM(CASE WHEN otherwise THEN 1 ELSE -1 END) AS more
  FROM told
  GROUP BY ALL
)
WHERE more <> 0

-- name: sides
sides AS MATERIALIZED (
  SELECT
    *,
    CASE viewpoint WHEN 0 THEN {wanted_before} ELSE {wanted_after} END AS is_wanted,
    ROW_NUMBER() OVER () AS side_number
  FROM items AS versions
)

-- name: placed
-- Intervals that begin at the same instant are one; of the others, the first is one with the first, and so on.
numbered AS (
  SELECT
    *,
    ROW_NUMBER() OVER (PARTITION BY viewpoint, {keys}, {within} ORDER BY position) AS nth
  FROM sides
),
met AS (
  SELECT
    *,
    COUNT(*) OVER (PARTITION BY {keys}, {within}, nth) > 1 AS is_met
  FROM numbered
),
placed AS (
  SELECT
    *,
    CASE WHEN is_met THEN {within} END AS meets_at,
    CASE
      WHEN is_met THEN nth
      ELSE ROW_NUMBER() OVER (PARTITION BY viewpoint, {keys}, is_met ORDER BY {within}, nth)
    END AS place
  FROM met
)

-- name: alone
placed AS (
  SELECT
    *,
    1 AS place,
    1 AS meets_at
  FROM sides
)

-- name: differing
pairs AS (
  SELECT
    before.side_number AS before_number,
    after.side_number AS after_number,
    CASE
      WHEN before.side_number IS NULL THEN 'added'
      WHEN after.side_number IS NULL THEN 'removed'
      ELSE 'changed'
    END AS difference,
    CASE
      WHEN before.side_number IS NULL OR after.side_number IS NULL THEN []
      ELSE LIST_FILTER([{fields}], lambda field: field IS NOT NULL)
    END AS fields,
    {order}
  FROM (SELECT * FROM placed WHERE viewpoint = 0) AS before
  FULL JOIN (SELECT * FROM placed WHERE viewpoint = 1) AS after
    ON {same}
  WHERE COALESCE(before.is_wanted, FALSE)
    OR COALESCE(after.is_wanted, FALSE)
),
differing AS MATERIALIZED (
  SELECT
    *,
    ROW_NUMBER() OVER (ORDER BY {by}) AS number
  FROM pairs
  WHERE difference <> 'changed'
    OR LEN(fields) > 0
)
SELECT
  number,
  difference,
  fields AS changed_fields,
  sides.*
FROM differing
JOIN sides
  ON sides.side_number IN (before_number, after_number)
ORDER BY number, viewpoint
