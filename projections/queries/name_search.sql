-- Texts that are looked for among labels. Both are compared *folded*: in lower case, without accents, points and
-- apostrophes, with one space for any number of spaces, hyphens and underscores. `wanted` has the texts.

-- name: known_entities
SELECT DISTINCT
  entity
FROM log.entities
WHERE type = 'EntityRegistered'
  AND since <= $position
  AND until > $position
  AND LIST_CONTAINS($wanted, entity)

-- name: known_words
SELECT
  {column}
FROM log.{family} AS versions
WHERE since <= $position
  AND until > $position
  AND visible_from <= CAST($as_of AS TIMESTAMP)
  AND {wanted}
LIMIT {limit}

-- name: words
SELECT DISTINCT
  {column} AS meant,
  {column} AS label
FROM log.{family}
WHERE since <= $position
  AND until > $position
  AND visible_from <= CAST($as_of AS TIMESTAMP)
  AND {column} IS NOT NULL

-- name: labels
{question}
SELECT
  entity AS meant,
  label
FROM items

-- name: organisations
{question}
SELECT
  entity AS meant,
  label
FROM items
WHERE entity IN (
  SELECT
    entity
  FROM entities
  WHERE type = 'EntityRegistered'
    AND kind = 'organisation'
)

-- name: same
-- One row is a text, and a thing of which it is a label.
SELECT DISTINCT
  asked.text,
  found.meant
FROM ({labels}) AS found
JOIN (SELECT UNNEST($wanted) AS text) AS asked
  ON folded(found.label) = folded(asked.text)

-- name: alike
-- One row is a text, and a thing of which a label is like it: nearest first. Texts and labels are compared by their
-- beginnings, so that long ones cost no more than short ones.
WITH compared AS (
  SELECT
    asked.text,
    found.meant,
    folded(found.label)[:{letters}] AS label,
    folded(asked.text)[:{letters}] AS sought
  FROM ({labels}) AS found
  CROSS JOIN (SELECT UNNEST($wanted) AS text) AS asked
),
measured AS (
  SELECT
    text,
    meant,
    MAX(
      CASE
        WHEN LEAST(LENGTH(label), LENGTH(sought)) >= 3
          AND (CONTAINS(label, sought) OR CONTAINS(sought, label)) THEN 1
        ELSE JARO_WINKLER_SIMILARITY(label, sought)
      END
    ) AS likeness
  FROM compared
  GROUP BY text, meant
)
SELECT
  text,
  meant
FROM measured
WHERE likeness >= {least}
QUALIFY ROW_NUMBER() OVER (PARTITION BY text ORDER BY likeness DESC, meant) <= {most}
ORDER BY text, likeness DESC, meant
