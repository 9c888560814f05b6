-- One row is the state of one policy, or of one provision of it.
WITH openings AS MATERIALIZED (
  SELECT
    *
  FROM transitions_policies
  WHERE is_opening
    AND listed
),
-- What its announcements give, then its enactments, then what its amendments change, which may also be to nothing; each
-- in order of taking effect. Of a provision, what is said of itself counts more than what is said of all of it.
sayings AS MATERIALIZED (
  SELECT
    viewpoint,
    policy,
    of_part,
    world,
    of_part <> '' AND own_part <> '' AS of_itself,
    type AS opening,
    ROW(
      of_part <> '' AND own_part <> '',
      CASE WHEN type = 'PolicyEnacted' THEN 1 ELSE 0 END,
      ROW(starts, published_until, position, NULL, published_until, position)
    ) AS turn,
    as_event,
    [] AS changed,
    jurisdiction,
    kind,
    title,
    materials,
    applies_to,
    exempt,
    conditions,
    effective_from,
    effective_to
  FROM openings
  UNION ALL
  SELECT
    viewpoint,
    policy,
    of_part,
    world,
    of_part <> '' AND own_part <> '' AS of_itself,
    NULL AS opening,
    ROW(of_part <> '' AND own_part <> '', 2, amending) AS turn,
    as_event,
    changed,
    changes.jurisdiction,
    changes.kind,
    changes.title,
    changes.materials,
    changes.applies_to,
    changes.exempt,
    changes.conditions,
    changes.effective_from,
    changes.effective_to
  FROM amendments_policies
  WHERE begun
),
folded AS (
  SELECT
    viewpoint,
    policy,
    of_part,
    MAX(world) AS world,
    BOOL_OR(COALESCE(opening = 'PolicyEnacted', FALSE)) AS enacted,
    said_last(jurisdiction, 'jurisdiction', changed, turn) AS jurisdiction,
    said_last(kind, 'kind', changed, turn) AS kind,
    said_last(title, 'title', changed, turn) AS title,
    said_last(materials, 'materials', changed, turn) AS materials,
    said_last(applies_to, 'applies_to', changed, turn) AS applies_to,
    said_last(exempt, 'exempt', changed, turn) AS exempt,
    said_last(conditions, 'conditions', changed, turn) AS conditions,
    said_last(effective_from, 'effective_from', changed, turn) AS effective_from,
    said_last(effective_to, 'effective_to', changed, turn) AS stated_to,
    -- Counts only where effective_to is over, and then some event gave it.
    said_by(effective_to, 'effective_to', changed, turn, as_event) AS ended_by
  FROM sayings
  GROUP BY viewpoint, policy, of_part
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
    of_part,
    MAX(starts) AS reinstated
  FROM transitions_policies
  WHERE type = 'PolicyReinstated'
    AND begun
  GROUP BY viewpoint, policy, of_part
),
in_effect AS (
  SELECT
    viewpoint,
    policy,
    of_part,
    BOOL_OR(COALESCE(own_starts, openings.starts) <= own.world) AS in_effect
  FROM openings
  JOIN own
    USING (viewpoint, policy, of_part)
  WHERE openings.type = 'PolicyEnacted'
  GROUP BY viewpoint, policy, of_part
),
-- Every status that some transition makes true; the one with the highest rank is the policy's.
statuses AS (
  SELECT
    transitions_policies.viewpoint,
    transitions_policies.policy,
    transitions_policies.of_part,
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
    of_part <> '' AND own_part <> '' AS of_itself,
    as_event,
    transitions_policies.effective_from,
    transitions_policies.effective_to
  FROM transitions_policies
  JOIN own
    USING (viewpoint, policy, of_part)
  LEFT JOIN reinstatements
    USING (viewpoint, policy, of_part)
  LEFT JOIN in_effect
    USING (viewpoint, policy, of_part)
  UNION ALL
  -- What moved its dates makes it in force too.
  SELECT
    sayings.viewpoint,
    sayings.policy,
    sayings.of_part,
    3 AS rank,
    sayings.of_itself,
    sayings.as_event,
    NULL AS effective_from,
    NULL AS effective_to
  FROM sayings
  JOIN own
    USING (viewpoint, policy, of_part)
  JOIN in_effect
    USING (viewpoint, policy, of_part)
  WHERE opening IS NULL
    AND LIST_HAS_ANY(changed, ['effective_from', 'effective_to'])
    AND in_effect
    AND NOT own.over
  UNION ALL
  SELECT
    viewpoint,
    policy,
    of_part,
    2 AS rank,
    FALSE AS of_itself,
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
      PARTITION BY viewpoint, policy, of_part
      ORDER BY
        rank DESC,
        of_itself DESC,
        as_event.starts DESC,
        as_event.published_until DESC,
        as_event.position DESC
    ) AS place
  FROM statuses
  WHERE rank IS NOT NULL
),
states AS MATERIALIZED (
  SELECT
    viewpoint,
    policy,
    of_part,
    own.jurisdiction,
    own.kind,
    own.title,
    once(own.materials) AS materials,
    once(own.applies_to) AS applies_to,
    once(own.exempt) AS exempt,
    own.conditions,
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
    USING (viewpoint, policy, of_part)
  JOIN spoken_policies
    USING (viewpoint, policy, of_part)
  WHERE place = 1
),
with_provisions AS (
  SELECT
    viewpoint,
    policy,
    '' AS of_part,
    LIST(
      {
        'provision': of_part,
        'status': status,
        'foreseen': foreseen,
        'effective_from': effective_from,
        'effective_to': effective_to,
        'interrupted_from': interrupted_from,
        'interrupted_to': interrupted_to,
        'event_id': CAST(event_id AS VARCHAR),
        'publisher': publisher,
        'publishers': publishers,
        'disputed': disputed,
        'published_at': published_at,
        'position': position
      }
      ORDER BY of_part
    ) AS provisions
  FROM states
  WHERE of_part <> ''
  GROUP BY viewpoint, policy
)
SELECT
  viewpoint,
  policy,
  NULLIF(of_part, '') AS provision,
  jurisdiction,
  kind,
  title,
  materials,
  applies_to,
  exempt,
  conditions,
  provisions,
  status,
  foreseen,
  effective_from,
  effective_to,
  interrupted_from,
  interrupted_to,
  event_id,
  publisher,
  publishers,
  disputed,
  published_at,
  position
FROM states
LEFT JOIN with_provisions
  USING (viewpoint, policy, of_part)
