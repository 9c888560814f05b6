-- One row is one entity under its kept slug: its kind, the name that it has, and all that it was called by then, it and the
-- slugs merged into it, each word after a space. A name that its publisher took back is none.
WITH labelled AS (
  SELECT
    entities.viewpoint,
    COALESCE(merged_items.kept, entities.entity) AS entity,
    entities.entity AS slug,
    entities.type = 'EntityRenamed' AS renamed,
    CASE WHEN entities.type = 'EntityRegistered' THEN entities.kind END AS kind,
    entities.name,
    CASE WHEN entities.begun THEN ROW(entities.starts, entities.published_until, entities.position) END AS turn,
    CONCAT_WS(' ', entities.entity, entities.name, entities.alias, ARRAY_TO_STRING(entities.aliases, ' ')) AS labels
  FROM entities
  ANTI JOIN (SELECT viewpoint, withdraws AS event_id FROM withdrawals) AS taken_back
    ON taken_back.viewpoint = entities.viewpoint
    AND taken_back.event_id = entities.event_id
  LEFT JOIN merged_items
    ON merged_items.viewpoint = entities.viewpoint
    AND merged_items.slug = entities.entity
  WHERE entities.type <> 'EntitiesMerged'
)
SELECT
  viewpoint,
  entity,
  ANY_VALUE(kind) FILTER (WHERE slug = entity) AS kind,
  COALESCE(
    ARG_MAX(name, turn) FILTER (WHERE renamed),
    ANY_VALUE(name) FILTER (WHERE kind IS NOT NULL AND slug = entity)
  ) AS name,
  ' ' || FOLDED(STRING_AGG(labels, ' ' ORDER BY slug)) AS called
FROM labelled
GROUP BY viewpoint, entity
