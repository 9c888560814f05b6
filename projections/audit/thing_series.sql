-- From the tellings of a family to its series: `series`, one row per statement of a transition and per withdrawal of one,
-- each with where it stands among the others; `contested` where several speak of the transition.
entries AS (
  SELECT
    {thing},
    of_part,
    step,
    occurrence,
    starts,
    publisher,
    published_until,
    position,
    CAST(event_id AS VARCHAR) AS event_id,
    type,
    published_at,
    recorded_at,
    {said},
    CAST(NULL AS VARCHAR) AS withdraws
  FROM tellings_{family}
  UNION ALL BY NAME
  SELECT
    {thing},
    of_part,
    step,
    occurrence,
    starts,
    COALESCE(withdrawals.publisher, '') AS publisher,
    withdrawals.published_until,
    withdrawals.position,
    CAST(withdrawals.event_id AS VARCHAR) AS event_id,
    told.type,
    withdrawals.published_at,
    withdrawals.recorded_at,
    CAST(withdrawals.withdraws AS VARCHAR) AS withdraws
  FROM withdrawals
  JOIN tellings_{family} AS told
    ON told.event_id = withdrawals.withdraws
),
series AS (
  SELECT
    *,
    MIN(starts) OVER transition AS first_start,
    MIN(publisher) OVER transition <> MAX(publisher) OVER transition AS contested
  FROM entries
  WINDOW transition AS (PARTITION BY {thing}, of_part, step, occurrence)
)
