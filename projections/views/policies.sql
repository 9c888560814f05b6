-- One row is the state of one policy.
WITH openings AS MATERIALIZED (
  SELECT
    *
  FROM transitions_policies
  WHERE is_opening
    AND listed
),
-- What its announcements give, then its enactments, then what its amendments change, which may also be to nothing; each
-- in order of taking effect.
sayings AS MATERIALIZED (
  SELECT
    viewpoint,
    policy,
    world,
    type AS opening,
    ROW(
      CASE WHEN type = 'PolicyEnacted' THEN 1 ELSE 0 END,
      ROW(starts, published_until, position, NULL, published_until, position)
    ) AS turn,
    as_event,
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
    NULL AS opening,
    ROW(2, amending) AS turn,
    as_event,
    changed,
    changes.jurisdiction,
    changes.kind,
    changes.title,
    changes.materials,
    changes.effective_from,
    changes.effective_to
  FROM amendments_policies
  WHERE begun
),
folded AS (
  SELECT
    viewpoint,
    policy,
    MAX(world) AS world,
    BOOL_OR(COALESCE(opening = 'PolicyEnacted', FALSE)) AS enacted,
    said_last(jurisdiction, 'jurisdiction', changed, turn) AS jurisdiction,
    said_last(kind, 'kind', changed, turn) AS kind,
    said_last(title, 'title', changed, turn) AS title,
    said_last(materials, 'materials', changed, turn) AS materials,
    said_last(effective_from, 'effective_from', changed, turn) AS effective_from,
    said_last(effective_to, 'effective_to', changed, turn) AS stated_to,
    -- Counts only where effective_to is over, and then some event gave it.
    said_by(effective_to, 'effective_to', changed, turn, as_event) AS ended_by
  FROM sayings
  GROUP BY viewpoint, policy
  HAVING BOOL_OR(opening IS NOT NULL)
),
own AS MATERIALIZED (
  SELECT
    *,
    CASE WHEN COALESCE(ends >= own_starts, TRUE) THEN stated_to END AS effective_to,
    COALESCE(ends < world AND COALESCE(ends >= own_starts, TRUE), FALSE) AS over
  FROM (
    SELECT
      *,
      starts_at(effective_from) AS own_starts,
      ends_at(stated_to) AS ends
    FROM folded
  )
),
reinstatements AS (
  SELECT
    viewpoint,
    policy,
    MAX(starts) AS reinstated
  FROM transitions_policies
  WHERE type = 'PolicyReinstated'
    AND begun
  GROUP BY viewpoint, policy
),
in_effect AS (
  SELECT
    viewpoint,
    policy,
    BOOL_OR(COALESCE(own_starts, openings.starts) <= own.world) AS in_effect
  FROM openings
  JOIN own
    USING (viewpoint, policy)
  WHERE openings.type = 'PolicyEnacted'
  GROUP BY viewpoint, policy
),
-- Every status that some transition makes true; the one with the highest rank is the policy's.
statuses AS (
  SELECT
    transitions_policies.viewpoint,
    transitions_policies.policy,
    CASE
      WHEN type = 'PolicyRepealed' AND begun THEN 5
      WHEN type = 'PolicySuspended' AND begun AND NOT past AND COALESCE(reinstated < starts, TRUE) THEN 4
      WHEN COALESCE(in_effect, FALSE)
        AND NOT own.over
        AND (
          (type = 'PolicyEnacted' AND listed AND COALESCE(own_starts, starts) <= own.world)
          OR (type = 'PolicyReinstated' AND begun)
        ) THEN 3
      WHEN is_opening AND listed THEN 1
    END AS rank,
    as_event,
    transitions_policies.effective_from,
    transitions_policies.effective_to
  FROM transitions_policies
  JOIN own
    USING (viewpoint, policy)
  LEFT JOIN reinstatements
    USING (viewpoint, policy)
  LEFT JOIN in_effect
    USING (viewpoint, policy)
  UNION ALL
  -- What moved its dates makes it in force too.
  SELECT
    sayings.viewpoint,
    sayings.policy,
    3 AS rank,
    sayings.as_event,
    NULL AS effective_from,
    NULL AS effective_to
  FROM sayings
  JOIN own
    USING (viewpoint, policy)
  JOIN in_effect
    USING (viewpoint, policy)
  WHERE opening IS NULL
    AND LIST_HAS_ANY(changed, ['effective_from', 'effective_to'])
    AND in_effect
    AND NOT own.over
  UNION ALL
  SELECT
    viewpoint,
    policy,
    2 AS rank,
    ended_by AS as_event,
    NULL AS effective_from,
    NULL AS effective_to
  FROM own
  WHERE over
),
ranked AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY viewpoint, policy
      ORDER BY rank DESC, as_event.starts DESC, as_event.published_until DESC, as_event.position DESC
    ) AS place
  FROM statuses
  WHERE rank IS NOT NULL
)
SELECT
  viewpoint,
  policy,
  own.jurisdiction,
  own.kind,
  own.title,
  once(own.materials) AS materials,
  CASE rank
    WHEN 5 THEN 'repealed'
    WHEN 4 THEN 'suspended'
    WHEN 3 THEN 'in_force'
    WHEN 2 THEN CASE WHEN own.enacted THEN 'expired' ELSE 'lapsed' END
    ELSE 'announced'
  END AS status,
  rank > 1 AND as_event.foreseen AS foreseen,
  own.effective_from,
  own.effective_to,
  CASE WHEN rank = 4 THEN ranked.effective_from END AS interrupted_from,
  CASE WHEN rank = 4 THEN ranked.effective_to END AS interrupted_to,
  as_event.event_id,
  as_event.publisher,
  spoken_policies.publishers,
  spoken_policies.disputed,
  as_event.published_at,
  as_event.position
FROM own
JOIN ranked
  USING (viewpoint, policy)
JOIN spoken_policies
  USING (viewpoint, policy)
WHERE place = 1
