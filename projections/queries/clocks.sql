-- The only text that knows the three clocks. It is made out for each family of events that a view reads, and gives it
-- two relations: `held_FAMILY`, one row per event that the ledger held at the viewpoint's position, published yet or
-- not; and `FAMILY`, those of them that were published by then.
--
-- `viewpoint` numbers the viewpoints of one question. For families that hold over time, `begun`, `past` and `listed` say
-- how an event stands to the instant that is looked at.

-- name: held
versions.since <= $position
    AND versions.until > $position

-- name: one
held_{family} AS NOT MATERIALIZED (
  SELECT
    0 AS viewpoint,
    CAST($as_of AS TIMESTAMP) AS known,
    CAST($effective_at AS TIMESTAMP) AS world,
    versions.*
  FROM log.{family} AS versions
  WHERE {held}
    AND {rows}
)

-- name: many
held_{family} AS NOT MATERIALIZED (
  SELECT
    viewpoints.viewpoint,
    viewpoints.as_of AS known,
    viewpoints.effective_at AS world,
    versions.*
  FROM viewpoints
  JOIN log.{family} AS versions
    ON versions.since <= viewpoints.position
    AND versions.until > viewpoints.position
  WHERE {rows}
)

-- name: published
{family} AS NOT MATERIALIZED (
  SELECT
    *
  FROM held_{family}
  WHERE visible_from <= known
)

-- name: timed
{family} AS NOT MATERIALIZED (
  SELECT
    *,
    starts <= world AS begun,
    COALESCE(ends < world, FALSE) AS past,
    LEAST(starts, published_from) <= world AS listed
  FROM held_{family}
  WHERE visible_from <= known
)

-- name: shown
answer_intervals.shown_from <= {as_of}
    AND answer_intervals.shown_until > {as_of}
    AND answer_intervals.since <= {position}
    AND answer_intervals.until > {position}
    AND (
      answer_intervals.shortened_to > {as_of}
      OR answer_intervals.shortened_at > {position}
    )

-- name: answer_intervals
answer_intervals AS NOT MATERIALIZED (
  SELECT
    0 AS viewpoint,
    *
  FROM log.answer_intervals AS answer_intervals
  WHERE {shown}
    AND {rows}
)

-- name: many_answer_intervals
answer_intervals AS NOT MATERIALIZED (
  SELECT
    viewpoints.viewpoint,
    answer_intervals.*
  FROM viewpoints
  JOIN log.answer_intervals AS answer_intervals
    ON {shown}
  WHERE {rows}
)
