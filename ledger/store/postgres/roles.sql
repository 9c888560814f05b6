-- Who may do what with a log in PostgreSQL. Run it once as the owner of the tables, after the first start has made them:
--
--     psql -v schema=supply_ledger -v writer=ledger_writer -v reader=ledger_reader -f roles.sql
--
-- The two roles must be there (CREATE ROLE ledger_writer LOGIN …). Servers connect as the writer: it can add to the log
-- and do what an erasure needs, and it can neither change nor take away anything else, nor switch off the triggers that
-- refuse that, since it owns no table. The reader cannot sign in the name of the ledger: it does not see the secret.
\set ON_ERROR_STOP on
BEGIN;
SET LOCAL search_path = :"schema";

REVOKE ALL ON ALL TABLES IN SCHEMA :"schema" FROM PUBLIC, :"writer", :"reader";
REVOKE ALL ON SCHEMA :"schema" FROM PUBLIC;
GRANT USAGE ON SCHEMA :"schema" TO :"writer", :"reader";

GRANT SELECT ON ALL TABLES IN SCHEMA :"schema" TO :"writer", :"reader";
REVOKE SELECT ON signing_secret FROM :"reader";

-- What was recorded: added to, and nothing else.
GRANT INSERT ON stored_events, requests, request_chain, recorders, leaves, tiles, erasures TO :"writer";

-- What an erasure takes away; the triggers refuse anything else.
GRANT UPDATE (state, digest) ON stored_events TO :"writer";
GRANT UPDATE (salt) ON leaves TO :"writer";
GRANT UPDATE (digest, answer) ON requests TO :"writer";
GRANT UPDATE (hash) ON request_chain TO :"writer";

-- What follows from the rest.
GRANT INSERT, UPDATE ON tree, seal TO :"writer";
GRANT INSERT, UPDATE, DELETE ON metrics, forms TO :"writer";
COMMIT;
