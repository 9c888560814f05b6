-- From the tellings of a family to how far the dates that publishers stated moved: `slips`, one row per transition and
-- publisher that dated it.
told AS (
  SELECT
    *,
    MAX(published_until) OVER (PARTITION BY {thing}, of_part, step, occurrence) AS spoken_until
  FROM tellings_{family}
  WHERE NOT taken_back
),
-- A date moved where it cannot be the one that the publisher stated before.
moves AS (
  SELECT
    *,
    COALESCE(starts > LAG(starts_until) OVER series OR starts_until < LAG(starts) OVER series, FALSE) AS moved
  FROM told
  WHERE effective_from IS NOT NULL
  WINDOW series AS (
    PARTITION BY {thing}, of_part, step, occurrence, publisher
    ORDER BY published_until, position
  )
),
series AS (
  SELECT
    {thing},
    of_part,
    step,
    occurrence,
    publisher,
    ANY_VALUE(type) AS type,
    ANY_VALUE(world) AS world,
    ANY_VALUE(spoken_until) AS spoken_until,
    COUNT(*) AS statements,
    COUNT(*) FILTER (WHERE moved) AS restated,
    ARG_MIN(
      {{
        'effective_from': effective_from,
        'starts': starts,
        'ends': starts_until,
        'published_at': published_at,
        'published_until': published_until
      }},
      ROW(published_until, position)
    ) AS first_said,
    ARG_MAX(
      {{
        'effective_from': effective_from,
        'starts': starts,
        'ends': starts_until,
        'published_at': published_at,
        'published_until': published_until,
        'position': position,
        'event_id': event_id,
        'stage': {stage}
      }},
      ROW(published_until, position)
    ) AS last_said
  FROM moves
  GROUP BY {thing}, of_part, step, occurrence, publisher
),
slips AS (
  SELECT
    {shown},
    NULLIF(of_part, '') AS part,
    type AS transition,
    NULLIF(publisher, '') AS publisher,
    first_said.effective_from AS first_effective_from,
    last_said.effective_from AS effective_from,
    restated,
    -- Null where either is coarser than a day and both may be the same day.
    CASE
      WHEN first_said.starts <= last_said.ends
        AND last_said.starts <= first_said.ends
        AND (
          CAST(first_said.starts AS DATE) <> CAST(first_said.ends AS DATE)
          OR CAST(last_said.starts AS DATE) <> CAST(last_said.ends AS DATE)
        ) THEN NULL
      ELSE DATE_DIFF('day', CAST(first_said.starts AS DATE), CAST(last_said.starts AS DATE))
    END AS shift_days,
    last_said.starts <= world AND spoken_until >= last_said.starts AS happened,
    statements,
    DATE_DIFF('day', CAST(first_said.published_until AS DATE), CAST(first_said.starts AS DATE)) AS lead_days,
    first_said.published_at AS first_published_at,
    last_said.published_at AS published_at,
    last_said.event_id AS event_id,
    last_said.position AS position,
    last_said.stage AS stage,
    last_said.starts AS starts,
    last_said.starts > world AS is_ahead,
    CAST(YEAR(first_said.starts) AS VARCHAR) AS year
  FROM series
  {only}
)
