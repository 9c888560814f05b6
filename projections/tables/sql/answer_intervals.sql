-- One row is an answer interval: the viewpoints from which one event is the answer to one figure, with what a reader wants
-- to know beside it. An event answers at the moment `as_of` and the position `held` where
--
--   shown_from <= as_of AND since <= held AND held < until
--   AND NOT (shown_until <= as_of AND replaced <= held)
--
-- so that one row is enough for an event until the next one that comes later on both clocks: shown later, and recorded
-- later. Where an event comes late, or a version of one is closed, the order changes; from there on the figure has an
-- epoch of its own, whose rows end with it.
--
-- How far publishers are apart is in `spread`, or as text in `long_spread` where it has one digit too many.
WITH entries AS (
  SELECT
    subject_code,
    figure_id,
    position,
    since,
    until,
    published_until,
    HASH(publisher) AS publisher,
    type = 'FigureWithdrawn' AS withdrawn,
    source_kind = 'primary' AS is_primary,
    HASH(ROW(canonical_value, canonical_low, canonical_high, symbol)) AS said,
    canonical_value AS value,
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
-- Which place each has in what its publisher says, and up to which place it is the last of that.
series AS (
  SELECT
    *,
    ROW_NUMBER() OVER publications - 1 AS revision,
    LEAD(place, 1, last_place + 1) OVER publications AS next_place,
    MIN(CASE WHEN withdrawn THEN place END) OVER (
      publications ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
    ) AS next_withdrawn,
    COALESCE(LAG(published_until) OVER publications = published_until, FALSE)
      OR COALESCE(LEAD(published_until) OVER publications = published_until, FALSE) AS tied
  FROM members
  WINDOW publications AS (PARTITION BY figure_id, start, publisher ORDER BY published_until, position)
),
-- What a publisher says at one time stands together until it says something later, or withdraws it.
ties AS (
  SELECT
    figure_id,
    start,
    publisher,
    published_until,
    MAX(next_place) AS gone
  FROM series
  WHERE tied
  GROUP BY figure_id, start, publisher, published_until
),
heads AS (
  SELECT
    series.*,
    CASE
      WHEN withdrawn THEN place + 1
      ELSE LEAST(COALESCE(ties.gone, next_place), COALESCE(next_withdrawn, last_place + 1))
    END AS gone
  FROM series
  LEFT JOIN ties
    USING (figure_id, start, publisher, published_until)
),
-- After each place, what all publishers say.
said_then AS (
  SELECT
    figure_id,
    start,
    place AS own_place,
    UNNEST(RANGE(place, gone)) AS place,
    CASE WHEN NOT withdrawn THEN said END AS said,
    value,
    next_place,
    CASE WHEN NOT withdrawn THEN CASE WHEN is_primary THEN {primary_first} ELSE 0 END + place END AS rank
  FROM heads
),
-- Of those that are the last of their publishers, the primary one that is shown last is the answer, or the secondary one.
answers AS (
  SELECT
    figure_id,
    start,
    place,
    COUNT(rank) FILTER (WHERE place < next_place) AS publishers,
    MIN(said) <> MAX(said) AS disputed,
    COUNT(value) AS points,
    MAX(value) AS highest,
    MIN(value) AS lowest,
    MAX(rank) FILTER (WHERE place < next_place) % {primary_first} AS answer
  FROM said_then
  GROUP BY figure_id, start, place
)
SELECT
  shown.subject_code,
  code_of(shown.figure_id) AS figure_code,
  answer.position,
  shown.since,
  shown.finish AS until,
  shown.published_until AS shown_from,
  shown.next_shown AS shown_until,
  shown.next_since AS replaced,
  CAST(answer.revision AS INTEGER) AS revision,
  CAST(publishers AS INTEGER) AS publishers,
  disputed,
  CASE WHEN points > 1 THEN TRY(highest - lowest) END AS spread,
  CASE WHEN points > 1 AND TRY(highest - lowest) IS NULL THEN distance(highest, lowest) END AS long_spread
FROM answers
JOIN series AS shown
  USING (figure_id, start, place)
JOIN series AS answer
  ON answer.figure_id = answers.figure_id
  AND answer.start = answers.start
  AND answer.place = answers.answer
WHERE shown.published_until < shown.next_shown
  OR shown.since < shown.next_since
ORDER BY shown.subject_code, figure_code, shown_from, shown.since
