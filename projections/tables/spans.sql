-- One row is a span of viewpoints from which one event is the answer to one figure, with what a reader wants to know
-- beside it. An event answers at the moment `as_of` and the position `held` where
--
--   shown_from <= as_of AND since <= held AND held < until
--   AND NOT (shown_until <= as_of AND replaced <= held)
--
-- so that one row is enough for an event until the next one that comes later on both clocks: shown later, and recorded
-- later. Where an event comes late, or a version of one is closed, the order changes; from there on the figure has an
-- epoch of its own, whose rows end with it.
WITH entries AS (
  SELECT
    subject_code,
    figure_id,
    position,
    since,
    until,
    published_until,
    publisher,
    type = 'FigureWithdrawn' AS withdrawn,
    source_kind = 'primary' AS is_primary,
    canonical_value,
    canonical_low,
    canonical_high,
    symbol,
    MAX(published_until) OVER (
      PARTITION BY figure_id
      ORDER BY since
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS shown_before
  FROM {versions}
),
starts AS (
  SELECT
    figure_id,
    since AS start
  FROM entries
  WHERE shown_before IS NULL
    OR published_until < shown_before
    OR since <> position
  UNION
  SELECT
    figure_id,
    until AS start
  FROM entries
  WHERE until < {forever}
),
epochs AS (
  SELECT
    figure_id,
    start,
    LEAD(start, 1, {forever}) OVER (PARTITION BY figure_id ORDER BY start) AS finish
  FROM starts
),
-- The entries of each epoch, numbered in the order in which they are shown.
members AS (
  SELECT
    entries.* EXCLUDE (since, until, shown_before),
    start,
    finish,
    GREATEST(since, start) AS since,
    ROW_NUMBER() OVER shown AS place,
    LEAD(published_until, 1, TIMESTAMP 'infinity') OVER shown AS next_shown,
    LEAD(GREATEST(since, start), 1, {forever}) OVER shown AS next_since,
    COUNT(*) OVER (PARTITION BY figure_id, start) AS last_place
  FROM entries
  JOIN epochs
    USING (figure_id)
  WHERE entries.since < epochs.finish
    AND entries.until > epochs.start
  WINDOW shown AS (PARTITION BY figure_id, start ORDER BY published_until, position)
),
-- Until which place each is what its publisher said last, and until which it is among what was said at that time.
series AS (
  SELECT
    *,
    ROW_NUMBER() OVER said - 1 AS revision,
    LEAD(place, 1, last_place + 1) OVER said AS next_said,
    MIN(CASE WHEN withdrawn THEN place END) OVER (
      said ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
    ) AS next_withdrawn
  FROM members
  WINDOW said AS (PARTITION BY figure_id, start, publisher ORDER BY published_until, position)
),
heads AS (
  SELECT
    *,
    CASE
      WHEN withdrawn THEN place + 1
      ELSE LEAST(
        MAX(next_said) OVER (PARTITION BY figure_id, start, publisher, published_until),
        COALESCE(next_withdrawn, last_place + 1)
      )
    END AS gone
  FROM series
),
-- After each place: what it is shown by, and what all publishers say then.
spread AS (
  SELECT
    * EXCLUDE (place),
    place AS said_at,
    UNNEST(RANGE(place, gone)) AS place
  FROM heads
),
states AS (
  SELECT
    subject_code,
    figure_id,
    start,
    place,
    ANY_VALUE(finish) AS finish,
    ANY_VALUE(published_until) FILTER (WHERE said_at = place) AS shown_from,
    ANY_VALUE(since) FILTER (WHERE said_at = place) AS since,
    ANY_VALUE(next_shown) FILTER (WHERE said_at = place) AS shown_until,
    ANY_VALUE(next_since) FILTER (WHERE said_at = place) AS replaced,
    COUNT(DISTINCT publisher) FILTER (WHERE NOT withdrawn) AS publishers,
    COUNT(DISTINCT ROW(canonical_value, canonical_low, canonical_high, symbol)) FILTER (WHERE NOT withdrawn) > 1
      AS disputed,
    COUNT(canonical_value) AS points,
    MAX(canonical_value) AS highest,
    MIN(canonical_value) AS lowest,
    ARG_MAX({{'position': position, 'revision': revision, 'value': canonical_value}}, ROW(is_primary, published_until, position))
      FILTER (WHERE NOT withdrawn AND place < next_said) AS answer
  FROM spread
  GROUP BY subject_code, figure_id, start, place
)
SELECT
  subject_code,
  code_of(figure_id) AS figure_code,
  answer.position AS position,
  since,
  finish AS until,
  shown_from,
  shown_until,
  replaced,
  answer.revision AS revision,
  publishers,
  disputed,
  CASE WHEN points > 1 THEN distance(highest, lowest) END AS spread,
  answer.value AS canonical_value
FROM states
WHERE answer IS NOT NULL
  AND (shown_from < shown_until OR since < replaced)
ORDER BY subject_code, figure_code, shown_from, since
