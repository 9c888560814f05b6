-- One row is a subject, and how many figures about it have an answer.
SELECT
  subject,
  COUNT(DISTINCT answer_intervals.figure_id) AS figures
FROM answer_intervals
JOIN held_figures
  ON held_figures.subject_code = answer_intervals.subject_code
  AND held_figures.position = answer_intervals.position
GROUP BY subject
