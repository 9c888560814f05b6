-- One row is a publisher that this ledger asks first, for the figures of a metric (`scope`) or, where that is '', for all
-- that has no preference of its own: the larger `preferred`, the sooner. The last preference for a scope counts.
SELECT
  viewpoint,
  scope,
  publisher,
  MAX(101 - place) AS preferred
FROM (
  SELECT
    viewpoint,
    scope,
    UNNEST(publishers) AS publisher,
    UNNEST(RANGE(1, 1 + LEN(publishers))) AS place
  FROM (
    SELECT
      viewpoint,
      COALESCE(metric, '') AS scope,
      ARG_MAX(publishers, position) AS publishers
    FROM held_preferences
    GROUP BY viewpoint, scope
  )
)
GROUP BY viewpoint, scope, publisher
