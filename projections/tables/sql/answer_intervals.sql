-- One row is an answer interval: the viewpoints from which one statement is what its publisher says of a figure. It is so
-- at the moment `as_of` and the position `held` where
--
--   shown_from <= as_of AND as_of < shown_until AND since <= held AND held < until
--   AND NOT (shortened_to <= as_of AND shortened_at <= held)
--
-- so that one row is enough for a statement until the second one that comes between it and the next. Where `tied`, the
-- publisher may have said something else at the same time. What is said is beside it in short: a number for all of it
-- (`said`), and its value.
--
-- `tally` is how often its publisher had said something of the figure by then (`statements`), and how often that changed
-- what it had said (`revisions`), in one number: 4294967296 * statements + revisions. It is known where the statements of
-- a series came in turn, each published after the ones before it and none ever taken out, for then a statement that is
-- the last always has the same ones before it. In a series that *moved* it is null, and is counted when it is asked for.

-- name: table
CREATE TABLE log.answer_intervals (
  subject_code INTEGER NOT NULL,
  figure_id UUID NOT NULL,
  position BIGINT NOT NULL,
  shown_from TIMESTAMP NOT NULL,
  shown_until TIMESTAMP NOT NULL,
  since BIGINT NOT NULL,
  until BIGINT NOT NULL,
  shortened_to TIMESTAMP NOT NULL,
  shortened_at BIGINT NOT NULL,
  tied BOOLEAN NOT NULL,
  is_primary BOOLEAN NOT NULL,
  said UBIGINT NOT NULL,
  value DECIMAL(38, 18),
  tally BIGINT
)

-- name: sayings
-- The sayings of some figures, each with those before and after it in its series, as they follow each other now.
CREATE OR REPLACE TEMP TABLE sayings AS
SELECT
  subject_code,
  figure_id,
  publisher,
  position,
  published_until AS shown_from,
  since,
  until,
  type = 'FigureWithdrawn' AS withdrawn,
  source_kind = 'primary' AS is_primary,
  all_said(canonical_value, canonical_low, canonical_high, symbol) AS said,
  canonical_value AS value,
  LAG(published_until) OVER series AS shown_before,
  LAG(since) OVER series AS since_before,
  LEAD(published_until) OVER series AS shown_next,
  LEAD(since) OVER series AS since_next,
  ROW_NUMBER() OVER series AS number,
  CASE
    WHEN withdrawn THEN 1
    WHEN shown_before IS NULL THEN 0
    ELSE CAST(LAG(CASE WHEN type <> 'FigureWithdrawn' THEN said END) OVER series IS DISTINCT FROM said AS INTEGER)
  END AS changes
FROM {versions}
WINDOW series AS (PARTITION BY figure_id, publisher ORDER BY published_until, position, since)

-- name: moved
-- The series of which something came late, or went, so that their sayings did not always follow each other as they do now.
CREATE OR REPLACE TEMP TABLE moved AS
SELECT DISTINCT
  figure_id,
  publisher
FROM sayings
WHERE since <= since_before
  OR until < {forever}

-- name: of_moved
SELECT
  sayings.subject_code,
  figure_id,
  publisher,
  position,
  shown_from,
  since,
  until,
  withdrawn
FROM sayings
SEMI JOIN moved
  USING (figure_id, publisher)
ORDER BY figure_id, publisher, shown_from, position, since

-- name: in_turn
-- Where all sayings came in turn, each is shown without end until the next one comes in, and until that one's time from
-- then on.
  TIMESTAMP 'infinity' AS shown_until,
  since,
  CASE WHEN shown_next = shown_from THEN since_next ELSE {forever} END AS until,
  CASE WHEN shown_next > shown_from THEN shown_next ELSE TIMESTAMP 'infinity' END AS shortened_to,
  CASE WHEN shown_next > shown_from THEN since_next ELSE {forever} END AS shortened_at,
  COALESCE(shown_before = shown_from, FALSE) AS tied

-- name: made
SELECT
  subject_code,
  figure_id,
  position,
  shown_from,
  {in_turn},
  is_primary,
  said,
  value,
  4294967296 * number + revisions AS tally
FROM (
  SELECT
    *,
    changes AS revisions
  FROM sayings
  WHERE number = 1
    AND since_next IS NULL
  UNION ALL
  SELECT
    *,
    CAST(
      SUM(changes) OVER (PARTITION BY figure_id, publisher ORDER BY number ROWS UNBOUNDED PRECEDING) AS BIGINT
    ) AS revisions
  FROM sayings
  WHERE number > 1
    OR since_next IS NOT NULL
)
ANTI JOIN moved
  USING (figure_id, publisher)
WHERE NOT withdrawn
UNION ALL
SELECT
  sayings.subject_code,
  sayings.figure_id,
  sayings.position,
  sayings.shown_from,
  swept.shown_until,
  swept.since,
  swept.until,
  swept.shortened_to,
  swept.shortened_at,
  swept.tied,
  sayings.is_primary,
  sayings.said,
  sayings.value,
  NULL AS tally
FROM sayings
JOIN swept
  ON swept.position = sayings.position
  AND swept.version = sayings.since
ORDER BY subject_code, figure_id, position, since

-- name: near
-- The sayings of the series in `touched` that came or went at position `first` or later, and two neighbours on each side,
-- each with its interval as that stands. Every join has an equality of plain columns for each row: with a condition on one
-- side alone beside it, or with an OR, DuckDB compares each row with each.
--
-- A series in which something went before `first` has moved; of what was there before, what is held is enough to tell
-- whether anything came late.
WITH series AS (
  SELECT DISTINCT
    subject_code,
    CAST(figure_id AS UUID) AS figure_id,
    publisher,
    first
  FROM touched
),
versions AS MATERIALIZED (
  SELECT
    figures.subject_code,
    figures.figure_id,
    figures.publisher,
    series.first,
    position,
    published_until AS shown_from,
    since,
    until,
    type = 'FigureWithdrawn' AS withdrawn,
    CASE
      WHEN type <> 'FigureWithdrawn' THEN all_said(canonical_value, canonical_low, canonical_high, symbol)
    END AS told
  FROM log.figures
  JOIN series
    ON figures.subject_code = series.subject_code
    AND figures.figure_id = series.figure_id
    AND figures.publisher = series.publisher
),
sayings AS (
  SELECT
    *,
    CASE WHEN since < first THEN position END AS stood,
    CASE WHEN since >= first OR until < {forever} THEN 1 ELSE 0 END AS changed,
    ROW_NUMBER() OVER series AS number,
    CASE WHEN withdrawn OR told IS DISTINCT FROM LAG(told, 1, told) OVER series THEN 1 ELSE 0 END AS changes,
    CASE WHEN since <= LAG(since) OVER series THEN 1 ELSE 0 END AS late
  FROM versions
  WHERE until >= first
  WINDOW series AS (PARTITION BY figure_id, publisher ORDER BY shown_from, position, since)
),
moved AS (
  SELECT
    figure_id,
    publisher,
    MAX(went) AS moved
  FROM (
    SELECT figure_id, publisher, CASE WHEN until < {forever} THEN 1 ELSE 0 END AS went FROM versions
    UNION ALL
    SELECT figure_id, publisher, late FROM sayings
  )
  GROUP BY figure_id, publisher
),
counted AS (
  SELECT
    *,
    SUM(changes) OVER (
      PARTITION BY figure_id, publisher
      ORDER BY shown_from, position, since
      ROWS UNBOUNDED PRECEDING
    ) AS revisions,
    SUM(changed) OVER (
      PARTITION BY figure_id, publisher
      ORDER BY shown_from, position, since
      ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING
    ) AS changed_near
  FROM sayings
),
standing AS (
  SELECT *
  FROM log.answer_intervals
  SEMI JOIN series
    USING (subject_code, figure_id)
  WHERE until = {forever}
)
SELECT
  counted.subject_code,
  counted.figure_id,
  counted.publisher,
  counted.position,
  counted.shown_from,
  counted.since,
  counted.until,
  counted.withdrawn,
  standing.since AS made_since,
  standing.shown_until,
  standing.shortened_to,
  standing.shortened_at,
  standing.tied,
  CASE WHEN moved.moved = 0 THEN CAST(4294967296 * number + revisions AS BIGINT) END AS tally
FROM counted
JOIN moved
  ON moved.figure_id = counted.figure_id
  AND moved.publisher = counted.publisher
LEFT JOIN standing
  ON standing.figure_id = counted.figure_id
  AND standing.position = counted.stood
WHERE changed_near > 0
ORDER BY counted.figure_id, counted.publisher, counted.shown_from, counted.position, counted.since

-- name: near_in_turn
-- What sayings in `near` made at position `first` or later, or changed, in series that have tallies: there all came in turn.
SELECT
  subject_code,
  position,
  since AS version,
  {in_turn},
  tally
FROM (
  SELECT
    *,
    LAG(shown_from) OVER series AS shown_before,
    LEAD(shown_from) OVER series AS shown_next,
    LEAD(since) OVER series AS since_next
  FROM near
  WHERE tally IS NOT NULL
  WINDOW series AS (PARTITION BY figure_id, publisher ORDER BY shown_from, position, since)
)
WHERE NOT withdrawn
  AND (since >= $first OR since_next >= $first)

-- name: change
UPDATE log.answer_intervals AS made
SET until = swept.until, shortened_to = swept.shortened_to, shortened_at = swept.shortened_at
FROM swept_change AS swept
WHERE made.subject_code = swept.subject_code
  AND made.position = swept.position
  AND made.since = swept.since

-- name: moved_versions
-- The versions of the series in `moved_series`. They are found first, and then what they made (`forget`): in one statement
-- DuckDB takes the whole table of intervals for the smaller side.
SELECT
  figures.subject_code,
  figures.position,
  figures.since,
  figures.until
FROM log.figures
JOIN moved_series AS series
  ON figures.subject_code = series.subject_code
  AND figures.figure_id = CAST(series.figure_id AS UUID)
  AND figures.publisher = series.publisher

-- name: forget
-- What the versions in `moved_versions` made has no tallies any more. A statement that was corrected may be of another
-- series since: an interval is of the version that was held when it began.
UPDATE log.answer_intervals AS made
SET tally = NULL
FROM moved_versions AS moved
WHERE made.subject_code = moved.subject_code
  AND made.position = moved.position
  AND made.since >= moved.since
  AND made.since < moved.until
  AND made.tally IS NOT NULL

-- name: add
INSERT INTO log.answer_intervals
SELECT
  figures.subject_code,
  figure_id,
  figures.position,
  published_until AS shown_from,
  swept.shown_until,
  swept.since,
  swept.until,
  swept.shortened_to,
  swept.shortened_at,
  swept.tied,
  source_kind = 'primary' AS is_primary,
  all_said(canonical_value, canonical_low, canonical_high, symbol) AS said,
  canonical_value AS value,
  swept.tally
FROM log.figures
JOIN swept_add AS swept
  ON figures.subject_code = swept.subject_code
  AND figures.position = swept.position
  AND figures.since = swept.version
ORDER BY figures.subject_code, figure_id, figures.position, swept.since
