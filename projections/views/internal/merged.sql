-- One row is one slug in a group of slugs that were merged, and the slug that is kept.
SELECT
  slugs.viewpoint,
  slugs.slug,
  slug_groups.kept
FROM held_slugs AS slugs
JOIN held_slug_groups AS slug_groups
  ON slug_groups.viewpoint = slugs.viewpoint
  AND slug_groups.number = slugs.number
