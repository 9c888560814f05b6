-- One row is a label under which an entity is found: its slug, a name that it has or had, an alias, an identifier.
SELECT
  viewpoint,
  entity,
  entity AS label
FROM entities
WHERE type = 'EntityRegistered'
UNION
SELECT
  viewpoint,
  entity,
  name AS label
FROM entities
WHERE type IN ('EntityRegistered', 'EntityRenamed')
UNION
SELECT
  viewpoint,
  entity,
  alias AS label
FROM entities
WHERE type = 'EntityAliasAdded'
UNION
SELECT
  viewpoint,
  entity,
  UNNEST(aliases) AS label
FROM entities
WHERE type = 'EntityRegistered'
UNION
SELECT
  viewpoint,
  entity,
  UNNEST(JSON_EXTRACT_STRING(identifiers, '$.*')) AS label
FROM entities
WHERE type = 'EntityRegistered'
