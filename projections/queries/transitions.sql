-- From statements about things that hold over time to what happened to these: `transitions_FAMILY`, one row per
-- transition of a thing (of a part of it), as the publisher that comes first says, filled in by the others. Its columns
-- are those of a statement. `placed_FAMILY` are the statements, each with the transition that it is of.

-- name: stated
-- What its publisher took back is not said.
stated_{family} AS NOT MATERIALIZED (
  SELECT
    {stated}
  FROM {source}
  ANTI JOIN (SELECT viewpoint, withdraws AS event_id FROM withdrawals) AS taken_back
    USING (viewpoint, event_id)
  {only}
)

-- name: whole
bearing_{family} AS NOT MATERIALIZED (
  SELECT
    *,
    '' AS of_part,
    '' AS own_part
  FROM stated_{family}
)

-- name: parts
-- What names no part bears on all parts of its thing.
parts_{family} AS (
  SELECT DISTINCT
    viewpoint,
    {thing},
    {part} AS of_part
  FROM stated_{family}
  WHERE {part} IS NOT NULL
  UNION ALL
  SELECT
    viewpoint,
    {thing},
    '' AS of_part
  FROM stated_{family}
  GROUP BY viewpoint, {thing}
  HAVING COUNT({part}) = 0
)

-- name: parts_beside_whole
-- What names no part bears on all parts of its thing, and is what the thing as a whole is made of; a thing of which only
-- parts were opened is as these are together.
parts_{family} AS (
  SELECT DISTINCT
    viewpoint,
    {thing},
    {part} AS of_part,
    FALSE AS of_all
  FROM stated_{family}
  WHERE {part} IS NOT NULL
  UNION ALL
  SELECT
    viewpoint,
    {thing},
    '' AS of_part,
    COUNT(*) FILTER (WHERE {part} IS NULL AND type IN ({openings})) = 0 AS of_all
  FROM stated_{family}
  GROUP BY viewpoint, {thing}
)

-- name: bearing_on_parts
bearing_{family} AS (
  SELECT
    stated_{family}.*,
    {parts}.of_part,
    COALESCE(stated_{family}.{part}, '') AS own_part
  FROM {parts}
  JOIN stated_{family}
    USING (viewpoint, {thing})
  WHERE stated_{family}.{part} IS NULL
    OR stated_{family}.{part} = {parts}.of_part
    {or_all}
)

-- name: spans
spans_{family} AS MATERIALIZED (
  SELECT
    * REPLACE (COALESCE(publisher, '') AS publisher{things_known}),
    type IN ({openings}) AS is_opening,
    type IN ({endings}) AS is_ending,
    -- In order of (published_until, position): one number, since DuckDB compares numbers many times as fast as rows. The
    -- rank of the source comes last, as what a statement has beside its turn; no year makes it negative.
    (
      CAST(EPOCH_US(published_until) + 1152921504606846976 AS HUGEINT) * 1099511627776 + position
    ) * 4 + CASE WHEN publisher IS NULL THEN 0 WHEN source_kind = 'primary' THEN 2 ELSE 1 END AS said_turn,
    {root_id} AS root_id
  FROM {rooted}
)

-- name: settled
-- What each publisher says of a transition: the last of its statements, and what that leaves out as it was said before.
voices_{family} AS (
  SELECT
    {keys},
    publisher,
    MAX(said_turn) AS said_last,
    MIN(published_from) AS published_from,
    MAX(published_until) AS spoken_until,
    ARG_MAX(starts, said_turn) FILTER (WHERE effective_from IS NOT NULL) AS starts,
    ARG_MAX(starts_until, said_turn) FILTER (WHERE effective_from IS NOT NULL) AS starts_until,
    ARG_MAX(ends_from, said_turn) FILTER (WHERE ends IS NOT NULL) AS ends_from,
    ARG_MAX(ends, said_turn) AS ends,
    {voiced}
  FROM placed_{family}
  GROUP BY {keys}, publisher
),
ranked_{family} AS MATERIALIZED (
  SELECT
    voices_{family}.*,
    -- In order of (preferred, rank of the source, said_last), likewise. What says nobody in particular comes last.
    CAST(
      4 * {preferred} + (said_last & 3) AS HUGEINT
    ) * 20282409603651670423947251286016 + said_last AS voice_rank
  FROM voices_{family}
  {preferences}
),
decided_{family} AS (
  SELECT
    {keys},
    CAST((MAX(voice_rank) >> 2) & 1099511627775 AS BIGINT) AS position,
    MIN(published_from) AS published_from,
    MAX(spoken_until) AS spoken_until,
    {disputed} AS transition_disputed,
    COALESCE(ARG_MAX(starts, voice_rank), MIN(published_from)) AS starts,
    ARG_MAX(ends, voice_rank) AS stated_ends,
    {settled}
  FROM ranked_{family}
  GROUP BY {keys}
),
-- Of the statement that decides, what it has of its own is looked up, not carried: that costs a fifth of the question.
settled_{family} AS MATERIALIZED (
  SELECT
    decided_{family}.*,
    deciding.known,
    deciding.world,
    NULLIF(deciding.publisher, '') AS publisher,
    deciding.event_id,
    deciding.published_at,
    deciding.published_until
  FROM decided_{family}
  JOIN spans_{family} AS deciding
    USING (viewpoint, of_part, position)
)

-- name: asked
COALESCE({preferred_most} - LIST_POSITION(CAST($prefer AS VARCHAR[]), voices_{family}.publisher), 0)

-- name: preferred
-- Whom the ledger prefers comes after those whom the question does.
COALESCE(
  {preferred_most} + {preferred_most} - LIST_POSITION(CAST($prefer AS VARCHAR[]), voices_{family}.publisher),
  preferred_items.preferred,
  0
)

-- name: preferences
LEFT JOIN preferred_items
    ON preferred_items.viewpoint = voices_{family}.viewpoint
    AND preferred_items.scope = ''
    AND preferred_items.publisher = voices_{family}.publisher

-- name: spoken
-- Who speaks of a thing at all, and whether any two contradict each other.
spoken_{family} AS (
  SELECT
    viewpoint,
    {thing},
    of_part,
    ANY_VALUE(publishers) AS publishers,
    BOOL_OR(transition_disputed) AS disputed
  FROM settled_{family}
  JOIN (
    SELECT
      viewpoint,
      {thing},
      of_part,
      CAST(COUNT(DISTINCT NULLIF(publisher, '')) AS INTEGER) AS publishers
    FROM spans_{family}
    GROUP BY viewpoint, {thing}, of_part
  )
    USING (viewpoint, {thing}, of_part)
  GROUP BY viewpoint, {thing}, of_part
)

-- name: spoken_by_all
spoken_{family} AS (
  SELECT
    *
  FROM spoken_{all}
)

-- name: counting
-- An end that was taken over and lies before the start is none.
ended_{family} AS (
  SELECT
    * {without_end},
    type IN ({openings}) AS is_opening,
    type IN ({endings}) AS is_ending,
    {end}
    CASE WHEN stated_ends >= starts THEN stated_ends END AS ends
  FROM settled_{family}
),
dated_{family} AS (
  SELECT
    *,
    starts <= world AS begun,
    COALESCE(ends < world, FALSE) AS past,
    LEAST(starts, published_from) <= world AS listed,
    {{
      'event_id': event_id,
      'publisher': publisher,
      'published_at': published_at,
      'starts': starts,
      'published_until': published_until,
      'position': position,
      'foreseen': spoken_until < starts
    }} AS as_event
  FROM ended_{family}
),
-- A second opening of a type, with an ending before it, counts from its start on, and then with what starts after that
-- ending alone. Of what was never ended, all counts.
again_{family} AS (
  SELECT
    *,
    is_opening AND COALESCE(MIN(starts) OVER type_of_{family} <= ended_before, FALSE) AS is_second
  FROM (
    SELECT
      {keys},
      starts,
      begun,
      is_opening,
      MAX(CASE WHEN is_ending THEN starts END) OVER ending_{family} AS ended_before
    FROM dated_{family}
    SEMI JOIN (SELECT viewpoint, {thing}, of_part FROM dated_{family} WHERE is_ending) AS ending
      USING (viewpoint, {thing}, of_part)
    WINDOW ending_{family} AS (
      PARTITION BY viewpoint, {thing}, of_part
      ORDER BY starts
      RANGE BETWEEN UNBOUNDED PRECEDING AND INTERVAL 1 MICROSECOND PRECEDING
    )
  )
  WINDOW type_of_{family} AS (PARTITION BY viewpoint, {thing}, of_part, type)
),
since_{family} AS (
  SELECT
    {keys},
    is_second,
    MAX(CASE WHEN is_second AND begun THEN ended_before END) OVER (
      PARTITION BY viewpoint, {thing}, of_part
    ) AS since_ended
  FROM again_{family}
),
transitions_{family} AS MATERIALIZED (
  SELECT
    dated_{family}.*,
    COALESCE(since_{family}.is_second, FALSE) AS is_second
  FROM dated_{family}
  LEFT JOIN since_{family}
    USING ({keys})
  WHERE (begun OR NOT COALESCE(since_{family}.is_second, FALSE))
    AND COALESCE(starts > since_ended, TRUE)
)

-- name: amendments
-- The statements of amendments, each with when its amendment takes effect, in order. What they change is looked up.
amending_{family} AS (
  SELECT
    {keys},
    said.changed,
    said.changes,
    voice_rank,
    published_until AS said_until,
    position AS said_at
  FROM placed_{family}
  JOIN ranked_{family}
    USING ({keys}, publisher)
  JOIN (
    SELECT
      viewpoint,
      position,
      changed,
      changes
    FROM {source}
    WHERE type = '{amendment}'
  ) AS said
    USING (viewpoint, position)
  WHERE type = '{amendment}'
),
amendments_{family} AS (
  SELECT
    transitions_{family}.*,
    changed,
    changes,
    ROW(
      starts,
      transitions_{family}.published_until,
      transitions_{family}.position,
      voice_rank,
      said_until,
      said_at
    ) AS amending
  FROM transitions_{family}
  JOIN amending_{family}
    USING ({keys})
)
