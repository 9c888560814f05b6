-- One row is something to ask for among the figures: a publisher, a metric, a material or a subject, of which anything is
-- published; with how much there is of it, in which units, and over which spans of periods and of publication.
-- Each row of the ground counts once for each kind that is asked for.
WITH kinds (kind) AS (
  VALUES ('publisher'), ('metric'), ('material'), ('subject')
),
-- Where a statement stands in the order of publication, and there in that of the log, as one number: groups of a million
-- rows find their first and last by it in a fraction of the time that pairs take. No log reaches position 2^40.
placed AS (
  SELECT
    *,
    CAST(EPOCH_US(published_until) AS HUGEINT) * 1099511627776 + position AS place
  FROM figures
),
said AS (
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
    MIN(place) AS first_place,
    MAX(place) AS last_place,
    ARG_MIN(published_at, place) AS first_published_at,
    ARG_MAX(published_at, place) AS latest_published_at
  FROM placed
  GROUP BY viewpoint, publisher, subject, metric, material, nature, canonical_unit, dimensions
),
described AS (
  SELECT
    viewpoint,
    kind,
    name,
    CAST(SUM(statements) AS BIGINT) AS statements,
    COUNT(DISTINCT publisher) AS publishers,
    COUNT(DISTINCT subject) AS subjects,
    LIST(DISTINCT metric ORDER BY metric) AS metrics,
    LIST(DISTINCT material ORDER BY material) FILTER (WHERE material IS NOT NULL) AS materials,
    LIST(DISTINCT nature ORDER BY nature) AS natures,
    LIST(DISTINCT canonical_unit ORDER BY canonical_unit) AS units,
    LIST(DISTINCT dimensions) FILTER (WHERE dimensions IS NOT NULL) AS dimensions,
    MIN(period_start) AS period_start,
    MAX(period_end) AS period_end,
    ARG_MIN(first_published_at, first_place) AS first_published_at,
    ARG_MAX(latest_published_at, last_place) AS latest_published_at
  FROM (
    SELECT
      *,
      CASE kind
        WHEN 'publisher' THEN publisher
        WHEN 'metric' THEN metric
        WHEN 'material' THEN material
        ELSE subject
      END AS name
    FROM said
    CROSS JOIN kinds
  )
  GROUP BY viewpoint, kind, name
),
-- One row is what one publisher says of one figure.
shown AS (
  SELECT
    figures.viewpoint,
    figures.figure_id,
    publisher,
    metric,
    material,
    subject
  FROM answer_intervals
  JOIN figures
    ON figures.viewpoint = answer_intervals.viewpoint
    AND figures.subject_code = answer_intervals.subject_code
    AND figures.position = answer_intervals.position
),
-- How many figures have an answer: of a publisher, those of which it says something.
answered AS (
  SELECT
    viewpoint,
    kind,
    name,
    COUNT(*) AS figures
  FROM (
    SELECT
      viewpoint,
      'publisher' AS kind,
      publisher AS name
    FROM shown
    UNION ALL
    SELECT
      viewpoint,
      kind,
      CASE kind
        WHEN 'metric' THEN metric
        WHEN 'material' THEN material
        ELSE subject
      END AS name
    FROM (
      SELECT
        viewpoint,
        figure_id,
        ANY_VALUE(metric) AS metric,
        ANY_VALUE(material) AS material,
        ANY_VALUE(subject) AS subject
      FROM shown
      GROUP BY viewpoint, figure_id
    )
    CROSS JOIN kinds
    WHERE kind <> 'publisher'
  )
  GROUP BY viewpoint, kind, name
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
