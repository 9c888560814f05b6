-- One row is the fiscal year end of an entity that has one, as the ledger holds it now.
CREATE VIEW log.fiscal AS
SELECT
  entity,
  fiscal_year_end
FROM log.entities
WHERE type = 'EntityRegistered'
  AND until = {forever}
  AND fiscal_year_end IS NOT NULL
