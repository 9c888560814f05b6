-- One row is the state of one stage of a facility, or of a facility of which no event names a stage.
WITH own AS (
  SELECT
    viewpoint,
    facility,
    of_part,
    MAX(starts) FILTER (WHERE type = 'FacilityRestarted' AND begun) AS restarted
  FROM transitions_facilities
  GROUP BY viewpoint, facility, of_part
  HAVING BOOL_OR(is_opening AND listed)
),
-- Every status that some transition makes true; the one with the highest rank is the stage's.
statuses AS (
  SELECT
    transitions_facilities.*,
    CASE
      WHEN is_ending AND begun THEN 5
      WHEN type = 'FacilityIdled' AND begun AND NOT past AND COALESCE(restarted < starts, TRUE) THEN 4
      WHEN type IN ('FacilityCommissioned', 'FacilityRestarted') AND begun THEN 3
      WHEN type = 'ConstructionStarted' AND begun THEN 2
      WHEN is_opening AND listed THEN 1
    END AS rank
  FROM transitions_facilities
  JOIN own
    USING (viewpoint, facility, of_part)
),
ranked AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY viewpoint, facility, of_part
      ORDER BY rank DESC, as_event.starts DESC, as_event.published_until DESC, as_event.position DESC
    ) AS turn_of_it
  FROM statuses
  WHERE rank IS NOT NULL
),
-- Who operates it: what was said last, by its own events or by relationships; these say so while they are open.
said_of_operators AS (
  SELECT
    viewpoint,
    facility,
    of_part,
    operator AS said,
    ROW(starts, as_event.published_until, as_event.position) AS turn
  FROM transitions_facilities
  WHERE operator IS NOT NULL
    AND begun
  UNION ALL
  SELECT
    relationships_items.viewpoint,
    own.facility,
    own.of_part,
    CASE WHEN status = 'open' THEN subject END AS said,
    ROW(starts, published_until, position) AS turn
  FROM relationships_items
  JOIN own
    ON own.viewpoint = relationships_items.viewpoint
    AND own.facility = relationships_items.object
  WHERE relation = 'operates'
    AND begun
),
operators AS (
  SELECT
    viewpoint,
    facility,
    of_part,
    ARG_MAX(ROW(said), turn)[1] AS operator
  FROM said_of_operators
  GROUP BY viewpoint, facility, of_part
)
SELECT
  viewpoint,
  facility,
  NULLIF(of_part, '') AS stage,
  CASE rank
    WHEN 5 THEN CASE WHEN type = 'FacilityCancelled' THEN 'cancelled' ELSE 'closed' END
    WHEN 4 THEN 'idled'
    WHEN 3 THEN 'operating'
    WHEN 2 THEN 'under_construction'
    ELSE 'announced'
  END AS status,
  rank > 1 AND as_event.foreseen AS foreseen,
  operators.operator,
  effective_from,
  effective_to,
  CASE WHEN rank = 4 THEN effective_from END AS interrupted_from,
  CASE WHEN rank = 4 THEN effective_to END AS interrupted_to,
  as_event.event_id,
  as_event.publisher,
  spoken_facilities.publishers,
  spoken_facilities.disputed,
  as_event.published_at,
  as_event.position
FROM ranked
JOIN spoken_facilities
  USING (viewpoint, facility, of_part)
LEFT JOIN operators
  USING (viewpoint, facility, of_part)
WHERE turn_of_it = 1
