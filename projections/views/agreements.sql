-- One row is the state of one agreement.
WITH openings AS MATERIALIZED (
  SELECT
    *
  FROM transitions_agreements
  WHERE is_opening
    AND listed
),
-- A definitive signing starts afresh: what took effect or was said before it is the memorandum's.
definitive AS (
  SELECT
    viewpoint,
    agreement,
    MIN(LEAST(starts, published_from)) AS afresh
  FROM openings
  WHERE type = 'AgreementSigned'
  GROUP BY viewpoint, agreement
),
-- What its memoranda give, then its definitive signings, then what its amendments change, which may also be to nothing;
-- each in order of taking effect. Of a memorandum, a definitive signing keeps title and facility alone.
sayings AS MATERIALIZED (
  SELECT
    viewpoint,
    agreement,
    world,
    type AS opening,
    ROW(
      CASE WHEN type = 'AgreementSigned' THEN 1 ELSE 0 END,
      ROW(starts, published_until, position, NULL, published_until, position)
    ) AS turn,
    as_event,
    [] AS changed,
    definitive.afresh IS NULL OR type = 'AgreementSigned' AS whole,
    title,
    facility,
    binding,
    parties,
    terms,
    effective_from,
    effective_to
  FROM openings
  LEFT JOIN definitive
    USING (viewpoint, agreement)
  UNION ALL
  SELECT
    viewpoint,
    agreement,
    world,
    NULL AS opening,
    ROW(2, amending) AS turn,
    as_event,
    changed,
    TRUE AS whole,
    changes.title,
    changes.facility,
    changes.binding,
    changes.parties,
    changes.terms,
    changes.effective_from,
    changes.effective_to
  FROM amendments_agreements
  LEFT JOIN definitive
    USING (viewpoint, agreement)
  WHERE begun
    AND COALESCE(LEAST(starts, published_from) >= definitive.afresh, TRUE)
),
said AS (
  SELECT
    *,
    CASE WHEN whole THEN binding END AS own_binding,
    CASE WHEN whole THEN parties END AS own_parties,
    CASE WHEN whole THEN terms END AS own_terms,
    CASE WHEN whole THEN effective_from END AS own_from,
    CASE WHEN whole THEN effective_to END AS own_to
  FROM sayings
),
folded AS (
  SELECT
    viewpoint,
    agreement,
    MAX(world) AS world,
    said_last(own_binding, 'binding', changed, turn) AS stated_binding,
    said_last(own_parties, 'parties', changed, turn) AS parties,
    said_last(title, 'title', changed, turn) AS title,
    said_last(own_terms, 'terms', changed, turn) AS terms,
    said_last(facility, 'facility', changed, turn) AS facility,
    said_last(own_from, 'effective_from', changed, turn) AS effective_from,
    said_last(own_to, 'effective_to', changed, turn) AS stated_to,
    -- Counts only where effective_to is over, and then some event gave it.
    said_by(own_to, 'effective_to', changed, turn, as_event) AS ended_by
  FROM said
  GROUP BY viewpoint, agreement
  HAVING BOOL_OR(opening IS NOT NULL)
),
own AS MATERIALIZED (
  SELECT
    *,
    COALESCE(stated_binding, CASE WHEN afresh IS NOT NULL THEN TRUE END) AS binding,
    CASE WHEN COALESCE(ends >= own_starts, TRUE) THEN stated_to END AS effective_to,
    COALESCE(ends < world AND COALESCE(ends >= own_starts, TRUE), FALSE) AS over
  FROM (
    SELECT
      *,
      starts_at(effective_from) AS own_starts,
      ends_at(stated_to) AS ends
    FROM folded
    LEFT JOIN definitive
      USING (viewpoint, agreement)
  )
),
in_effect AS (
  SELECT
    viewpoint,
    agreement,
    BOOL_OR(COALESCE(own_starts, openings.starts) <= own.world) AS in_effect
  FROM openings
  JOIN own
    USING (viewpoint, agreement)
  WHERE openings.type = 'AgreementSigned'
  GROUP BY viewpoint, agreement
),
-- Every status that some transition makes true; the one with the highest rank is the agreement's.
statuses AS (
  SELECT
    transitions_agreements.viewpoint,
    transitions_agreements.agreement,
    CASE
      WHEN type = 'AgreementTerminated' AND begun AND COALESCE(starts >= afresh, TRUE) THEN 5
      WHEN type = 'AgreementSigned' AND listed THEN
        CASE WHEN COALESCE(own_starts, starts) <= own.world THEN 3 ELSE 2 END
      WHEN is_opening AND listed THEN 1
    END AS rank,
    as_event
  FROM transitions_agreements
  JOIN own
    USING (viewpoint, agreement)
  UNION ALL
  -- What moved its dates brings it into force too.
  SELECT
    sayings.viewpoint,
    sayings.agreement,
    3 AS rank,
    sayings.as_event
  FROM sayings
  JOIN in_effect
    USING (viewpoint, agreement)
  WHERE opening IS NULL
    AND LIST_HAS_ANY(changed, ['effective_from', 'effective_to'])
    AND in_effect
  UNION ALL
  SELECT
    viewpoint,
    agreement,
    4 AS rank,
    ended_by AS as_event
  FROM own
  WHERE over
),
ranked AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY viewpoint, agreement
      ORDER BY rank DESC, as_event.starts DESC, as_event.published_until DESC, as_event.position DESC
    ) AS place
  FROM statuses
  WHERE rank IS NOT NULL
)
SELECT
  viewpoint,
  agreement,
  CASE rank
    WHEN 5 THEN 'terminated'
    WHEN 4 THEN 'expired'
    WHEN 3 THEN 'in_force'
    WHEN 2 THEN 'signed'
    ELSE 'mou'
  END AS status,
  rank > 2 AND as_event.foreseen AS foreseen,
  own.binding,
  once(own.parties) AS parties,
  own.title,
  own.terms,
  own.facility,
  own.effective_from,
  own.effective_to,
  as_event.event_id,
  as_event.publisher,
  spoken_agreements.publishers,
  spoken_agreements.disputed,
  as_event.published_at,
  as_event.position,
  LIST_TRANSFORM(own.parties, lambda party: party.entity) AS party_slugs
FROM own
JOIN ranked
  USING (viewpoint, agreement)
JOIN spoken_agreements
  USING (viewpoint, agreement)
WHERE place = 1
