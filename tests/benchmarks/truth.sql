-- The generated log as typed tables, made from the file alone. Corrections replace a value from their position on, and
-- nothing else in it is ever changed; all sources are primary.

-- One row is one line of the log.
CREATE TABLE lines AS
SELECT
  ROW_NUMBER() OVER () AS position,
  *
FROM READ_JSON(
  GETVARIABLE('history'),
  format = 'newline_delimited',
  columns = {
    'type': 'VARCHAR',
    'event_id': 'VARCHAR',
    'subject': 'VARCHAR',
    'metric': 'VARCHAR',
    'material': 'VARCHAR',
    'period': 'VARCHAR',
    'value': 'VARCHAR',
    'symbol': 'VARCHAR',
    'unit': 'VARCHAR',
    'published_at': 'VARCHAR',
    'source': 'STRUCT(publisher VARCHAR, title VARCHAR, edition VARCHAR, locator VARCHAR)',
    'target': 'VARCHAR',
    'changes': 'STRUCT("value" VARCHAR)'
  }
);

CREATE TABLE units AS
SELECT
  *
FROM (
  VALUES
    ('t', 't', 1),
    ('kt', 't', 1000),
    ('USD/kg', 'USD/kg', 1),
    ('million USD', 'USD', 1000000),
    ('t/yr', 't/yr', 1)
) AS units (unit, canonical, factor);

CREATE TABLE metrics AS
SELECT
  *
FROM (
  VALUES
    ('ProductionReported', 'production'),
    ('ReservesReported', 'reserves'),
    ('PriceReported', 'price'),
    ('SalesReported', 'sales'),
    ('CapacityReported', 'capacity'),
    ('FigureWithdrawn', NULL)
) AS metrics (type, metric);

CREATE TEMP TABLE stated AS
SELECT
  position,
  event_id,
  subject,
  COALESCE(lines.metric, metrics.metric) AS metric,
  material,
  period,
  units.canonical AS unit,
  factor,
  lines.unit AS printed_unit,
  source.publisher AS publisher,
  published_at,
  CASE LENGTH(published_at)
    WHEN 4 THEN MAKE_DATE(CAST(published_at AS INTEGER), 12, 31)
    WHEN 7 THEN LAST_DAY(CAST(published_at || '-01' AS DATE))
    ELSE CAST(published_at AS DATE)
  END + INTERVAL '86399.999999 seconds' AS published,
  type = 'FigureWithdrawn' AS withdrawn,
  symbol,
  value
FROM lines
JOIN metrics USING (type)
JOIN units USING (unit);

-- One row is one figure; the figures of a subject are beside each other.
CREATE TABLE figures AS
SELECT
  CAST(ROW_NUMBER() OVER (ORDER BY subject, metric, material, period, unit) AS INTEGER) AS figure,
  *
FROM (SELECT DISTINCT subject, metric, material, period, unit FROM stated);

-- One row is what one event says from position `since` until position `until`. `turn` orders a series.
CREATE TABLE statements AS
WITH versions AS (
  SELECT
    position,
    position AS since,
    value
  FROM stated
  UNION ALL
  SELECT
    stated.position,
    lines.position AS since,
    lines.changes.value AS value
  FROM lines
  JOIN stated
    ON stated.event_id = lines.target
  WHERE lines.type = 'EventCorrected'
)
SELECT
  figure,
  published,
  CAST(position AS BIGINT) AS position,
  CAST(since AS BIGINT) AS since,
  COALESCE(LEAD(since) OVER (PARTITION BY position ORDER BY since), 4611686018427387904) AS until,
  DATEDIFF('day', DATE '1970-01-01', published) * 4294967296 + position AS turn,
  CAST(SUBSTRING(publisher, -2) AS SMALLINT) AS publisher,
  withdrawn,
  symbol,
  CAST(CAST(versions.value AS DECIMAL(20, 1)) * factor AS DECIMAL(38, 18)) AS value
FROM versions
JOIN stated USING (position)
JOIN figures USING (subject, metric, material, period, unit)
ORDER BY figure, published, position, since;

-- One row is the answer to one figure for as long as it holds on the publication clock, at the end of the log.
CREATE TABLE intervals AS
WITH series AS (
  SELECT
    *,
    LEAD(published, 1, TIMESTAMP '9999-12-31') OVER (
      PARTITION BY figure, publisher
      ORDER BY turn
    ) AS published_next
  FROM statements
  WHERE until = 4611686018427387904
),
heads AS (
  SELECT
    *
  FROM series
  WHERE NOT withdrawn
    AND published < published_next
),
points AS (
  SELECT DISTINCT
    figure,
    published
  FROM series
),
answers AS (
  SELECT
    points.figure,
    points.published AS valid_from,
    MAX(turn) AS turn
  FROM points
  LEFT JOIN heads
    ON heads.figure = points.figure
    AND heads.published <= points.published
    AND heads.published_next > points.published
  GROUP BY ALL
),
changes AS (
  SELECT
    *
  FROM answers
  QUALIFY turn IS DISTINCT FROM LAG(turn) OVER (PARTITION BY figure ORDER BY valid_from)
),
spans AS (
  SELECT
    *,
    LEAD(valid_from, 1, TIMESTAMP '9999-12-31') OVER (PARTITION BY figure ORDER BY valid_from) AS valid_to
  FROM changes
)
SELECT
  spans.figure,
  valid_from,
  valid_to,
  heads.value,
  heads.position,
  heads.symbol
FROM spans
JOIN heads
  ON heads.figure = spans.figure
  AND heads.turn = spans.turn
ORDER BY spans.figure, valid_from;
