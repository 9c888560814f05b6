-- One row is one content version of one event of a family: what the ledger held it to say from position `since` until
-- position `until`. Slugs are resolved through the merges in force at `since`.
SELECT
  batch.position,
  batch.since,
  batch.until,
  batch.type,
  batch.event_id,
  batch.recorded_at,
  batch.recorded_by,
  COALESCE(said.published_at, instant_text(batch.recorded_at)) AS published_at,
  {publisher} AS publisher,
  said.source.via AS via,
  COALESCE(said.source.kind, 'primary') AS source_kind,
  said.source.title AS source_title,
  said.source.url AS source_url,
  said.source.edition AS source_edition,
  said.source.locator AS source_locator,
  said.source.reference AS source_reference,
  said.source.retrieved_on AS source_retrieved_on,
  said.source.sha256 AS source_sha256,
  said.note AS note,
  batch.published_from,
  batch.published_until,
  CASE
    WHEN batch.type IN ({known_at_once}) THEN TIMESTAMP '0001-01-01'
    ELSE batch.published_until
  END AS visible_from,
  {own}
FROM (
  -- To name the same macro twice is to plan all of its text twice.
  SELECT
    *,
    COALESCE(starts_at(said.published_at), recorded_at) AS published_from,
    COALESCE(ends_at(said.published_at), recorded_at) AS published_until
  FROM (
    SELECT
      *,
      FROM_JSON(state, '{shape}') AS said
    FROM batch
  )
) AS batch
