-- One row is the state of one stage of a facility, or of a facility of which no event names a stage.
WITH stages AS (
  SELECT DISTINCT
    viewpoint,
    facility,
    stage
  FROM facilities
  WHERE stage IS NOT NULL
  UNION ALL
  SELECT
    viewpoint,
    facility,
    NULL AS stage
  FROM facilities
  GROUP BY viewpoint, facility
  HAVING COUNT(stage) = 0
),
-- An event that names no stage bears on every stage.
bearing AS (
  SELECT
    facilities.* REPLACE (stages.stage AS stage),
    type IN ('FacilityAnnounced', 'ConstructionStarted', 'FacilityCommissioned') AND listed AS opens
  FROM stages
  JOIN facilities
    ON facilities.viewpoint = stages.viewpoint
    AND facilities.facility = stages.facility
    AND (
      facilities.stage IS NULL
      OR facilities.stage = stages.stage
    )
),
own AS (
  SELECT
    viewpoint,
    facility,
    stage,
    ARG_MAX(operator, ROW(starts, published_until, position)) FILTER (
      WHERE operator IS NOT NULL
        AND (opens OR begun)
    ) AS operator,
    MAX(starts) FILTER (WHERE type = 'FacilityRestarted' AND begun) AS restarted
  FROM bearing
  GROUP BY viewpoint, facility, stage
  HAVING BOOL_OR(opens)
),
-- Every status that some event makes true; the one with the highest rank is the stage's.
statuses AS (
  SELECT
    bearing.*,
    own.operator AS own_operator,
    CASE
      WHEN begun AND type = 'FacilityClosed' THEN 5
      WHEN begun AND type = 'FacilityIdled' AND NOT past AND COALESCE(restarted < starts, TRUE) THEN 4
      WHEN begun AND type IN ('FacilityCommissioned', 'FacilityRestarted') THEN 3
      WHEN begun AND type = 'ConstructionStarted' THEN 2
      WHEN opens THEN 1
    END AS rank
  FROM bearing
  JOIN own
    ON own.viewpoint = bearing.viewpoint
    AND own.facility = bearing.facility
    AND own.stage IS NOT DISTINCT FROM bearing.stage
),
ranked AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY viewpoint, facility, stage
      ORDER BY rank DESC, starts DESC, published_until DESC, position DESC
    ) AS place
  FROM statuses
  WHERE rank IS NOT NULL
)
SELECT
  viewpoint,
  facility,
  stage,
  CASE rank
    WHEN 5 THEN 'closed'
    WHEN 4 THEN 'idled'
    WHEN 3 THEN 'operating'
    WHEN 2 THEN 'under_construction'
    ELSE 'announced'
  END AS status,
  own_operator AS operator,
  effective_from,
  effective_to,
  event_id,
  published_at,
  position
FROM ranked
WHERE place = 1
