-- One row is one content version of one figure event, with its key resolved and its values in canonical units.
SELECT
  staged.* EXCLUDE (named, stream) REPLACE (
    COALESCE(staged.metric, natures.metric) AS metric,
    COALESCE(staged.nature, natures.nature) AS nature,
    spelt.canonical AS dimensions
  ),
  stream AS figure_id,
  periods.first_day AS period_start,
  periods.last_day AS period_end,
  units.canonical AS canonical_unit,
  in_canonical(value, CAST(units.multiplier AS HUGEINT), CAST(units.divisor AS HUGEINT)) AS canonical_value,
  in_canonical(low, CAST(units.multiplier AS HUGEINT), CAST(units.divisor AS HUGEINT)) AS canonical_low,
  in_canonical(high, CAST(units.multiplier AS HUGEINT), CAST(units.divisor AS HUGEINT)) AS canonical_high
FROM staged
JOIN natures
  ON natures.type = staged.type
  AND natures.status IS NOT DISTINCT FROM staged.status
JOIN units
  ON units.unit = staged.unit
LEFT JOIN spelt
  ON spelt.dimensions = staged.dimensions
LEFT JOIN fiscal
  ON fiscal.entity = staged.named
LEFT JOIN periods
  ON periods.period = staged.period
  AND (periods.fiscal_year_end IS NULL OR periods.fiscal_year_end = fiscal.fiscal_year_end)
