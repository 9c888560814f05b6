-- One row is the state of one commitment: planned, open, met, released or expired, and what was met of it in parts.
WITH said AS (
  SELECT
    commitments.* REPLACE (COALESCE(publisher, '') AS publisher),
    CASE
      WHEN type = 'CommitmentMet' AND (quantity IS NOT NULL OR amount IS NOT NULL) THEN 'part'
      ELSE type
    END AS step,
    COALESCE(ends_at(effective_from), published_until) AS starts_until,
    -- What says nobody in particular comes last.
    CASE WHEN publisher IS NULL THEN 0 WHEN source_kind = 'primary' THEN 2 ELSE 1 END AS standing
  FROM commitments
  LEFT JOIN (
    SELECT
      viewpoint,
      withdraws AS event_id,
      TRUE AS is_withdrawn
    FROM withdrawals
  ) AS taken_back
    USING (viewpoint, event_id)
  WHERE is_withdrawn IS NULL
),
-- A part that was met is told again where the days on which it may have been are those of one before, the coarser first.
spans AS (
  SELECT
    *,
    COALESCE(MAX(starts_until) OVER earlier < starts, TRUE) AS apart
  FROM said
  WINDOW earlier AS (
    PARTITION BY viewpoint, commitment, step
    ORDER BY starts, starts_until DESC, published_until, position
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  )
),
placed AS (
  SELECT
    *,
    CASE
      WHEN step <> 'part' THEN 0
      ELSE COUNT(*) FILTER (WHERE apart) OVER (
        PARTITION BY viewpoint, commitment, step
        ORDER BY starts, starts_until DESC, published_until, position
      )
    END AS place
  FROM spans
),
-- What each publisher says of a step: the last of its statements, and what that leaves out as it was said before.
voices AS (
  SELECT
    viewpoint,
    commitment,
    step,
    place,
    publisher,
    ANY_VALUE(world) AS world,
    MIN(published_from) AS published_from,
    MAX(ROW(published_until, position)) AS said_last,
    ARG_MAX(standing, ROW(published_until, position)) AS standing,
    ARG_MAX(event_id, ROW(published_until, position)) AS event_id,
    ARG_MAX(published_at, ROW(published_until, position)) AS published_at,
    ARG_MAX(kind, ROW(published_until, position)) AS kind,
    ARG_MAX("by", ROW(published_until, position)) AS "by",
    ARG_MAX("to", ROW(published_until, position)) AS "to",
    ARG_MAX(agreement, ROW(published_until, position)) AS agreement,
    ARG_MAX(facility, ROW(published_until, position)) AS facility,
    ARG_MAX(material, ROW(published_until, position)) AS material,
    ARG_MAX(tranche, ROW(published_until, position)) AS tranche,
    ARG_MAX(quantity, ROW(published_until, position)) AS quantity,
    ARG_MAX(amount, ROW(published_until, position)) AS amount,
    ARG_MAX(price, ROW(published_until, position)) AS price,
    ARG_MAX(price_floor, ROW(published_until, position)) AS price_floor,
    ARG_MAX(formula, ROW(published_until, position)) AS formula,
    ARG_MAX(conditions, ROW(published_until, position)) AS conditions,
    ARG_MAX(binding, ROW(published_until, position)) AS binding,
    ARG_MAX(effective_from, ROW(published_until, position)) AS effective_from,
    ARG_MAX(effective_to, ROW(published_until, position)) AS effective_to
  FROM placed
  GROUP BY viewpoint, commitment, step, place, publisher
),
-- Across publishers: as the one says that comes first, and what it leaves out as the others do.
settled AS (
  SELECT
    viewpoint,
    commitment,
    step,
    place,
    ANY_VALUE(world) AS world,
    MIN(published_from) AS published_from,
    MAX(said_last)[1] AS published_until,
    NULLIF(ARG_MAX(publisher, ROW(standing, said_last)), '') AS publisher,
    ARG_MAX(event_id, ROW(standing, said_last)) AS event_id,
    ARG_MAX(published_at, ROW(standing, said_last)) AS published_at,
    ARG_MAX(said_last, ROW(standing, said_last))[2] AS position,
    ARG_MAX(kind, ROW(standing, said_last)) AS kind,
    ARG_MAX("by", ROW(standing, said_last)) AS "by",
    ARG_MAX("to", ROW(standing, said_last)) AS "to",
    ARG_MAX(agreement, ROW(standing, said_last)) AS agreement,
    ARG_MAX(facility, ROW(standing, said_last)) AS facility,
    ARG_MAX(material, ROW(standing, said_last)) AS material,
    ARG_MAX(tranche, ROW(standing, said_last)) AS tranche,
    ARG_MAX(quantity, ROW(standing, said_last)) AS quantity,
    ARG_MAX(amount, ROW(standing, said_last)) AS amount,
    ARG_MAX(price, ROW(standing, said_last)) AS price,
    ARG_MAX(price_floor, ROW(standing, said_last)) AS price_floor,
    ARG_MAX(formula, ROW(standing, said_last)) AS formula,
    ARG_MAX(conditions, ROW(standing, said_last)) AS conditions,
    ARG_MAX(binding, ROW(standing, said_last)) AS binding,
    ARG_MAX(effective_from, ROW(standing, said_last)) AS effective_from,
    ARG_MAX(effective_to, ROW(standing, said_last)) AS effective_to
  FROM voices
  GROUP BY viewpoint, commitment, step, place
),
steps AS (
  SELECT
    *,
    COALESCE(starts_at(effective_from), published_from) AS starts,
    -- An end that was taken over and lies before the start is none.
    ends_at(effective_to) >= COALESCE(starts_at(effective_from), published_from) AS has_end
  FROM settled
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
    FROM steps
    WHERE step = 'part'
      AND starts <= world
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
made AS (
  SELECT
    *
  FROM steps
  WHERE step = 'CommitmentMade'
    AND LEAST(starts, published_from) <= world
),
-- Every status that a step makes true; the one with the highest rank is the commitment's.
statuses AS (
  SELECT
    viewpoint,
    commitment,
    CASE
      WHEN step = 'CommitmentMet' AND starts <= world THEN 5
      WHEN step = 'CommitmentReleased' AND starts <= world THEN 4
      WHEN step = 'CommitmentMade' AND has_end AND ends_at(effective_to) < world THEN 3
      WHEN step = 'CommitmentMade' AND starts <= world THEN 2
      WHEN step = 'CommitmentMade' THEN 1
    END AS rank,
    event_id,
    publisher,
    published_at,
    position
  FROM steps
),
ranked AS (
  SELECT
    *,
    ROW_NUMBER() OVER (PARTITION BY viewpoint, commitment ORDER BY rank DESC) AS turn
  FROM statuses
  WHERE rank IS NOT NULL
),
spoken AS (
  SELECT
    viewpoint,
    commitment,
    CAST(COUNT(DISTINCT NULLIF(publisher, '')) AS INTEGER) AS publishers
  FROM said
  GROUP BY viewpoint, commitment
)
SELECT
  viewpoint,
  commitment,
  CASE rank WHEN 5 THEN 'met' WHEN 4 THEN 'released' WHEN 3 THEN 'expired' WHEN 2 THEN 'open' ELSE 'planned' END AS status,
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
  CASE WHEN made.has_end THEN made.effective_to END AS effective_to,
  met.met_quantity,
  met.met_amount,
  ranked.event_id,
  ranked.publisher,
  spoken.publishers,
  ranked.published_at,
  ranked.position
FROM made
JOIN ranked
  USING (viewpoint, commitment)
JOIN spoken
  USING (viewpoint, commitment)
LEFT JOIN met
  USING (viewpoint, commitment)
WHERE turn = 1
