-- What is measured of series is found here for all of them at once, in floating point where that can tell, and left to
-- `projections.audit.revisions.change_kinds`, which computes with fractions, where it cannot. A value in canonical units is
-- the printed one times the factor of its unit (`now`); `off` is half a unit of its last digit.

-- name: entries
-- Every entry of every series, with the one before it.
units AS (
  SELECT
    UNNEST(CAST($unit_names AS VARCHAR[])) AS unit,
    UNNEST(CAST($unit_factors AS DOUBLE[])) AS factor
),
entries AS (
  SELECT
    chosen.*,
    factor,
    CAST(value AS DOUBLE) * factor AS now,
    0.5 * factor * POW(CAST(10 AS DOUBLE), -LENGTH(SPLIT_PART(value, '.', 2))) AS off,
    LEAD(published_until) OVER series AS next_until,
    LAG(withdrawn) OVER series AS withdrawn_before,
    LAG(published_until) OVER series AS until_before,
    LAG(canonical_value) OVER series AS canonical_value_before,
    LAG(canonical_low) OVER series AS canonical_low_before,
    LAG(canonical_high) OVER series AS canonical_high_before,
    LAG(symbol) OVER series AS symbol_before,
    LAG(value) OVER series AS value_before,
    LAG(factor) OVER series AS factor_before,
    LAG(chosen.unit) OVER series AS unit_before,
    LAG(status) OVER series AS status_before,
    LAG(note) OVER series AS note_before,
    LAST_VALUE(canonical_value) OVER whole AS canonical_latest,
    LAST_VALUE(CAST(value AS DOUBLE) * factor) OVER whole AS latest
  FROM chosen
  LEFT JOIN units
    ON units.unit = chosen.unit
  WINDOW
    series AS (PARTITION BY figure_id, publisher ORDER BY published_until, position),
    whole AS (
      PARTITION BY figure_id, publisher
      ORDER BY published_until, position
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
)

-- name: vintages
-- What stands at each time of publication, with what stood at the one before.
vintages AS (
  SELECT
    *,
    LAG(now) OVER vintages_of AS before,
    LAG(off) OVER vintages_of AS off_before,
    LAG(value) OVER vintages_of AS value_then,
    LAG(factor) OVER vintages_of AS factor_then,
    LAG(canonical_value) OVER vintages_of AS canonical_value_then
  FROM entries
  WHERE next_until IS DISTINCT FROM published_until
  WINDOW vintages_of AS (PARTITION BY figure_id, publisher ORDER BY published_until)
)

-- name: rescaled
-- One row is a table of a publisher (figures that differ in their period only) at one time of publication, of whose
-- figures so many may have been multiplied by one factor that they were rescaled.
ratios AS (
  SELECT
    *,
    now * before >= 0 AS same_sign,
    GREATEST(ABS(now) - off, 0) / (ABS(before) + off_before) AS least,
    CASE WHEN before <> 0 THEN (ABS(now) + off) / (ABS(before) - off_before) ELSE CAST('inf' AS DOUBLE) END AS most
  FROM vintages
  WHERE canonical_value IS NOT NULL
    AND canonical_value_then IS NOT NULL
),
tables AS (
  SELECT
    subject,
    publisher,
    metric,
    material,
    dimensions,
    nature,
    canonical_unit,
    published_until,
    COUNT(*) AS figures,
    LIST(least * 0.99999) FILTER (WHERE same_sign) AS starts,
    LIST(most * 1.00001) FILTER (WHERE same_sign) AS ends
  FROM ratios
  GROUP BY subject, publisher, metric, material, dimensions, nature, canonical_unit, published_until
  HAVING COUNT(*) FILTER (WHERE same_sign) >= {figures_min}
    AND COUNT(*) FILTER (WHERE canonical_value <> canonical_value_then AND most * 98.999 < least * 101.001) > 1
),
numbered AS MATERIALIZED (
  SELECT
    *,
    ROW_NUMBER() OVER () AS number
  FROM tables
),
bounds AS (
  SELECT
    number,
    UNNEST(starts) AS place,
    1 AS more
  FROM numbered
  UNION ALL
  SELECT
    number,
    UNNEST(ends) AS place,
    -1 AS more
  FROM numbered
),
agreeing AS (
  SELECT
    number,
    SUM(more) OVER (PARTITION BY number ORDER BY place, more DESC ROWS UNBOUNDED PRECEDING) AS figures_here
  FROM bounds
),
most_agreeing AS (
  SELECT
    number,
    MAX(figures_here) AS figures_together
  FROM agreeing
  GROUP BY number
)
SELECT
  subject,
  publisher,
  metric,
  material,
  dimensions,
  nature,
  canonical_unit,
  published_until
FROM numbered
JOIN most_agreeing
  USING (number)
WHERE figures_together >= GREATEST({figures_min}, {share} * figures - 1e-9)

-- name: moved_together
-- The figures that may have moved by the factor of a unit at a time at which others of their publisher and metric may.
SELECT
  subject,
  figure_id,
  publisher,
  ANY_VALUE(vintages_of_it) AS vintages
FROM (
  SELECT
    *,
    COUNT(*) OVER (PARTITION BY publisher, metric, published_until) AS company
  FROM (
    SELECT
      *,
      LOG10(now / before) AS ratio_log,
      {allowed} AS allowed
    FROM (
      SELECT
        * REPLACE (value_then AS value_before, factor_then AS factor_before),
        COUNT(*) OVER (PARTITION BY figure_id, publisher) AS vintages_of_it
      FROM vintages
    )
    WHERE canonical_value IS NOT NULL
      AND canonical_value_then IS NOT NULL
      AND now * before > 0
  )
  WHERE {may_be_relabelled}
)
WHERE company >= {company}
GROUP BY subject, figure_id, publisher
ORDER BY subject, figure_id, publisher

-- name: series
-- One row is a series: its entries counted, the changes in it by their kind, what it said first, last, in between, and
-- when it settled. `is_close` where floating point cannot tell all of this.
horizons AS (
  SELECT
    {horizons}
  FROM (SELECT DISTINCT period_end FROM chosen)
),
keys AS (
  SELECT
    figure_id,
    {any_keys}
  FROM chosen
  GROUP BY figure_id
),
seen AS (
  SELECT
    entries.*,
    canonical_value IS NOT DISTINCT FROM canonical_value_before
      AND canonical_low IS NOT DISTINCT FROM canonical_low_before
      AND canonical_high IS NOT DISTINCT FROM canonical_high_before
      AND symbol IS NOT DISTINCT FROM symbol_before AS same,
    until_before IS NOT NULL AND NOT withdrawn AND NOT withdrawn_before AS compared,
    canonical_value IS NOT NULL AND canonical_value_before IS NOT NULL AS points,
    CAST(value_before AS DOUBLE) * factor_before AS before,
    0.5 * factor_before * POW(CAST(10 AS DOUBLE), -LENGTH(SPLIT_PART(value_before, '.', 2))) AS off_before,
    note IS NOT NULL AND note IS DISTINCT FROM note_before AS noted,
    next_until IS DISTINCT FROM entries.published_until AS stands,
    {is_redefined} AS is_redefined,
    {is_in_error} AS is_in_error,
    {is_rescaled} AS is_rescaled
  FROM entries
  {beside}
),
-- How many times as large a point is as the one before, where that may tell of another unit.
weighed AS (
  SELECT
    *,
    CASE WHEN compared AND points AND NOT same AND now * before > 0 THEN LOG10(now / before) END AS ratio_log,
    CASE WHEN compared AND points AND NOT same AND now * before > 0 THEN {allowed} END AS allowed,
    -- How far the coarser of two points may be off by rounding.
    CASE WHEN compared AND points AND NOT same THEN {coarse} END AS coarse
  FROM seen
),
told AS (
  SELECT
    figure_id,
    publisher,
    period_end AS of_period_end,
    published_until,
    position,
    withdrawn,
    until_before,
    next_until,
    stands,
    canonical_value,
    noted OR COALESCE(status = 'restated', FALSE) OR is_redefined OR is_in_error AS is_told,
    CASE
      WHEN withdrawn THEN 'withdrawal'
      WHEN until_before IS NULL THEN NULL
      WHEN withdrawn_before THEN 'republication'
      WHEN same THEN 'confirmation'
      WHEN published_until = until_before THEN 'conflict'
      ELSE 'revision'
    END AS cause,
    CASE
      WHEN NOT compared THEN NULL
      WHEN same AND status IS DISTINCT FROM status_before THEN 'status'
      WHEN same AND unit IS DISTINCT FROM unit_before THEN 'unit_relabel'
      WHEN same THEN 'unchanged'
      -- What counts is the change from the vintage before, and not from another statement of the same.
      WHEN published_until = until_before THEN 'close'
      WHEN is_redefined OR (noted AND {may_redefine}) THEN 'close'
      WHEN NOT points THEN 'substantial'
      WHEN is_rescaled THEN 'close'
      WHEN {may_be_relabelled} THEN 'close'
      WHEN ABS(ABS(now - before) - coarse)
        <= 1e-9 * coarse + 1e-13 * GREATEST(ABS(now), ABS(before)) THEN 'close'
      WHEN ABS(now - before) < coarse THEN 'rounding'
      ELSE 'substantial'
    END AS kind,
    -- Where nothing but company could tell of another unit; of several statements of a vintage any might be that.
    CASE
      WHEN compared AND points AND NOT same AND unit = unit_before
        THEN published_until = until_before OR {may_be_relabelled}
    END AS is_suspected,
    CASE
      WHEN NOT stands OR canonical_latest IS NULL THEN NULL
      WHEN canonical_value IS NULL THEN 'off'
      WHEN canonical_value = canonical_latest THEN 'near'
      WHEN ABS(ABS(now - latest) - $tolerance * ABS(latest)) <= 1e-12 * (ABS(now) + ABS(latest)) THEN 'close'
      WHEN ABS(now - latest) > $tolerance * ABS(latest) THEN 'off'
      ELSE 'near'
    END AS distance
  FROM weighed
),
numbered AS (
  SELECT
    *,
    CASE WHEN stands AND NOT withdrawn THEN COUNT(*) FILTER (WHERE stands AND NOT withdrawn) OVER series END AS release,
    CASE WHEN until_before IS NOT NULL AND cause IN ('revision', 'withdrawal', 'republication') THEN is_told
    END AS is_announced
  FROM told
  WINDOW series AS (PARTITION BY figure_id, publisher ORDER BY published_until, position)
)
SELECT
  keys.*,
  measured.* EXCLUDE (figure_id)
FROM (SELECT
  figure_id,
  publisher,
  CAST(COUNT(*) AS INTEGER) AS entries,
  CAST(COUNT(*) FILTER (WHERE NOT withdrawn) AS INTEGER) AS statements,
  CAST(COUNT(release) AS INTEGER) AS releases,
  CAST(COUNT(*) FILTER (WHERE cause = 'confirmation') AS INTEGER) AS confirmations,
  CAST(COUNT(*) FILTER (WHERE cause = 'revision') AS INTEGER) AS revisions,
  CAST(COUNT(*) FILTER (WHERE cause = 'conflict') AS INTEGER) AS conflicts,
  CAST(COUNT(*) FILTER (WHERE cause = 'withdrawal') AS INTEGER) AS withdrawals,
  CAST(COUNT(*) FILTER (WHERE cause = 'republication') AS INTEGER) AS republications,
  CAST(COUNT(*) FILTER (WHERE is_announced) AS INTEGER) AS announced,
  CAST(COUNT(*) FILTER (WHERE NOT is_announced) AS INTEGER) AS silent,
  CAST(COUNT(*) FILTER (WHERE kind = 'unchanged') AS INTEGER) AS unchanged,
  CAST(COUNT(*) FILTER (WHERE kind = 'status') AS INTEGER) AS status,
  CAST(COUNT(*) FILTER (WHERE kind = 'unit_relabel') AS INTEGER) AS unit_relabel,
  CAST(COUNT(*) FILTER (WHERE kind = 'rounding') AS INTEGER) AS rounding,
  CAST(COUNT(*) FILTER (WHERE kind = 'substantial') AS INTEGER) AS substantial,
  COALESCE(BOOL_OR(withdrawn) FILTER (WHERE next_until IS NULL), FALSE) AS withdrawn,
  COALESCE(BOOL_OR(kind = 'close' OR distance = 'close' OR {is_close}), FALSE) AS is_close,
  MIN(published_until) FILTER (WHERE release IS NOT NULL) AS first_until,
  COALESCE(BOOL_OR(is_suspected), FALSE) AS suspected,
  COALESCE(
    MAX(next_until) FILTER (WHERE distance = 'off'),
    MIN(published_until)
  ) AS settled_until,
  {values}
FROM numbered
LEFT JOIN horizons
  USING (of_period_end)
GROUP BY figure_id, publisher
) AS measured
JOIN keys
  USING (figure_id)
