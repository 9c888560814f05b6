-- One row is the answer to one figure, as `figures` has it where no publisher is asked for or preferred: read from the
-- spans, with nothing to fold.
SELECT
  viewpoint,
  figure_id,
  subject,
  metric,
  material,
  dimensions,
  nature,
  period,
  period_start,
  period_end,
  value,
  low,
  high,
  symbol,
  unit,
  held_figures.canonical_value,
  canonical_low,
  canonical_high,
  canonical_unit,
  approximate,
  status,
  publisher,
  via,
  published_at,
  recorded_at,
  spans.position,
  event_id,
  revision,
  publishers,
  disputed,
  distance(highest, lowest) AS spread,
  1 AS place
FROM spans
JOIN held_figures
  ON held_figures.subject_code = spans.subject_code
  AND held_figures.position = spans.position
