-- What a check of many figures reads, each in one statement.

-- name: labels
-- One row is a label of an entity that it has or had at the viewpoint; or, as `iso_3166:CN`, its code.
SELECT DISTINCT entities.entity, registered.kind, label
FROM (
  SELECT entity, UNNEST(LIST_CONCAT([entity, name, alias], COALESCE(aliases, []))) AS label
  FROM log.entities
  WHERE since <= $position AND until > $position
    AND visible_from <= CAST($as_of AS TIMESTAMP)
    AND type IN ('EntityRegistered', 'EntityRenamed', 'EntityAliasAdded')
  UNION ALL
  SELECT entity, CONCAT('iso_3166:', identifiers ->> '$.iso_3166')
  FROM log.entities
  WHERE since <= $position AND until > $position AND type = 'EntityRegistered'
    AND (identifiers ->> '$.iso_3166') IS NOT NULL
) AS entities
JOIN (
  SELECT entity, kind FROM log.entities
  WHERE since <= $position AND until > $position AND type = 'EntityRegistered'
) AS registered
  USING (entity)
WHERE label IS NOT NULL
ORDER BY 1, 3

-- name: figures
-- One row is a figure of some subjects, whether anything of it stands, and who said so. Where nothing stands it was
-- not published yet, or the ledger holds no longer what it held.
SELECT
  CAST(figure_id AS VARCHAR),
  subject,
  metric,
  material,
  CAST(dimensions AS VARCHAR),
  nature,
  canonical_unit,
  period_start,
  period_end,
  COALESCE(LIST(DISTINCT publisher) FILTER (stands), LIST(DISTINCT publisher)),
  BOOL_OR(stands)
FROM (
  SELECT *, until > $position AND visible_from <= CAST($as_of AS TIMESTAMP) AS stands
  FROM log.figures
)
WHERE subject_code IN (SELECT code_of(UNNEST(CAST($subjects AS VARCHAR[]))))
  AND LIST_CONTAINS(CAST($subjects AS VARCHAR[]), subject)
  AND since <= $position
GROUP BY ALL
ORDER BY 1

-- name: sayings
-- One row is a version of a statement on some figures, also one that the ledger holds no longer.
SELECT
  CAST(figure_id AS VARCHAR),
  metric,
  CAST(event_id AS VARCHAR),
  publisher,
  source_kind = 'primary',
  type = 'FigureWithdrawn',
  period,
  value,
  low,
  high,
  symbol,
  unit,
  canonical_value,
  canonical_low,
  canonical_high,
  canonical_unit,
  published_at,
  visible_from,
  published_until,
  position,
  since,
  until
FROM log.figures
WHERE subject_code IN (SELECT code_of(UNNEST(CAST($subjects AS VARCHAR[]))))
  AND LIST_CONTAINS(CAST($figures AS UUID[]), figure_id)
  AND since <= $position
ORDER BY published_until, position, since

-- name: acts
-- One row is a ledger event that was recorded at one of some positions.
SELECT position, CAST(event_id AS VARCHAR), type, recorded_at
FROM log.keeping
WHERE since = position AND position IN (SELECT UNNEST(CAST($places AS BIGINT[])))
