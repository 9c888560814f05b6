-- One row is a subject, and how many figures about it have an answer.
SELECT
  subject,
  COUNT(*) AS figures
FROM spans
JOIN held_figures
  ON held_figures.subject_code = spans.subject_code
  AND held_figures.position = spans.position
GROUP BY subject
