-- One row is the state of one commitment: planned, open, met, released or expired, and what was met of it in parts.
WITH openings AS MATERIALIZED (
  SELECT
    *,
    ROW(starts, published_until, position) AS turn
  FROM transitions_commitments
  WHERE is_opening
    AND listed
),
made AS (
  SELECT
    viewpoint,
    commitment,
    of_part,
    ARG_MAX(kind, turn) AS kind,
    ARG_MAX("by", turn) AS "by",
    ARG_MAX("to", turn) AS "to",
    ARG_MAX(agreement, turn) AS agreement,
    ARG_MAX(facility, turn) AS facility,
    ARG_MAX(material, turn) AS material,
    ARG_MAX(tranche, turn) AS tranche,
    ARG_MAX(quantity, turn) AS quantity,
    ARG_MAX(amount, turn) AS amount,
    ARG_MAX(price, turn) AS price,
    ARG_MAX(price_floor, turn) AS price_floor,
    ARG_MAX(formula, turn) AS formula,
    ARG_MAX(conditions, turn) AS conditions,
    ARG_MAX(binding, turn) AS binding,
    ARG_MAX(effective_from, turn) AS effective_from,
    ARG_MAX(effective_to, turn) AS stated_to
  FROM openings
  GROUP BY viewpoint, commitment, of_part
),
-- What was met in parts, by unit as it is printed; a point is both ends of a range.
parts AS (
  SELECT
    viewpoint,
    commitment,
    what,
    met.unit AS unit,
    CAST(shortened(COALESCE(met.value, met.low)) AS DECIMAL(38, 18)) AS low,
    CAST(shortened(COALESCE(met.value, met.high)) AS DECIMAL(38, 18)) AS high
  FROM (
    SELECT
      viewpoint,
      commitment,
      UNNEST(['quantity', 'amount']) AS what,
      UNNEST([quantity, amount]) AS met
    FROM transitions_commitments
    WHERE type = 'CommitmentMetInPart'
      AND begun
  )
  WHERE met IS NOT NULL
),
-- A sum that has too many digits for a DECIMAL, or of which a bound was not said, is absent.
sums AS (
  SELECT
    viewpoint,
    commitment,
    what,
    unit,
    plain(TRY(LIST_SUM(lows))) AS low,
    plain(TRY(LIST_SUM(highs))) AS high
  FROM (
    SELECT
      viewpoint,
      commitment,
      what,
      unit,
      CASE WHEN COUNT(low) = COUNT(*) THEN LIST(low) END AS lows,
      CASE WHEN COUNT(high) = COUNT(*) THEN LIST(high) END AS highs
    FROM parts
    GROUP BY viewpoint, commitment, what, unit
  )
),
met AS (
  SELECT
    viewpoint,
    commitment,
    LIST(amount ORDER BY amount.unit) FILTER (WHERE what = 'quantity') AS met_quantity,
    LIST(amount ORDER BY amount.unit) FILTER (WHERE what = 'amount') AS met_amount
  FROM (
    SELECT
      viewpoint,
      commitment,
      what,
      {
        'value': CASE WHEN low = high THEN low END,
        'low': CASE WHEN low IS DISTINCT FROM high THEN low END,
        'high': CASE WHEN low IS DISTINCT FROM high THEN high END,
        'unit': unit
      } AS amount
    FROM sums
  )
  GROUP BY viewpoint, commitment
),
-- Every status that some transition makes true; the one with the highest rank is the commitment's.
statuses AS (
  SELECT
    viewpoint,
    commitment,
    CASE
      WHEN type = 'CommitmentMet' AND begun THEN 5
      WHEN type = 'CommitmentReleased' AND begun THEN 4
      WHEN is_opening AND listed AND past THEN 2
      WHEN is_opening AND begun THEN 3
      WHEN is_opening AND listed THEN 1
    END AS rank,
    as_event
  FROM transitions_commitments
),
ranked AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY viewpoint, commitment
      ORDER BY rank DESC, as_event.starts DESC, as_event.published_until DESC, as_event.position DESC
    ) AS place
  FROM statuses
  WHERE rank IS NOT NULL
)
SELECT
  viewpoint,
  commitment,
  CASE rank WHEN 5 THEN 'met' WHEN 4 THEN 'released' WHEN 3 THEN 'open' WHEN 2 THEN 'expired' ELSE 'planned' END AS status,
  rank > 1 AND as_event.foreseen AS foreseen,
  made.kind,
  made."by",
  made."to",
  made.agreement,
  made.facility,
  made.material,
  made.tranche,
  CAST(TO_JSON(made.quantity) AS VARCHAR) AS quantity,
  CAST(TO_JSON(made.amount) AS VARCHAR) AS amount,
  CAST(TO_JSON(made.price) AS VARCHAR) AS price,
  CAST(TO_JSON(made.price_floor) AS VARCHAR) AS price_floor,
  made.formula,
  made.conditions,
  made.binding,
  made.effective_from,
  ends_after(effective_from, stated_to) AS effective_to,
  met.met_quantity,
  met.met_amount,
  as_event.event_id,
  as_event.publisher,
  spoken_commitments.publishers,
  spoken_commitments.disputed,
  as_event.published_at,
  as_event.position
FROM made
JOIN ranked
  USING (viewpoint, commitment)
JOIN spoken_commitments
  USING (viewpoint, commitment, of_part)
LEFT JOIN met
  USING (viewpoint, commitment)
WHERE place = 1
