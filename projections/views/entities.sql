-- One row is one entity under its kept slug, with the names of every slug merged into it. A name that its publisher took
-- back is none.
WITH members AS (
  SELECT
    entities.* REPLACE (COALESCE(entity_slugs.kept, entities.entity) AS entity),
    entities.entity AS slug,
    NULLIF(COALESCE(parent_slugs.kept, entities.parent), COALESCE(entity_slugs.kept, entities.entity)) AS kept_parent
  FROM entities
  ANTI JOIN (SELECT viewpoint, withdraws AS event_id FROM withdrawals) AS taken_back
    ON taken_back.viewpoint = entities.viewpoint
    AND taken_back.event_id = entities.event_id
  LEFT JOIN merged_items AS entity_slugs
    ON entity_slugs.viewpoint = entities.viewpoint
    AND entity_slugs.slug = entities.entity
  LEFT JOIN merged_items AS parent_slugs
    ON parent_slugs.viewpoint = entities.viewpoint
    AND parent_slugs.slug = entities.parent
  WHERE entities.type <> 'EntitiesMerged'
),
own AS (
  SELECT
    *
  FROM members
  WHERE type = 'EntityRegistered'
    AND slug = entity
),
-- The name it was registered under, then those that it took.
names AS (
  SELECT
    viewpoint,
    entity,
    name,
    ROW(0, starts, published_until, position) AS turn
  FROM own
  UNION ALL
  SELECT
    viewpoint,
    entity,
    name,
    ROW(1, starts, published_until, position) AS turn
  FROM members
  WHERE type = 'EntityRenamed'
    AND begun
),
named AS (
  SELECT
    viewpoint,
    entity,
    ARG_MAX(name, turn) AS name,
    LIST(name ORDER BY turn) AS names
  FROM names
  GROUP BY viewpoint, entity
),
other_names AS (
  SELECT
    viewpoint,
    entity,
    alias AS name
  FROM members
  WHERE type = 'EntityAliasAdded'
  UNION
  SELECT
    viewpoint,
    entity,
    UNNEST(aliases) AS name
  FROM members
  WHERE type = 'EntityRegistered'
  UNION
  SELECT
    members.viewpoint,
    members.entity,
    members.name
  FROM members
  JOIN named
    ON named.viewpoint = members.viewpoint
    AND named.entity = members.entity
    AND NOT LIST_CONTAINS(named.names, members.name)
  WHERE members.type = 'EntityRegistered'
),
aliased AS (
  SELECT
    viewpoint,
    entity,
    LIST(name ORDER BY name) AS aliases
  FROM other_names
  GROUP BY viewpoint, entity
),
merged AS (
  SELECT
    viewpoint,
    entity,
    LIST(slug ORDER BY slug) AS merged
  FROM members
  WHERE type = 'EntityRegistered'
    AND slug <> entity
  GROUP BY viewpoint, entity
),
schemes AS (
  SELECT
    viewpoint,
    entity,
    slug,
    UNNEST(JSON_KEYS(identifiers)) AS scheme,
    UNNEST(JSON_EXTRACT_STRING(identifiers, '$.*')) AS identifier
  FROM members
  WHERE type = 'EntityRegistered'
),
-- Of each scheme, the entity's own identifier before that of a slug merged into it.
chosen AS (
  SELECT
    viewpoint,
    entity,
    scheme,
    ARG_MIN(identifier, ROW(slug <> entity, slug)) AS identifier
  FROM schemes
  GROUP BY viewpoint, entity, scheme
),
identified AS (
  SELECT
    viewpoint,
    entity,
    TO_JSON(MAP(LIST(scheme ORDER BY scheme), LIST(identifier ORDER BY scheme))) AS identifiers,
    LIST(identifier ORDER BY scheme) AS identified
  FROM chosen
  GROUP BY viewpoint, entity
),
ends AS (
  SELECT
    subject AS entity,
    *
  FROM relationships_items
  WHERE status = 'open'
  UNION
  SELECT
    object AS entity,
    *
  FROM relationships_items
  WHERE status = 'open'
),
related AS (
  SELECT
    viewpoint,
    entity,
    LIST(
      {
        'relationship': relationship,
        'subject': subject,
        'relation': relation,
        'object': object,
        'role': role,
        'share': share,
        'share_low': share_low,
        'share_high': share_high,
        'nature': nature,
        'status': status,
        'foreseen': foreseen,
        'effective_from': effective_from,
        'effective_to': effective_to,
        'event_id': CAST(event_id AS VARCHAR),
        'publisher': publisher,
        'publishers': publishers,
        'disputed': disputed,
        'published_at': published_at,
        'position': position
      }
      ORDER BY subject, relation, object, role NULLS FIRST, starts
    ) AS relationships
  FROM ends
  GROUP BY viewpoint, entity
)
SELECT
  viewpoint,
  entity,
  own.kind,
  named.name,
  once(LIST_FILTER(named.names, lambda known: known <> named.name)) AS former_names,
  COALESCE(aliased.aliases, []) AS aliases,
  COALESCE(CAST(identified.identifiers AS VARCHAR), '{}') AS identifiers,
  own.fiscal_year_end,
  own.fiscal_year_named,
  own.kept_parent AS parent,
  COALESCE(merged.merged, []) AS merged,
  COALESCE(related.relationships, []) AS relationships,
  LOWER(
    ARRAY_TO_STRING(
      LIST_CONCAT([entity], named.names, COALESCE(aliased.aliases, []), COALESCE(merged.merged, []))
      || COALESCE(identified.identified, []),
      CHR(10)
    )
  ) AS searched
FROM own
JOIN named
  USING (viewpoint, entity)
LEFT JOIN aliased
  USING (viewpoint, entity)
LEFT JOIN merged
  USING (viewpoint, entity)
LEFT JOIN identified
  USING (viewpoint, entity)
LEFT JOIN related
  USING (viewpoint, entity)
