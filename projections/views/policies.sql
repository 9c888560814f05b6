-- One row is the state of one policy.
WITH openings AS (
  SELECT
    *
  FROM policies
  WHERE type IN ('PolicyAnnounced', 'PolicyEnacted')
    AND listed
),
-- What its announcements give, then its enactments, each in order of publication; then what its amendments change, in
-- order of their taking effect, which may also be to nothing.
sayings AS (
  SELECT
    viewpoint,
    policy,
    world,
    TRUE AS opens,
    ROW(CASE WHEN type = 'PolicyEnacted' THEN 1 ELSE 0 END, published_until, published_until, position) AS turn,
    {
      'event_id': event_id,
      'published_at': published_at,
      'starts': starts,
      'published_until': published_until,
      'position': position
    } AS event,
    [] AS changed,
    jurisdiction,
    kind,
    title,
    materials,
    effective_from,
    effective_to
  FROM openings
  UNION ALL
  SELECT
    viewpoint,
    policy,
    world,
    FALSE AS opens,
    ROW(2, starts, published_until, position) AS turn,
    {
      'event_id': event_id,
      'published_at': published_at,
      'starts': starts,
      'published_until': published_until,
      'position': position
    } AS event,
    changed,
    changes.jurisdiction,
    changes.kind,
    changes.title,
    changes.materials,
    changes.effective_from,
    changes.effective_to
  FROM policies
  WHERE type = 'PolicyAmended'
    AND begun
),
folded AS (
  SELECT
    viewpoint,
    policy,
    MAX(world) AS world,
    said_last(jurisdiction, 'jurisdiction', changed, turn) AS jurisdiction,
    said_last(kind, 'kind', changed, turn) AS kind,
    said_last(title, 'title', changed, turn) AS title,
    said_last(materials, 'materials', changed, turn) AS materials,
    said_last(effective_from, 'effective_from', changed, turn) AS effective_from,
    said_last(effective_to, 'effective_to', changed, turn) AS effective_to,
    -- Counts only where effective_to is over, and then some event gave it.
    said_by(effective_to, 'effective_to', changed, turn, event) AS ended_by
  FROM sayings
  GROUP BY viewpoint, policy
  HAVING BOOL_OR(opens)
),
own AS (
  SELECT
    *,
    COALESCE(ends_at(effective_to) < world, FALSE) AS over
  FROM folded
),
reinstatements AS (
  SELECT
    viewpoint,
    policy,
    MAX(starts) AS starts
  FROM policies
  WHERE type = 'PolicyReinstated'
    AND begun
  GROUP BY viewpoint, policy
),
-- Every status that some event makes true; the one with the highest rank is the policy's.
statuses AS (
  SELECT
    viewpoint,
    policy,
    5 AS rank,
    'repealed' AS status,
    event_id,
    published_at,
    starts,
    published_until,
    position
  FROM policies
  WHERE type = 'PolicyRepealed'
    AND begun
  UNION ALL
  SELECT
    suspensions.viewpoint,
    suspensions.policy,
    4 AS rank,
    'suspended' AS status,
    suspensions.event_id,
    suspensions.published_at,
    suspensions.starts,
    suspensions.published_until,
    suspensions.position
  FROM policies AS suspensions
  LEFT JOIN reinstatements
    USING (viewpoint, policy)
  WHERE suspensions.type = 'PolicySuspended'
    AND suspensions.begun
    AND NOT suspensions.past
    AND (
      reinstatements.starts IS NULL
      OR reinstatements.starts < suspensions.starts
    )
  UNION ALL
  SELECT
    openings.viewpoint,
    openings.policy,
    3 AS rank,
    'in_force' AS status,
    openings.event_id,
    openings.published_at,
    openings.starts,
    openings.published_until,
    openings.position
  FROM openings
  JOIN own
    USING (viewpoint, policy)
  WHERE openings.type = 'PolicyEnacted'
    AND NOT own.over
    AND COALESCE(starts_at(own.effective_from), openings.published_from) <= own.world
  UNION ALL
  SELECT
    viewpoint,
    policy,
    2 AS rank,
    'expired' AS status,
    ended_by.event_id,
    ended_by.published_at,
    ended_by.starts,
    ended_by.published_until,
    ended_by.position
  FROM own
  WHERE over
  UNION ALL
  SELECT
    viewpoint,
    policy,
    1 AS rank,
    'announced' AS status,
    event_id,
    published_at,
    starts,
    published_until,
    position
  FROM openings
),
ranked AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY viewpoint, policy
      ORDER BY rank DESC, starts DESC, published_until DESC, position DESC
    ) AS place
  FROM statuses
)
SELECT
  viewpoint,
  policy,
  own.jurisdiction,
  own.kind,
  own.title,
  once(own.materials) AS materials,
  ranked.status,
  own.effective_from,
  own.effective_to,
  ranked.event_id,
  ranked.published_at,
  ranked.position
FROM own
JOIN ranked
  USING (viewpoint, policy)
WHERE ranked.place = 1
