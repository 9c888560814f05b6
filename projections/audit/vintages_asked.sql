-- One row is one vintage of one series that was asked for: by a day, by how many months after the period's end it was
-- known, or by the number of its release. `asked` has a row for each of these, or none where every vintage is wanted.
WITH asked AS (
  SELECT
    UNNEST(CAST($asked_place AS BIGINT[])) AS place,
    UNNEST(CAST($asked_vintage AS VARCHAR[])) AS vintage,
    UNNEST(CAST($asked_kind AS VARCHAR[])) AS kind,
    UNNEST(CAST($asked_until AS TIMESTAMP[])) AS until,
    UNNEST(CAST($asked_number AS BIGINT[])) AS number
),
dated AS (
  SELECT
    chosen.*,
    asked.place,
    asked.vintage,
    asked.kind,
    asked.number,
    CASE
      WHEN asked.kind = 'horizon' THEN months_after(chosen.period_end, asked.number)
      ELSE asked.until
    END AS seen_at
  FROM chosen
  CROSS JOIN asked
),
wanted AS (
  SELECT
    * EXCLUDE (kind, number, seen_at),
    COALESCE(CAST(seen_at AS DATE), CAST(published_until AS DATE)) AS vintage_date
  FROM dated
  WHERE CASE kind
    WHEN 'release' THEN release = number
    WHEN 'latest' THEN next_until IS NULL AND NOT withdrawn
    ELSE NOT withdrawn
      AND published_until <= seen_at
      AND COALESCE(next_until > seen_at, TRUE)
      AND seen_at <= CAST($as_of AS TIMESTAMP)
  END
  UNION ALL BY NAME
  SELECT
    *,
    0 AS place,
    CAST(CAST(published_until AS DATE) AS VARCHAR) AS vintage,
    CAST(published_until AS DATE) AS vintage_date
  FROM chosen
  WHERE NOT EXISTS (FROM asked)
)
SELECT
  *,
  CAST(next_until AS DATE) AS superseded_on
FROM wanted
