-- One row is the state of one agreement.
WITH openings AS (
  SELECT
    *
  FROM agreements
  WHERE type IN ('MoUSigned', 'AgreementSigned')
    AND listed
),
-- A definitive signing starts the fields afresh: amendments published before it no longer apply.
definitive AS (
  SELECT
    viewpoint,
    agreement,
    MAX(ROW(published_until, position)) AS signed
  FROM openings
  WHERE type = 'AgreementSigned'
  GROUP BY viewpoint, agreement
),
-- What its memoranda give, then its definitive signings, each in order of publication; then what its amendments change,
-- in order of their taking effect, which may also be to nothing.
sayings AS (
  SELECT
    viewpoint,
    agreement,
    world,
    TRUE AS opens,
    ROW(CASE WHEN type = 'AgreementSigned' THEN 1 ELSE 0 END, published_until, published_until, position) AS turn,
    {
      'event_id': event_id,
      'published_at': published_at,
      'starts': starts,
      'published_until': published_until,
      'position': position
    } AS event,
    [] AS changed,
    type = 'AgreementSigned' AS binds_by_default,
    binding,
    parties,
    title,
    terms,
    facility,
    effective_from,
    effective_to
  FROM openings
  UNION ALL
  SELECT
    viewpoint,
    agreement,
    amendments.world,
    FALSE AS opens,
    ROW(2, amendments.starts, amendments.published_until, amendments.position) AS turn,
    {
      'event_id': amendments.event_id,
      'published_at': amendments.published_at,
      'starts': amendments.starts,
      'published_until': amendments.published_until,
      'position': amendments.position
    } AS event,
    amendments.changed,
    NULL AS binds_by_default,
    amendments.changes.binding,
    amendments.changes.parties,
    amendments.changes.title,
    amendments.changes.terms,
    amendments.changes.facility,
    amendments.changes.effective_from,
    amendments.changes.effective_to
  FROM agreements AS amendments
  LEFT JOIN definitive
    USING (viewpoint, agreement)
  WHERE amendments.type = 'AgreementAmended'
    AND amendments.begun
    AND (
      definitive.signed IS NULL
      OR ROW(amendments.published_until, amendments.position) > definitive.signed
    )
),
folded AS (
  SELECT
    viewpoint,
    agreement,
    MAX(world) AS world,
    COALESCE(
      said_last(COALESCE(binding, binds_by_default), 'binding', changed, turn),
      ARG_MAX(binds_by_default, turn)
    ) AS binding,
    said_last(parties, 'parties', changed, turn) AS parties,
    said_last(title, 'title', changed, turn) AS title,
    said_last(terms, 'terms', changed, turn) AS terms,
    said_last(facility, 'facility', changed, turn) AS facility,
    said_last(effective_from, 'effective_from', changed, turn) AS effective_from,
    said_last(effective_to, 'effective_to', changed, turn) AS effective_to,
    -- Counts only where effective_to is over, and then some event gave it.
    said_by(effective_to, 'effective_to', changed, turn, event) AS ended_by
  FROM sayings
  GROUP BY viewpoint, agreement
  HAVING BOOL_OR(opens)
),
own AS (
  SELECT
    *,
    COALESCE(ends_at(effective_to) < world, FALSE) AS over
  FROM folded
),
-- Every status that some event makes true; the one with the highest rank is the agreement's.
statuses AS (
  SELECT
    viewpoint,
    agreement,
    5 AS rank,
    'terminated' AS status,
    event_id,
    published_at,
    starts,
    published_until,
    position
  FROM agreements
  WHERE type = 'AgreementTerminated'
    AND begun
  UNION ALL
  SELECT
    viewpoint,
    agreement,
    4 AS rank,
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
    agreement,
    CASE
      WHEN openings.type = 'MoUSigned' THEN 1
      WHEN COALESCE(starts_at(own.effective_from), openings.published_from) <= own.world THEN 3
      ELSE 2
    END AS rank,
    CASE
      WHEN openings.type = 'MoUSigned' THEN 'mou'
      WHEN COALESCE(starts_at(own.effective_from), openings.published_from) <= own.world THEN 'in_force'
      ELSE 'signed'
    END AS status,
    openings.event_id,
    openings.published_at,
    openings.starts,
    openings.published_until,
    openings.position
  FROM openings
  JOIN own
    USING (viewpoint, agreement)
),
ranked AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY viewpoint, agreement
      ORDER BY rank DESC, starts DESC, published_until DESC, position DESC
    ) AS place
  FROM statuses
)
SELECT
  viewpoint,
  agreement,
  ranked.status,
  own.binding,
  once(own.parties) AS parties,
  own.title,
  own.terms,
  own.facility,
  own.effective_from,
  own.effective_to,
  ranked.event_id,
  ranked.published_at,
  ranked.position,
  LIST_TRANSFORM(own.parties, lambda party: party.entity) AS party_slugs
FROM own
JOIN ranked
  USING (viewpoint, agreement)
WHERE ranked.place = 1
