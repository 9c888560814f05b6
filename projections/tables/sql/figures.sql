-- One row is one content version of one figure event, with its key resolved and its values in canonical units, where they
-- can be counted here. Where staged rows are Arrow's, they hold ids as text.
SELECT
  staged.* EXCLUDE (named, stream) REPLACE (
    CAST(staged.event_id AS UUID) AS event_id,
    COALESCE(staged.metric, GETVARIABLE('natures')[CONCAT_WS(' ', type, status)].metric) AS metric,
    COALESCE(staged.nature, GETVARIABLE('natures')[CONCAT_WS(' ', type, status)].nature) AS nature,
    spelt.canonical AS dimensions
  ),
  CAST(stream AS UUID) AS figure_id,
  periods.first_day AS period_start,
  periods.last_day AS period_end,
  GETVARIABLE('units')[staged.unit].canonical AS canonical_unit,
  times(staged.value, GETVARIABLE('units')[staged.unit].factor) AS canonical_value,
  times(staged.low, GETVARIABLE('units')[staged.unit].factor) AS canonical_low,
  times(staged.high, GETVARIABLE('units')[staged.unit].factor) AS canonical_high,
  code_of(staged.subject) AS subject_code
FROM {staged} AS staged
LEFT JOIN spelt
  ON spelt.dimensions = staged.dimensions
LEFT JOIN log.fiscal
  ON fiscal.entity = staged.named
LEFT JOIN periods
  ON periods.period = staged.period
  AND periods.fiscal_year IS NOT DISTINCT FROM
    CASE WHEN is_fiscal(staged.period) THEN fiscal.fiscal_year END
