-- One row is something to ask for among the figures: a publisher, a metric, a material or a subject, of which anything is
-- published; with how much there is of it, in which units, and over which spans of periods and of publication.
WITH said AS (
  SELECT
    viewpoint,
    publisher,
    subject,
    metric,
    material,
    nature,
    canonical_unit,
    dimensions,
    COUNT(*) AS statements,
    MIN(period_start) AS period_start,
    MAX(period_end) AS period_end,
    MIN(ROW(published_until, position, published_at)) AS first_said,
    MAX(ROW(published_until, position, published_at)) AS last_said
  FROM figures
  GROUP BY viewpoint, publisher, subject, metric, material, nature, canonical_unit, dimensions
),
described AS (
  SELECT
    viewpoint,
    CASE
      WHEN GROUPING(publisher) = 0 THEN 'publisher'
      WHEN GROUPING(metric) = 0 THEN 'metric'
      WHEN GROUPING(material) = 0 THEN 'material'
      ELSE 'subject'
    END AS kind,
    COALESCE(publisher, metric, material, subject) AS name,
    CAST(SUM(statements) AS BIGINT) AS statements,
    COUNT(DISTINCT said_by) AS publishers,
    COUNT(DISTINCT about) AS subjects,
    LIST(DISTINCT measured ORDER BY measured) AS metrics,
    LIST(DISTINCT made_of ORDER BY made_of) FILTER (WHERE made_of IS NOT NULL) AS materials,
    LIST(DISTINCT nature ORDER BY nature) AS natures,
    LIST(DISTINCT canonical_unit ORDER BY canonical_unit) AS units,
    LIST(DISTINCT dimensions) FILTER (WHERE dimensions IS NOT NULL) AS dimensions,
    MIN(period_start) AS period_start,
    MAX(period_end) AS period_end,
    MIN(first_said)[3] AS first_published_at,
    MAX(last_said)[3] AS latest_published_at
  FROM (
    SELECT
      *,
      publisher AS said_by,
      subject AS about,
      metric AS measured,
      material AS made_of
    FROM said
  )
  GROUP BY GROUPING SETS (
    (viewpoint, publisher),
    (viewpoint, metric),
    (viewpoint, material),
    (viewpoint, subject)
  )
),
-- How many figures have an answer: of a publisher, those of which it says something.
answered AS (
  SELECT
    viewpoint,
    CASE
      WHEN GROUPING(publisher) = 0 THEN 'publisher'
      WHEN GROUPING(metric) = 0 THEN 'metric'
      WHEN GROUPING(material) = 0 THEN 'material'
      ELSE 'subject'
    END AS kind,
    COALESCE(publisher, metric, material, subject) AS name,
    COUNT(DISTINCT figure_id) AS figures
  FROM (
    SELECT
      figures.viewpoint,
      figures.figure_id,
      figures.publisher,
      figures.metric,
      figures.material,
      figures.subject
    FROM answer_intervals
    JOIN figures
      ON figures.viewpoint = answer_intervals.viewpoint
      AND figures.subject_code = answer_intervals.subject_code
      AND figures.position = answer_intervals.position
  )
  GROUP BY GROUPING SETS (
    (viewpoint, publisher),
    (viewpoint, metric),
    (viewpoint, material),
    (viewpoint, subject)
  )
)
SELECT
  viewpoint,
  described.kind,
  described.name,
  entities_items.name AS title,
  COALESCE(answered.figures, 0) AS figures,
  statements,
  publishers,
  subjects,
  metrics,
  COALESCE(materials, []) AS materials,
  natures,
  units,
  CASE WHEN described.kind = 'metric' THEN unit_family(units[1]) END AS unit_family,
  LIST_SORT(LIST_DISTINCT(FLATTEN(LIST_TRANSFORM(COALESCE(dimensions, []), lambda one: JSON_KEYS(one))))) AS dimensions,
  period_start,
  period_end,
  first_published_at,
  latest_published_at,
  COALESCE(entities_items.searched, LOWER(described.name || CHR(10) || REPLACE(described.name, '_', ' '))) AS searched
FROM described
LEFT JOIN answered
  USING (viewpoint, kind, name)
LEFT JOIN entities_items
  ON entities_items.viewpoint = described.viewpoint
  AND entities_items.entity = described.name
  AND described.kind <> 'metric'
WHERE described.name IS NOT NULL
