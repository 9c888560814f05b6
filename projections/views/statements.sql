-- One row is one qualitative statement that its publisher did not take back.
SELECT
  viewpoint,
  subject,
  attribute,
  text,
  publisher,
  published_at,
  event_id,
  position,
  published_until
FROM statements
ANTI JOIN (SELECT viewpoint, withdraws AS event_id FROM withdrawals) AS taken_back
  USING (viewpoint, event_id)
