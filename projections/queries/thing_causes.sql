-- The statements of some things that are not said, or not as the same version, from both of two viewpoints; and the
-- withdrawals that take one of them back as seen from one of the two.

-- name: held
versions.since <= ${side}_position AND versions.until > ${side}_position

-- name: of_things
SELECT
  [{thing}] AS thing,
  {part} AS part,
  versions.position,
  versions.since,
  versions.until,
  versions.visible_from,
  versions.event_id,
  versions.type,
  versions.published_at,
  versions.recorded_at
FROM log.{family} AS versions
WHERE {named} IN (SELECT UNNEST(CAST($things AS {kind}[])))
  AND {rows}
  AND ({before} OR {after})

-- name: seen
WITH statements AS MATERIALIZED (
  {statements}
),
taking_back AS MATERIALIZED (
  SELECT
    withdraws,
    position,
    ANY_VALUE(event_id) AS event_id,
    ANY_VALUE(recorded_at) AS recorded_at,
    ARG_MAX(published_at, since) AS published_at,
    BOOL_OR({before} AND visible_from <= $before_known) AS before,
    BOOL_OR({after} AND visible_from <= $after_known) AS after
  FROM log.withdrawals AS versions
  WHERE withdraws IN (SELECT event_id FROM statements)
    AND ({before} OR {after})
  GROUP BY withdraws, position
),
taken_back AS (
  SELECT
    withdraws AS event_id,
    BOOL_OR(before) AS before,
    BOOL_OR(after) AS after,
    LIST(
      {{
        'event_id': CAST(event_id AS VARCHAR),
        'position': position,
        'published_at': published_at,
        'recorded_at': recorded_at
      }}
      ORDER BY position
    ) FILTER (WHERE before <> after) AS withdrawals
  FROM taking_back
  GROUP BY withdraws
),
said AS (
  SELECT
    versions.*,
    withdrawals,
    {before} AND visible_from <= $before_known AS there_before,
    {after} AND visible_from <= $after_known AS there_after,
    there_before AND NOT COALESCE(before, FALSE) AS said_before,
    there_after AND NOT COALESCE(after, FALSE) AS said_after
  FROM statements AS versions
  LEFT JOIN taken_back
    USING (event_id)
)
SELECT
  thing,
  part,
  position,
  CAST(ANY_VALUE(event_id) AS VARCHAR) AS event_id,
  ANY_VALUE(type) AS type,
  ARG_MAX(published_at, since) AS published_at,
  ANY_VALUE(recorded_at) AS recorded_at,
  BOOL_OR(said_before) AND BOOL_OR(said_after) AS from_both,
  BOOL_OR(there_before) <> BOOL_OR(there_after) AS came_or_went,
  ANY_VALUE(withdrawals) AS withdrawals
FROM said
GROUP BY thing, part, position
HAVING MAX(CASE WHEN said_before THEN since END) IS DISTINCT FROM MAX(CASE WHEN said_after THEN since END)
ORDER BY position
