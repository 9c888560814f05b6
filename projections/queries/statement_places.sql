-- Which transition each statement on a thing is of: from `spans_{told}`, one row per statement and part of its thing that
-- it is looked at for (`of_part`), to `placed_{told}`, which has `occurrence` besides. This, with the part that is named
-- (`own_part`) and the type, tells the transitions of a thing apart.

-- name: restated
-- Which statements say another one anew, and which.
restated_0_{told} AS MATERIALIZED (
  SELECT
    restating.viewpoint,
    restating.of_part,
    restating.event_id,
    restated.event_id AS restated
  FROM {stated} AS restating
  JOIN {stated} AS restated
    ON restated.event_id = restating.restates
    AND restated.viewpoint = restating.viewpoint
    AND restated.of_part = restating.of_part
    AND restated.type = restating.type
    AND {same_thing}
  WHERE restating.restates IS NOT NULL
)

-- name: doubled
-- The same, twice as far back.
restated_{after}_{told} AS MATERIALIZED (
  SELECT
    near.viewpoint,
    near.of_part,
    near.event_id,
    COALESCE(far.restated, near.restated) AS restated
  FROM restated_{before}_{told} AS near
  LEFT JOIN restated_{before}_{told} AS far
    ON far.event_id = near.restated
    AND far.viewpoint = near.viewpoint
    AND far.of_part = near.of_part
)

-- name: placed
-- What may happen again is the same where it starts within the span of the one before, the coarser first. Windows take
-- the rows and columns that they need alone, since they carry and sort all that they are given.
spans_apart_{told} AS (
  SELECT
    viewpoint,
    {thing},
    of_part,
    own_part,
    type,
    position,
    starts,
    starts_until,
    published_until,
    root_id,
    COALESCE(LEAD(starts) OVER of_{told} > starts_until, TRUE) AS is_apart
  FROM spans_{told}
  WHERE NOT is_opening
    AND NOT is_ending
  WINDOW of_{told} AS (
    PARTITION BY viewpoint, {thing}, of_part, own_part, type, root_id IS NULL
    ORDER BY starts, starts_until DESC, published_until, position
  )
),
-- What happens once is the same until its opposite starts in between: of what was never ended, it is the first.
occurrences_{told} AS (
  SELECT
    viewpoint,
    of_part,
    position,
    EPOCH_US(
      FIRST_VALUE(CASE WHEN is_apart THEN starts END IGNORE NULLS) OVER (
        PARTITION BY viewpoint, {thing}, of_part, own_part, type, root_id IS NULL
        ORDER BY starts, starts_until DESC, published_until, position
        ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
      )
    ) AS occurrence
  FROM spans_apart_{told}
  UNION ALL
  SELECT
    viewpoint,
    of_part,
    position,
    {opposites} AS occurrence
  FROM spans_{told}
  SEMI JOIN (SELECT viewpoint, {thing}, of_part FROM spans_{told} WHERE is_ending) AS ending
    USING (viewpoint, {thing}, of_part)
  WHERE is_opening
    OR is_ending
  WINDOW
    placing_{told} AS (
      PARTITION BY viewpoint, {thing}, of_part{its_part}
      ORDER BY starts
      RANGE BETWEEN UNBOUNDED PRECEDING AND INTERVAL 1 MICROSECOND PRECEDING
    ),
    placing_all_{told} AS (
      PARTITION BY viewpoint, {thing}, of_part
      ORDER BY starts
      RANGE BETWEEN UNBOUNDED PRECEDING AND INTERVAL 1 MICROSECOND PRECEDING
    )
),
{first_placed}_{told} AS {kept} (
  SELECT
    spans_{told}.*,
    COALESCE(occurrences_{told}.occurrence, 0) AS occurrence
  FROM spans_{told}
  LEFT JOIN occurrences_{told}
    USING (viewpoint, of_part, position)
)

-- name: moved
-- What says another statement anew is of the same transition as that.
placed_{told} AS MATERIALIZED (
  SELECT
    said.* REPLACE (
      COALESCE(first_said.own_part, said.own_part) AS own_part,
      COALESCE(first_said.occurrence, said.occurrence) AS occurrence
    )
  FROM at_first_{told} AS said
  LEFT JOIN at_first_{told} AS first_said
    ON first_said.event_id = said.root_id
    AND first_said.viewpoint = said.viewpoint
    AND first_said.of_part = said.of_part
)

-- name: opposites
-- How many opposites start before.
CASE
  WHEN is_opening THEN COUNT(*) FILTER (WHERE is_ending) OVER placing_all_{told}
  ELSE COUNT(*) FILTER (WHERE is_opening) OVER placing_all_{told}
END

-- name: opposites_of_named_part
-- How many opposites of the part that is named, and of none, start before; what was taken back does not come between.
CASE
  WHEN is_opening THEN COUNT(*) FILTER (WHERE is_ending AND NOT taken_back) OVER placing_{told}
  ELSE COUNT(*) FILTER (WHERE is_opening AND NOT taken_back) OVER placing_{told}
END
+ CASE
  WHEN own_part = '' THEN 0
  WHEN is_opening THEN COUNT(*) FILTER (WHERE is_ending AND NOT taken_back AND own_part = '') OVER placing_all_{told}
  ELSE COUNT(*) FILTER (WHERE is_opening AND NOT taken_back AND own_part = '') OVER placing_all_{told}
END
