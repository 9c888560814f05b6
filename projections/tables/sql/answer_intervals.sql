-- One row is an answer interval: the viewpoints from which one statement is what its publisher says of a figure. It is so
-- at the moment `as_of` and the position `held` where
--
--   shown_from <= as_of AND as_of < shown_until AND since <= held AND held < until
--   AND NOT (shortened_to <= as_of AND shortened_at <= held)
--
-- so that one row is enough for a statement until the second one that comes between it and the next. Where `tied`, the
-- publisher may have said something else at the same time. What is said is beside it in short: a number for all of it
-- (`said`), and its value.

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
  value DECIMAL(38, 18)
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
  LEAD(since) OVER series AS since_next
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

-- name: made
-- In all other series each saying is shown without end until the next one comes in, and until that one's time from then on.
SELECT
  subject_code,
  figure_id,
  position,
  shown_from,
  TIMESTAMP 'infinity' AS shown_until,
  since,
  CASE WHEN shown_next = shown_from THEN since_next ELSE {forever} END AS until,
  CASE WHEN shown_next > shown_from THEN shown_next ELSE TIMESTAMP 'infinity' END AS shortened_to,
  CASE WHEN shown_next > shown_from THEN since_next ELSE {forever} END AS shortened_at,
  COALESCE(shown_before = shown_from, FALSE) AS tied,
  is_primary,
  said,
  value
FROM sayings
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
  sayings.value
FROM sayings
JOIN swept
  ON swept.position = sayings.position
  AND swept.version = sayings.since
ORDER BY subject_code, figure_id, position, since

-- name: near
-- The sayings of the subjects in `touched` that came or went at position `first` or later, and two neighbours on each
-- side, each with its interval as that stands.
WITH moved AS (
  SELECT DISTINCT
    subject_code,
    figure_id,
    publisher
  FROM log.figures
  SEMI JOIN touched
    ON figures.subject_code = touched.subject_code
    AND (
      figures.since >= touched.first
      OR (
        figures.until >= touched.first
        AND figures.until < {forever}
      )
    )
),
sayings AS (
  SELECT
    figures.subject_code,
    figures.figure_id,
    figures.publisher,
    position,
    published_until AS shown_from,
    since,
    until,
    type = 'FigureWithdrawn' AS withdrawn,
    since >= touched.first AS came,
    CASE WHEN since >= touched.first OR until < {forever} THEN 1 ELSE 0 END AS changed
  FROM log.figures
  SEMI JOIN moved
    ON figures.subject_code = moved.subject_code
    AND figures.figure_id = moved.figure_id
    AND figures.publisher = moved.publisher
  JOIN touched
    ON figures.subject_code = touched.subject_code
    AND figures.until >= touched.first
),
counted AS (
  SELECT
    *,
    SUM(changed) OVER (
      PARTITION BY figure_id, publisher
      ORDER BY shown_from, position, since
      ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING
    ) AS changes
  FROM sayings
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
  made.since AS made_since,
  made.shown_until,
  made.shortened_to,
  made.shortened_at,
  made.tied
FROM counted
LEFT JOIN log.answer_intervals AS made
  ON made.subject_code = counted.subject_code
  AND made.position = counted.position
  AND made.until = {forever}
  AND NOT counted.came
WHERE changes > 0
ORDER BY counted.figure_id, counted.publisher, counted.shown_from, counted.position, counted.since

-- name: change
UPDATE log.answer_intervals AS made
SET until = swept.until, shortened_to = swept.shortened_to, shortened_at = swept.shortened_at
FROM swept_change AS swept
WHERE made.subject_code = swept.subject_code
  AND made.position = swept.position
  AND made.since = swept.since

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
  canonical_value AS value
FROM log.figures
JOIN swept_add AS swept
  ON figures.subject_code = swept.subject_code
  AND figures.position = swept.position
  AND figures.since = swept.version
ORDER BY figures.subject_code, figure_id, figures.position, swept.since
