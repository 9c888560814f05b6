-- One row is one dispute: a longest run of instants at which the statements in the heads of a figure's publishers are not
-- all the same (see `projections.audit.publisher_entries`). `number` counts the disputes of a figure from 0; `ended_at` is
-- the instant that ended it, and nothing for one that is open; `say` is how many statements of the publishers in `asked`
-- stood at its last instant. `entries` are all those of the figure.
--
-- A statement stands from its instant until the next at which its publisher said something. So what is said of a figure is
-- counted without looking at any instant twice: each saying by how many statements of it begin and end at an instant, then
-- the sayings of which any stands.
WITH
-- The figures that may be disputed: of several publishers, or by one that spoke twice at one instant; and that a publisher
-- speaks of that is asked about.
contested AS (
  SELECT figure_id
  FROM (
    SELECT
      figure_id,
      publisher,
      COUNT(*) AS together
    FROM chosen
    GROUP BY figure_id, publisher, published_until
  )
  GROUP BY figure_id
  HAVING (MIN(publisher) <> MAX(publisher) OR MAX(together) > 1)
    AND (NOT $of_some OR BOOL_OR(LIST_CONTAINS(CAST($asked AS VARCHAR[]), publisher)))
),
entries AS (
  SELECT
    figure_id,
    publisher,
    published_until,
    position,
    withdrawn,
    canonical_value,
    canonical_low,
    canonical_high,
    symbol,
    LEAD(published_until) OVER (PARTITION BY figure_id, publisher ORDER BY published_until, position) AS next_until
  FROM chosen
  SEMI JOIN contested
    USING (figure_id)
),
instants AS (
  SELECT
    *,
    MAX(next_until) OVER instant AS last_next,
    MAX(CASE WHEN withdrawn THEN position ELSE 0 END) OVER instant AS withdrawn_position
  FROM entries
  WINDOW instant AS (PARTITION BY figure_id, publisher, published_until)
),
heads AS (
  SELECT
    figure_id,
    canonical_value,
    canonical_low,
    canonical_high,
    symbol,
    published_until AS stands_from,
    NULLIF(last_next, published_until) AS stands_until,
    LIST_CONTAINS(CAST($asked AS VARCHAR[]), publisher) AS is_asked
  FROM instants
  WHERE position > withdrawn_position
),
changes AS (
  SELECT
    * EXCLUDE (stands_from, stands_until),
    stands_from AS instant,
    1 AS change
  FROM heads
  UNION ALL BY NAME
  SELECT
    * EXCLUDE (stands_from, stands_until),
    stands_until AS instant,
    -1 AS change
  FROM heads
  WHERE stands_until IS NOT NULL
),
of_sayings AS (
  SELECT
    figure_id,
    canonical_value,
    canonical_low,
    canonical_high,
    symbol,
    instant,
    CAST(SUM(change) AS BIGINT) AS change,
    CAST(SUM(change) FILTER (WHERE is_asked) AS BIGINT) AS say_change
  FROM changes
  GROUP BY ALL
),
standing AS (
  SELECT
    figure_id,
    instant,
    change,
    say_change,
    CAST(
      SUM(change) OVER (
        PARTITION BY figure_id, canonical_value, canonical_low, canonical_high, symbol
        ORDER BY instant
      ) AS BIGINT
    ) AS statements
  FROM of_sayings
),
steps AS (
  SELECT
    figure_id,
    instant,
    CAST(SUM(CAST(statements > 0 AS TINYINT) - CAST(statements - change > 0 AS TINYINT)) AS BIGINT) AS change,
    CAST(COALESCE(SUM(say_change), 0) AS BIGINT) AS say_change
  FROM standing
  GROUP BY figure_id, instant
),
counted AS (
  SELECT
    figure_id,
    instant,
    CAST(SUM(change) OVER figure AS BIGINT) AS sayings,
    CAST(SUM(change) OVER figure AS BIGINT) - change AS sayings_before,
    CAST(SUM(say_change) OVER figure AS BIGINT) - say_change AS say_before,
    CAST(SUM(say_change) OVER (PARTITION BY figure_id) AS BIGINT) AS say_at_last
  FROM steps
  WINDOW figure AS (PARTITION BY figure_id ORDER BY instant)
),
turned AS (
  SELECT
    figure_id,
    instant AS began_at,
    sayings > 1 AS disputed,
    LEAD(instant) OVER figure AS ended_at,
    LEAD(say_before, 1, say_at_last) OVER figure AS say
  FROM counted
  WHERE (sayings > 1) <> (sayings_before > 1)
  WINDOW figure AS (PARTITION BY figure_id ORDER BY instant)
),
runs AS (
  SELECT
    figure_id,
    ROW_NUMBER() OVER (PARTITION BY figure_id ORDER BY began_at) - 1 AS number,
    ended_at,
    say
  FROM turned
  WHERE disputed
),
keys AS (
  SELECT
    figure_id,
    ANY_VALUE(subject) AS subject,
    ANY_VALUE(metric) AS metric,
    ANY_VALUE(material) AS material,
    ANY_VALUE(nature) AS nature,
    ANY_VALUE(period_start) AS period_start,
    ANY_VALUE(period_end) AS period_end,
    ANY_VALUE(canonical_unit) AS canonical_unit,
    ANY_VALUE(dimensions) AS dimensions,
    COUNT(*) AS entries
  FROM chosen
  GROUP BY figure_id
)
SELECT
  *
FROM runs
JOIN keys
  USING (figure_id)
