-- From statements about things that hold over time to what each is a statement of: `tellings_FAMILY`, one row per
-- statement that was published, also where its publisher took it back since. Its columns are those of a statement, and
-- `of_part` (whose transition it is: a facility's stage, or '' where none is named), `step` (the type of the transition)
-- and `occurrence`, which tells apart the transitions of one type.

-- name: told
-- Each stands once, under the part that it names.
said_{family} AS (
  SELECT
    {family}.* REPLACE (COALESCE(publisher, '') AS publisher, {step} AS type{things_known}),
    type AS said_type,
    '' AS of_part,
    {part} AS own_part,
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

-- name: spans
spans_told_{family} AS MATERIALIZED (
  SELECT
    *,
    type IN ({openings}) AS is_opening,
    type IN ({endings}) AS is_ending,
    {root_id} AS root_id
  FROM {rooted}
)

-- name: tellings
tellings_{family} AS MATERIALIZED (
  SELECT
    * EXCLUDE (of_part, own_part, said_type) REPLACE (said_type AS type),
    own_part AS of_part,
    type AS step
  FROM placed_told_{family}
)
