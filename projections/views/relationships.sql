-- One row is an interval in which one entity stands to another in a role: planned, open or closed.
WITH bounded AS (
  SELECT
    *,
    -- A later start ends it, where that is not only planned; and so does the first ending that is not before it.
    MIN(CASE WHEN type = 'RelationshipStated' AND nature = 'actual' THEN starts END) OVER (
      PARTITION BY viewpoint, subject, relation, object, role
      ORDER BY starts
      RANGE BETWEEN INTERVAL 1 MICROSECOND FOLLOWING AND UNBOUNDED FOLLOWING
    ) AS next_starts,
    MIN(CASE WHEN type = 'RelationshipEnded' THEN starts END) OVER (
      PARTITION BY viewpoint, subject, relation, object, role
      ORDER BY starts
      RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
    ) AS ended
  FROM transitions_relationships
),
intervals AS (
  SELECT
    *,
    CASE
      WHEN past OR COALESCE(next_starts <= world, FALSE) OR COALESCE(ended <= world, FALSE) THEN 'closed'
      WHEN NOT begun OR nature = 'planned' THEN 'planned'
      ELSE 'open'
    END AS status
  FROM bounded
  WHERE type = 'RelationshipStated'
    AND listed
)
SELECT
  viewpoint,
  CONCAT_WS(':', subject, relation, object, NULLIF(role, '')) AS relationship,
  subject,
  relation,
  object,
  NULLIF(role, '') AS role,
  share,
  share_low,
  share_high,
  nature,
  status,
  status <> 'planned' AND as_event.foreseen AS foreseen,
  effective_from,
  effective_to,
  as_event.event_id,
  as_event.publisher,
  spoken_relationships.publishers,
  spoken_relationships.disputed,
  as_event.published_at,
  as_event.position,
  starts,
  as_event.published_until,
  begun
FROM intervals
JOIN spoken_relationships
  USING (viewpoint, subject, relation, object, role)
