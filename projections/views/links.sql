-- One row is the state of one supply link: planned, open or closed.
WITH openings AS (
  SELECT
    *
  FROM transitions_links
  WHERE is_opening
    AND listed
),
-- Its fields are those of the openings that count, the last that gives one.
own AS (
  SELECT
    viewpoint,
    link,
    ARG_MAX(supplier, ROW(starts, published_until, position)) FILTER (WHERE supplier IS NOT NULL) AS supplier,
    ARG_MAX(consumer, ROW(starts, published_until, position)) FILTER (WHERE consumer IS NOT NULL) AS consumer,
    ARG_MAX(material, ROW(starts, published_until, position)) FILTER (WHERE material IS NOT NULL) AS material,
    ARG_MAX(stage, ROW(starts, published_until, position)) FILTER (WHERE stage IS NOT NULL) AS stage,
    ARG_MAX(nature, ROW(starts, published_until, position)) AS nature,
    ARG_MAX(share, ROW(starts, published_until, position)) FILTER (WHERE share IS NOT NULL) AS share,
    ARG_MAX(effective_from, ROW(starts, published_until, position)) FILTER (WHERE effective_from IS NOT NULL) AS effective_from,
    ARG_MAX(effective_to, ROW(starts, published_until, position)) FILTER (WHERE effective_to IS NOT NULL) AS stated_to
  FROM openings
  GROUP BY viewpoint, link
),
statuses AS (
  SELECT
    viewpoint,
    link,
    CASE
      WHEN is_ending AND begun THEN 4
      WHEN is_opening AND listed AND begun AND NOT past AND nature <> 'planned' THEN 3
      WHEN is_opening AND listed AND past THEN 2
      WHEN is_opening AND listed THEN 1
    END AS rank,
    as_event
  FROM transitions_links
),
ranked AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY viewpoint, link
      ORDER BY rank DESC, as_event.starts DESC, as_event.published_until DESC, as_event.position DESC
    ) AS place
  FROM statuses
  WHERE rank IS NOT NULL
)
SELECT
  viewpoint,
  link,
  CASE rank WHEN 3 THEN 'open' WHEN 1 THEN 'planned' ELSE 'closed' END AS status,
  rank > 1 AND as_event.foreseen AS foreseen,
  own.supplier,
  own.consumer,
  own.material,
  own.stage,
  own.share,
  own.nature,
  own.effective_from,
  ends_after(own.effective_from, stated_to) AS effective_to,
  as_event.event_id,
  as_event.publisher,
  spoken_links.publishers,
  spoken_links.disputed,
  as_event.published_at,
  as_event.position
FROM own
JOIN ranked
  USING (viewpoint, link)
JOIN spoken_links
  USING (viewpoint, link)
WHERE place = 1
