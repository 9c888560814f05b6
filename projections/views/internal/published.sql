-- One row is one entry in the series of a figure: what a publisher said, or took back.
SELECT
  viewpoint,
  figure_id,
  subject,
  publisher,
  published_until,
  position
FROM figures
