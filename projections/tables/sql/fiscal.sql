-- One row is the fiscal year of an entity that has one, as the ledger holds it now.
CREATE VIEW log.fiscal AS
SELECT
  entity,
  fiscal_year_end || CASE WHEN fiscal_year_named = 'start' THEN ' start' ELSE '' END AS fiscal_year
FROM log.entities
WHERE type = 'EntityRegistered'
  AND until = {forever}
  AND fiscal_year_end IS NOT NULL
