-- One row is one entry in the series of a figure: what a publisher said, or took back.
SELECT
  viewpoint,
  figure_id,
  subject,
  metric,
  material,
  dimensions,
  nature,
  period_start,
  period_end,
  canonical_unit,
  publisher,
  published_until,
  position,
  type = 'FigureWithdrawn' AS withdrawn,
  canonical_value,
  canonical_low,
  canonical_high,
  symbol
FROM figures
