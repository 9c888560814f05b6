-- One row is two publishers that both say something of figures, and how what each said last compares: on how many they
-- agree, and what they state where both state points.
--
-- Where one figure alone makes more pairs than `pairs_max`, there is none of it; `pairs_of_one` has the most of any figure.
WITH entries AS (
  SELECT
    figure_id,
    publisher,
    withdrawn,
    canonical_value,
    canonical_low,
    canonical_high,
    symbol,
    LEAD(position) OVER (PARTITION BY figure_id, publisher ORDER BY published_until, position) AS next_position
  FROM chosen
),
last AS (
  SELECT
    * EXCLUDE (withdrawn, next_position),
    NOT $of_some OR LIST_CONTAINS(CAST($asked AS VARCHAR[]), publisher) AS is_asked
  FROM entries
  WHERE next_position IS NULL
    AND NOT withdrawn
),
shared AS (
  SELECT
    figure_id,
    COUNT(*) FILTER (WHERE is_asked) AS asked,
    asked * (COUNT(*) - asked) + asked * (asked - 1) // 2 AS pairs_of_one
  FROM last
  GROUP BY figure_id
  HAVING COUNT(*) > 1
),
speaking AS (
  SELECT last.*
  FROM last
  SEMI JOIN (FROM shared WHERE pairs_of_one BETWEEN 1 AND $pairs_max) AS those
    USING (figure_id)
),
pairs AS (
  SELECT
    one.publisher AS publisher,
    other.publisher AS other_publisher,
    one.canonical_value IS NOT DISTINCT FROM other.canonical_value
      AND one.canonical_low IS NOT DISTINCT FROM other.canonical_low
      AND one.canonical_high IS NOT DISTINCT FROM other.canonical_high
      AND one.symbol IS NOT DISTINCT FROM other.symbol AS agree,
    one.canonical_value AS value,
    other.canonical_value AS other_value
  FROM speaking AS one
  JOIN speaking AS other
    ON one.figure_id = other.figure_id
    AND one.publisher < other.publisher
  WHERE one.is_asked
    OR other.is_asked
),
compared AS (
  SELECT
    publisher,
    other_publisher,
    COUNT(*) FILTER (WHERE agree) AS agreeing,
    COUNT(*) FILTER (WHERE NOT agree) AS differing,
    COUNT(*) FILTER (WHERE value > other_value) AS higher,
    COUNT(*) FILTER (WHERE value < other_value) AS lower,
    LIST({'one': value, 'other': other_value}) FILTER (WHERE value IS NOT NULL AND other_value IS NOT NULL) AS points
  FROM pairs
  GROUP BY publisher, other_publisher
)
SELECT
  compared.*,
  most.pairs_of_one
FROM (SELECT MAX(pairs_of_one) AS pairs_of_one FROM shared) AS most
LEFT JOIN compared
  ON TRUE
