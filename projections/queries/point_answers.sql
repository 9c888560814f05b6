-- Points are answered: of the figures that a question asks for, what is known at the question's own viewpoint. A *span* is
-- an answer interval of such a figure, or a withdrawal. What holds a point is found by joins on plain columns.

-- name: candidates
-- One row is a figure that questions of one key may be about.
CREATE OR REPLACE TEMP TABLE candidates (key BIGINT, figure_id UUID, publisher VARCHAR)

-- name: by_id
INSERT INTO candidates
SELECT key, figure_id, {publisher} FROM points AS words
WHERE row = key AND words.figure_id IS NOT NULL AND {by_id_alone}

-- name: by_id_and_words
INSERT INTO candidates
SELECT DISTINCT key, figures.figure_id, {publisher}
FROM points AS words
JOIN log.figures AS figures
  ON figures.figure_id = words.figure_id
WHERE row = key AND NOT ({by_id_alone}) AND {fits}

-- name: by_words
INSERT INTO candidates
SELECT DISTINCT key, figures.figure_id, {publisher}
FROM points AS words
JOIN log.figures AS figures
  ON figures.subject_code = code_of(words.subject)
  AND figures.metric = words.metric
  {of_period}
WHERE row = key AND {alone} AND {fits}

-- name: of_period
AND figures.period_start = words.period_start
  AND figures.period_end = words.period_end

-- name: spans
-- One row is where, on both clocks, something is said of a figure that a key asks for; or that it was taken back: then it
-- has no rank. `figure_code` is a number for the figure.
SELECT
  candidates.key,
  HASH(answer_intervals.figure_id) AS figure_code,
  answer_intervals.position,
  rank_of(is_primary, shown_from, answer_intervals.position) AS rank,
  shown_from,
  shown_until,
  answer_intervals.since,
  answer_intervals.until,
  shortened_to,
  shortened_at,
  tally
FROM {candidates} AS candidates
JOIN log.answer_intervals AS answer_intervals
  USING (figure_id)
WHERE candidates.publisher IS NULL
{of_publishers}
UNION ALL
SELECT
  candidates.key,
  NULL,
  figures.position,
  NULL,
  visible_from,
  TIMESTAMP 'infinity',
  since,
  until,
  TIMESTAMP 'infinity',
  {forever},
  NULL
FROM {candidates} AS candidates
JOIN log.figures AS figures
  USING (figure_id)
WHERE figures.type = 'FigureWithdrawn'
  AND (candidates.publisher IS NULL OR candidates.publisher = figures.publisher)

-- name: of_publishers
UNION ALL
SELECT
  asked.* EXCLUDE (publisher)
FROM (
  SELECT
    candidates.key,
    candidates.publisher,
    HASH(answer_intervals.figure_id) AS figure_code,
    answer_intervals.position,
    rank_of(is_primary, shown_from, answer_intervals.position) AS rank,
    shown_from,
    shown_until,
    answer_intervals.since,
    answer_intervals.until,
    shortened_to,
    shortened_at,
    tally
  FROM {candidates} AS candidates
  JOIN log.answer_intervals AS answer_intervals
    USING (figure_id)
  WHERE candidates.publisher IS NOT NULL
) AS asked
ASOF JOIN (
  SELECT position, since, publisher FROM log.figures
  WHERE figure_id IN (SELECT figure_id FROM {candidates} AS candidates WHERE publisher IS NOT NULL)
) AS said
  ON said.position = asked.position
  AND said.since <= asked.since
WHERE said.publisher = asked.publisher

-- name: alike
-- Where the ledger never preferred anybody, it is the same who says so.
SELECT *, CAST(NULL AS VARCHAR) AS scope, CAST(NULL AS VARCHAR) AS publisher FROM ({spans})

-- name: by_preference
-- The spans with who says so, and for which preferences: those of the metric, or of everything.
SELECT spans.*, said.scope, said.publisher
FROM ({spans}) AS spans
ASOF LEFT JOIN (
  SELECT position, since, publisher, CASE WHEN metric IN ({own}) THEN metric ELSE '' END AS scope
  FROM log.figures
  WHERE figure_id IN (SELECT figure_id FROM {candidates})
) AS said
  ON said.position = spans.position
  AND said.since <= spans.since

-- name: preferred
-- How a publisher ranks by the ledger's preference, from which position on.
CREATE OR REPLACE TEMP TABLE preferred_since AS
SELECT * FROM lent

-- name: preferred_then
ASOF LEFT JOIN preferred_since
  ON preferred_since.scope = {spans}.scope
  AND preferred_since.publisher = {spans}.publisher
  AND preferred_since.since <= {points}.held_at

-- name: crowded
-- The keys of very many questions that have very many spans too: to compare each with each would be their product.
CREATE OR REPLACE TEMP TABLE crowded_candidates AS
SELECT * FROM candidates
WHERE key IN (SELECT key FROM points GROUP BY key HAVING COUNT(*) > {few})

-- name: crowded_spans
CREATE OR REPLACE TEMP TABLE crowded_spans AS
SELECT * FROM ({spans})
QUALIFY COUNT(*) OVER (PARTITION BY key) > {few}

-- name: found
-- One row is a question of which something is known: which event answers it, unless what was said is taken back, and how
-- often its publisher had said something by then, where that is known.
CREATE OR REPLACE TEMP TABLE found AS
SELECT
  points.row,
  ARG_MAX(answer_intervals.position, {rank}) AS event,
  MIN(figure_code) <> MAX(figure_code) AS several,
  ARG_MAX_NULL(tally, {rank}) AS tally
FROM points
JOIN ({spans}) AS answer_intervals
  ON answer_intervals.key = points.key
{preferred_then}
WHERE {shown}
  AND {uncrowded}
GROUP BY points.row

-- name: answers
-- One row is a question that has one answer, with what was said as the ledger held it then.
CREATE OR REPLACE TEMP TABLE answers AS
SELECT
  points.row,
  points.held_at,
  points.as_of,
  figures.figure_id,
  figures.publisher,
  figures.position,
  figures.since,
  figures.event_id,
  figures.value,
  figures.low,
  figures.high,
  figures.symbol,
  figures.unit,
  figures.canonical_value,
  figures.canonical_unit,
  figures.status,
  figures.published_at,
  found.tally
FROM found
JOIN points
  USING (row)
ASOF JOIN (
  SELECT * FROM log.figures
  WHERE position IN (SELECT event FROM found)
) AS figures
  ON figures.position = found.event
  AND figures.since <= points.held_at
WHERE NOT found.several

-- name: series
-- The series of answers of which it is not known how often their publishers had said something.
CREATE OR REPLACE TEMP TABLE series AS
SELECT MIN(row) AS series, COUNT(*) AS questions, figure_id, publisher
FROM answers
WHERE tally IS NULL
GROUP BY figure_id, publisher

-- name: statements
-- One row is a version of a statement of a series that answers, and whether it says something else than the one before it.
CREATE OR REPLACE TEMP TABLE statements AS
SELECT
  *,
  SUM(CASE WHEN told IS NULL OR told IS DISTINCT FROM told_before THEN 1 ELSE 0 END) OVER in_order AS revisions,
  BOOL_OR(COALESCE(since <= since_before, FALSE) OR until < {forever}) OVER (PARTITION BY series) AS moved
FROM (
  SELECT
    *,
    LAG(told, 1, told) OVER in_order AS told_before,
    LAG(since) OVER in_order AS since_before
  FROM (
    SELECT
      series,
      questions,
      position,
      since,
      until,
      published_until,
      CASE
        WHEN type <> 'FigureWithdrawn' THEN all_said(canonical_value, canonical_low, canonical_high, symbol)
      END AS told
    FROM log.figures AS figures
    JOIN series
      USING (figure_id, publisher)
  )
  WINDOW in_order AS (PARTITION BY series ORDER BY published_until, position, since)
)
WINDOW in_order AS (PARTITION BY series ORDER BY published_until, position, since)

-- name: many_moved
-- The series of very many statements that did not come in turn, of which there are very many questions.
CREATE OR REPLACE TEMP TABLE many_moved AS
SELECT series FROM statements
WHERE moved AND questions > {few}
GROUP BY series
HAVING COUNT(*) > {few}

-- name: tallies
-- How often what a publisher says was revised, by question: where all came in turn, it is known of each statement; where
-- not, the statements that a question sees are put in order.
CREATE OR REPLACE TEMP TABLE tallies AS
SELECT row, CAST(tally % 4294967296 AS INTEGER) AS revisions
FROM answers
WHERE tally IS NOT NULL
UNION ALL
SELECT answers.row, CAST(statements.revisions AS INTEGER) AS revisions
FROM answers
JOIN statements
  ON statements.position = answers.position
  AND statements.since = answers.since
WHERE NOT statements.moved
  AND answers.tally IS NULL
UNION ALL
SELECT row, CAST(COUNT(*) FILTER (WHERE told IS NULL OR told IS DISTINCT FROM told_before) AS INTEGER)
FROM (
  SELECT answers.row, told, LAG(told, 1, told) OVER in_order AS told_before
  FROM answers
  JOIN series
    USING (figure_id, publisher)
  JOIN statements
    ON statements.series = series.series
    AND statements.published_until <= answers.as_of
    AND statements.since <= answers.held_at
    AND statements.until > answers.held_at
  WHERE statements.moved
    AND answers.tally IS NULL
    AND series.series NOT IN (SELECT series FROM many_moved)
  WINDOW in_order AS (PARTITION BY answers.row ORDER BY statements.published_until, statements.position)
)
GROUP BY row

-- name: many_sayings
-- One row is a version of a statement of such a series; `place` is its place among all that there ever were.
SELECT
  series,
  ROW_NUMBER() OVER (PARTITION BY series ORDER BY published_until, position, since),
  since,
  until,
  told
FROM statements
WHERE series IN (SELECT series FROM many_moved)
ORDER BY series

-- name: many_asked
SELECT series.series, answers.row, answers.held_at, placed.place
FROM answers
JOIN series
  USING (figure_id, publisher)
JOIN (
  SELECT
    series,
    position,
    since,
    ROW_NUMBER() OVER (PARTITION BY series ORDER BY published_until, position, since) AS place
  FROM statements
  WHERE series IN (SELECT series FROM many_moved)
) AS placed
  ON placed.series = series.series
  AND placed.position = answers.position
  AND placed.since = answers.since
ORDER BY series.series

-- name: answered
-- One row is a question, in the order in which they were asked.
SELECT
  answers.figure_id IS NOT NULL AS found,
  CASE
    WHEN found.several THEN 'several_figures'
    WHEN answers.figure_id IS NOT NULL THEN NULL
    WHEN found.row IS NOT NULL THEN 'withdrawn'
    ELSE 'nothing_known'
  END AS reason,
  CAST(answers.figure_id AS VARCHAR) AS figure_id,
  answers.value,
  answers.low,
  answers.high,
  answers.symbol,
  answers.unit,
  answers.canonical_value,
  answers.canonical_unit,
  answers.publisher,
  answers.status,
  tallies.revisions,
  CAST(answers.event_id AS VARCHAR) AS event_id,
  answers.published_at
FROM points
LEFT JOIN found
  USING (row)
LEFT JOIN answers
  USING (row)
LEFT JOIN tallies
  USING (row)
ORDER BY points.row
