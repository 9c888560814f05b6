-- What words find. A thing is found by the words that one of the words of its names begins with: `$words` are folded
-- (lower case, no accents, one space for hyphens and underscores), and so is what they are looked for in.

-- name: named
-- One row is one entity under its kept slug, the name that it has, its kind, and all that it was called by then.
{called}
SELECT
  entity AS slug,
  name AS title,
  kind,
  called
FROM items

-- name: entities
-- One row is one entity, how many of the words it is called by, and how many statements there are on it.
WITH named AS ({named}),
subjects AS (
  SELECT
    subject,
    COUNT(*) AS statements
  FROM log.figures
  WHERE since <= $position
    AND until > $position
    AND visible_from <= $as_of
  GROUP BY subject
)
SELECT
  slug,
  title,
  kind,
  COALESCE(statements, 0) AS statements,
  {found} AS found
FROM named
LEFT JOIN subjects
  ON subjects.subject = named.slug
WHERE found > 0
ORDER BY found DESC, statements DESC, LENGTH(called), slug
LIMIT {most}

-- name: series
-- One row is what is measured of a subject, how many of the words it is called by, how many figures there are, and the
-- figures of a period where one is asked for.
WITH named AS ({named}),
measured AS (
  SELECT
    subject,
    metric,
    material,
    COUNT(DISTINCT figure_id) AS figures,
    LIST(DISTINCT {{'figure_id': CAST(figure_id AS VARCHAR), 'dimensions': dimensions, 'nature': nature}})
      FILTER (WHERE period_start = $start AND period_end = $end) AS of_period
  FROM log.figures
  WHERE since <= $position
    AND until > $position
    AND visible_from <= $as_of
    AND metric IS NOT NULL
  GROUP BY subject, metric, material
),
called AS (
  SELECT
    measured.*,
    COALESCE(subjects.title, subject) AS title,
    COALESCE(materials.title, material) AS of_what,
    CONCAT(subjects.called, ' ', FOLDED(metric), materials.called) AS called
  FROM measured
  LEFT JOIN named AS subjects
    ON subjects.slug = measured.subject
  LEFT JOIN named AS materials
    ON materials.slug = measured.material
)
SELECT
  subject,
  metric,
  material,
  title,
  of_what,
  figures,
  COALESCE(of_period[:{figures_most}], []) AS of_period,
  {found} AS found
FROM called
WHERE found > 0
ORDER BY found DESC, LEN(of_period) > 0 DESC NULLS LAST, figures DESC, subject, metric, material NULLS FIRST
LIMIT {most}

-- name: things
-- One row is one thing of a family by its slug, its title as it was said last, and how many of the words it is called by.
WITH called AS (
  SELECT
    {slug} AS slug,
    ARG_MAX({title}, ROW(published_until, position)) AS title,
    ' ' || FOLDED(CONCAT_WS(' ', {slug}, ARG_MAX({title}, ROW(published_until, position)), {more})) AS called
  FROM log.{family}
  ANTI JOIN (
    SELECT withdraws AS event_id
    FROM log.withdrawals
    WHERE since <= $position
      AND until > $position
      AND visible_from <= $as_of
  ) AS taken_back
    USING (event_id)
  WHERE since <= $position
    AND until > $position
    AND visible_from <= $as_of
    AND {slug} IS NOT NULL
  GROUP BY {slug}
)
SELECT
  slug,
  title,
  {found} AS found
FROM called
WHERE found > 0
ORDER BY found DESC, LENGTH(called), slug
LIMIT {most}
