-- From statements about things that hold over time to what each is a statement of: `tellings_FAMILY`, one row per
-- statement that was published, also where its publisher took it back since. Its columns are those of a statement, and
-- `of_part` (whose transition it is: a facility's stage, or '' where none is named), `step` (the type of the transition)
-- and `occurrence`, which tells apart the transitions of one type.

-- name: told
told_{family} AS (
  SELECT
    {family}.* REPLACE (COALESCE(publisher, '') AS publisher{things_known}),
    {part} AS own_part,
    {step} AS step,
    COALESCE(was_taken_back, FALSE) AS taken_back
  FROM {family}
  {chosen}
  LEFT JOIN (
    SELECT DISTINCT
      viewpoint,
      withdraws AS event_id,
      TRUE AS was_taken_back
    FROM withdrawals
  )
    USING (viewpoint, event_id)
)

-- name: restating
-- Which statements say another one anew, and which.
restated_0_{family} AS MATERIALIZED (
  SELECT
    restating.viewpoint,
    restating.event_id,
    restated.event_id AS restated
  FROM told_{family} AS restating
  JOIN told_{family} AS restated
    ON restated.event_id = restating.restates
    AND restated.viewpoint = restating.viewpoint
    AND restated.step = restating.step
    AND {same_thing}
  WHERE restating.restates IS NOT NULL
)

-- name: doubled
-- The same, twice as far back.
restated_{after}_{family} AS MATERIALIZED (
  SELECT
    near.viewpoint,
    near.event_id,
    COALESCE(far.restated, near.restated) AS restated
  FROM restated_{before}_{family} AS near
  LEFT JOIN restated_{before}_{family} AS far
    ON far.event_id = near.restated
    AND far.viewpoint = near.viewpoint
)

-- name: placed
spans_told_{family} AS (
  SELECT
    *,
    step IN ({openings}) AS is_opening,
    step IN ({endings}) AS is_ending,
    {root_id} AS root_id
  FROM told_{family}
  {rooted}
),
-- What may happen again is the same where the next statement starts within the span of the one before, the coarser first.
spans_told_apart_{family} AS (
  SELECT
    *,
    COALESCE(LEAD(starts) OVER of_step > starts_until, TRUE) AS is_apart
  FROM spans_told_{family}
  WINDOW of_step AS (
    PARTITION BY viewpoint, {thing}, own_part, step, root_id IS NULL
    ORDER BY starts, starts_until DESC, published_until, position
  )
),
-- What happens once is the same until its opposite starts in between, of the same part or of the thing as a whole. What
-- was taken back does not come between.
{placed}_{family} AS MATERIALIZED (
  SELECT
    * EXCLUDE (own_part),
    own_part AS of_part,
    CASE
      WHEN is_opening THEN
        COUNT(*) FILTER (WHERE is_ending AND NOT taken_back) OVER of_its_part
        + CASE
          WHEN own_part = '' THEN 0
          ELSE COUNT(*) FILTER (WHERE is_ending AND NOT taken_back AND own_part = '') OVER of_all_parts
        END
      WHEN is_ending THEN
        COUNT(*) FILTER (WHERE is_opening AND NOT taken_back) OVER of_its_part
        + CASE
          WHEN own_part = '' THEN 0
          ELSE COUNT(*) FILTER (WHERE is_opening AND NOT taken_back AND own_part = '') OVER of_all_parts
        END
      ELSE EPOCH_US(
        FIRST_VALUE(CASE WHEN is_apart THEN starts END IGNORE NULLS) OVER (
          PARTITION BY viewpoint, {thing}, own_part, step, root_id IS NULL
          ORDER BY starts, starts_until DESC, published_until, position
          ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        )
      )
    END AS occurrence
  FROM spans_told_apart_{family}
  WINDOW
    of_its_part AS (
      PARTITION BY viewpoint, {thing}, own_part
      ORDER BY starts
      RANGE BETWEEN UNBOUNDED PRECEDING AND INTERVAL 1 MICROSECOND PRECEDING
    ),
    of_all_parts AS (
      PARTITION BY viewpoint, {thing}
      ORDER BY starts
      RANGE BETWEEN UNBOUNDED PRECEDING AND INTERVAL 1 MICROSECOND PRECEDING
    )
)

-- name: moved
-- What says another statement anew is of the same transition as that.
tellings_{family} AS MATERIALIZED (
  SELECT
    said.* REPLACE (
      COALESCE(first_said.of_part, said.of_part) AS of_part,
      COALESCE(first_said.occurrence, said.occurrence) AS occurrence
    )
  FROM first_tellings_{family} AS said
  LEFT JOIN first_tellings_{family} AS first_said
    ON first_said.event_id = said.root_id
    AND first_said.viewpoint = said.viewpoint
)
