-- What slugs resolve to, in some buckets by a hash of the slug: to find a slug in one MAP takes a look at all of its keys.
SELECT
  LIST(entries ORDER BY bucket)
FROM RANGE({count}) AS buckets (bucket)
LEFT JOIN (
  SELECT
    CAST(HASH(slug) % {count} AS BIGINT) AS bucket,
    MAP_FROM_ENTRIES(LIST(ROW(slug, kept))) AS entries
  FROM aliases_set
  GROUP BY ALL
)
  USING (bucket)
