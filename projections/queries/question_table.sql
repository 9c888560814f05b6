-- A table of questions becomes *points*: one row is one question, about figures, at a viewpoint of its own. `sent` is the
-- table as it came, all of it text, its rows numbered from 1. `faults` has what is wrong with it.

-- name: faults
CREATE OR REPLACE TEMP TABLE faults (row BIGINT, pointer VARCHAR, rule VARCHAR, detail VARCHAR)

-- name: moments
-- One row is a printed moment, and its last microsecond where it is printed plainly; others are read one by one.
CREATE OR REPLACE TEMP TABLE moments AS
SELECT
  printed,
  CASE WHEN REGEXP_FULL_MATCH(printed, $plainly) THEN TRY(ends_at(printed)) END AS ends,
  CASE WHEN REGEXP_FULL_MATCH(printed, $as_position) THEN CAST(printed[10:] AS BIGINT) END AS held_at
FROM (
  SELECT {column} AS printed FROM sent WHERE {column} IS NOT NULL
  GROUP BY ALL
)

-- name: moments_read
UPDATE moments SET ends = COALESCE(lent.ends, moments.ends), held_at = COALESCE(lent.held_at, moments.held_at)
FROM lent
WHERE lent.printed = moments.printed

-- name: faulty
INSERT INTO faults
SELECT sent.row, '/{column}', '{rule}', lent.detail
FROM sent
JOIN lent
  ON lent.printed = sent.{column}
WHERE lent.detail IS NOT NULL

-- name: lacking
INSERT INTO faults
SELECT row, '/{column}', 'missing', '{detail}'
FROM sent
WHERE {lacks}

-- name: ledger_clock
-- One row is an instant at which something was recorded, with the last position that it was, and the next one after it.
-- What was erased is in no table, so there may be positions between them.
CREATE OR REPLACE TEMP TABLE ledger_clock AS
SELECT
  recorded_at,
  MIN(position) AS first,
  MAX(position) AS last,
  LEAD(MIN(position), 1, $head + 1) OVER (ORDER BY recorded_at) AS following
FROM ({recorded})
GROUP BY recorded_at

-- name: moments_placed
-- The last position that was recorded by a moment; none where only the log can tell.
UPDATE moments SET held_at = placed.held_at
FROM (
  SELECT
    moments.printed,
    CASE
      WHEN last IS NULL THEN CASE WHEN $first = 1 THEN 0 END
      WHEN last >= following - 1 THEN last
    END AS held_at
  FROM moments
  ASOF LEFT JOIN ledger_clock
    ON moments.ends >= ledger_clock.recorded_at
  WHERE moments.ends IS NOT NULL
) AS placed
WHERE placed.printed = moments.printed
  AND placed.held_at IS NOT NULL

-- name: recorded
CREATE OR REPLACE TEMP TABLE recorded AS SELECT * FROM moments

-- name: questions
-- One row is a question, whose viewpoint is two numbers now: `as_of`, and the position `held_at`.
CREATE OR REPLACE TEMP TABLE questions AS
SELECT
  sent.row,
  {columns}
  moments.ends AS as_of,
  {held_at} AS held_at
FROM sent
LEFT JOIN moments
  ON moments.printed = sent.as_of
{recorded}

-- name: questions_recorded
LEFT JOIN recorded
  ON recorded.printed = sent.recorded_as_of

-- name: doubtful
-- One row is a name that no entity has had from the first position of a question on.
CREATE OR REPLACE TEMP TABLE doubtful AS
SELECT name
FROM ({names})
WHERE name NOT IN (
  SELECT entity
  FROM log.entities
  WHERE type = 'EntityRegistered'
    AND until = {forever}
    AND since <= (SELECT MIN(held_at) FROM questions)
)

-- name: unknown
-- One row is a name that is no entity's at a viewpoint of a question.
CREATE OR REPLACE TEMP TABLE unknown AS
SELECT asked.*
FROM (
  SELECT DISTINCT {column} AS name, held_at, as_of
  FROM questions
  WHERE {column} IN (SELECT name FROM doubtful)
) AS asked
ASOF LEFT JOIN (
  SELECT entity, since, until
  FROM log.entities
  WHERE type = 'EntityRegistered'
    AND entity IN (SELECT name FROM doubtful)
) AS registered
  ON registered.entity = asked.name
  AND registered.since <= asked.held_at
WHERE COALESCE(registered.until <= asked.held_at, TRUE)

-- name: labels
-- One row is a label of an entity that somebody may have meant by a name, and the viewpoints at which it is one. A name
-- that is a label of very many means none of them.
CREATE OR REPLACE TEMP TABLE labels AS
WITH entities AS (
  SELECT ROW(since, until, visible_from) AS viewpoint, * FROM log.entities
),
items AS (
{labels}
)
SELECT
  unknown.name,
  items.entity,
  viewpoint[1] AS since,
  viewpoint[2] AS until,
  viewpoint[3] AS visible_from
FROM (SELECT DISTINCT name FROM unknown) AS unknown
JOIN items
  ON folded(items.label) = folded(unknown.name)
QUALIFY COUNT(*) OVER (PARTITION BY unknown.name) <= {labels_max}

-- name: meant
-- One row is a name at a viewpoint, and an entity that is called so there.
CREATE OR REPLACE TEMP TABLE meant AS
SELECT DISTINCT unknown.*, labels.entity AS slug
FROM unknown
JOIN labels
  ON labels.name = unknown.name
  AND labels.since <= unknown.held_at
  AND labels.until > unknown.held_at
  AND labels.visible_from <= unknown.as_of
WHERE {of_kind}

-- name: organisations
EXISTS (
  SELECT *
  FROM log.entities AS registered
  WHERE registered.entity = labels.entity
    AND registered.type = 'EntityRegistered'
    AND registered.kind = 'organisation'
    AND registered.since <= unknown.held_at
    AND registered.until > unknown.held_at
)

-- name: taken
-- A name that means one entity alone is taken for it.
UPDATE questions SET {column} = taken.slug
FROM (
  SELECT name, held_at, as_of, MIN(slug) AS slug
  FROM meant
  GROUP BY ALL
  HAVING MIN(slug) = MAX(slug)
) AS taken
WHERE taken.name = questions.{column}
  AND taken.held_at = questions.held_at
  AND taken.as_of = questions.as_of

-- name: kept
-- A slug becomes the one that it was merged into, at the position of its row.
UPDATE {table} SET {column} = slug_groups.kept
FROM (
  SELECT asked.*, slugs.number, slugs.until
  FROM (
    SELECT DISTINCT {column} AS slug, held_at
    FROM {table}
    WHERE {column} IN (SELECT slug FROM log.slugs)
  ) AS asked
  ASOF JOIN log.slugs AS slugs
    ON slugs.slug = asked.slug
    AND slugs.since <= asked.held_at
) AS joined
ASOF JOIN log.slug_groups AS slug_groups
  ON slug_groups.number = joined.number
  AND slug_groups.since <= joined.held_at
WHERE joined.until > joined.held_at
  AND slug_groups.until > joined.held_at
  AND joined.slug = {table}.{column}
  AND joined.held_at = {table}.held_at

-- name: fiscal
-- The fiscal years of subjects, for periods of these.
UPDATE questions
SET fiscal_year = registered.fiscal_year_end
  || CASE WHEN registered.fiscal_year_named = 'start' THEN ' start' ELSE '' END
FROM (
  SELECT DISTINCT subject, held_at
  FROM questions
  WHERE is_fiscal(period)
) AS asked
ASOF JOIN (
  SELECT entity, since, until, fiscal_year_end, fiscal_year_named
  FROM log.entities
  WHERE type = 'EntityRegistered'
) AS registered
  ON registered.entity = asked.subject
  AND registered.since <= asked.held_at
WHERE registered.until > asked.held_at
  AND asked.subject = questions.subject
  AND asked.held_at = questions.held_at
  AND is_fiscal(questions.period)

-- name: faulty_periods
INSERT INTO faults
SELECT questions.row, '/period', 'period', lent.detail
FROM questions
JOIN lent
  ON lent.period = questions.period
  AND lent.fiscal_year IS NOT DISTINCT FROM questions.fiscal_year
WHERE lent.detail IS NOT NULL

-- name: identified
-- One row is an id as it was asked for, with the slugs in its figure's key, at the position of a question.
CREATE OR REPLACE TEMP TABLE identified AS
SELECT DISTINCT questions.figure_id AS id, questions.held_at, lent.subject, lent.material
FROM questions
JOIN lent
  ON lent.id = questions.figure_id

-- name: identities
UPDATE questions SET figure_id = lent.kept_id
FROM identified
JOIN lent
  ON lent.id = identified.id
  AND lent.subject = identified.subject
  AND lent.material IS NOT DISTINCT FROM identified.material
WHERE identified.id = questions.figure_id
  AND identified.held_at = questions.held_at

-- name: points
-- One row is a question. Those that ask for the same figures have the same `key`: the row of the first of them.
CREATE OR REPLACE TEMP TABLE points AS
SELECT *, MIN(row) OVER (PARTITION BY {words}) AS key
FROM (
  SELECT questions.* {replacing}
  FROM questions
  {of_periods}
)

-- name: of_periods
LEFT JOIN lent
  ON lent.period = questions.period
  AND lent.fiscal_year IS NOT DISTINCT FROM questions.fiscal_year
