-- A printed moment is an interval: its first microsecond.
CREATE OR REPLACE MACRO starts_at(printed) AS
  CASE LENGTH(printed)
    WHEN 4 THEN CAST(printed || '-01-01' AS TIMESTAMP)
    WHEN 7 THEN CAST(printed || '-01' AS TIMESTAMP)
    WHEN 10 THEN CAST(printed AS TIMESTAMP)
    ELSE MAKE_TIMESTAMP(EPOCH_US(CAST(UPPER(printed) AS TIMESTAMPTZ)))
  END;

-- A printed moment is an interval: its last microsecond.
CREATE OR REPLACE MACRO ends_at(printed) AS
  CASE LENGTH(printed)
    WHEN 4 THEN CAST(printed || '-12-31 23:59:59.999999' AS TIMESTAMP)
    WHEN 7 THEN CAST(CAST(LAST_DAY(CAST(printed || '-01' AS DATE)) AS VARCHAR) || ' 23:59:59.999999' AS TIMESTAMP)
    WHEN 10 THEN CAST(printed || ' 23:59:59.999999' AS TIMESTAMP)
    ELSE MAKE_TIMESTAMP(EPOCH_US(CAST(UPPER(printed) AS TIMESTAMPTZ)))
  END;

-- An instant as RFC 3339 in UTC.
CREATE OR REPLACE MACRO instant_text(instant) AS
  STRFTIME(instant, '%Y-%m-%dT%H:%M:%S.%fZ');

-- A decimal with a point, without the zeros behind it.
CREATE OR REPLACE MACRO trimmed(shown) AS
  RTRIM(RTRIM(shown, '0'), '.');

-- A DECIMAL(38, 18) without exponent and trailing zeros.
CREATE OR REPLACE MACRO plain(number) AS
  trimmed(CAST(number AS VARCHAR));

CREATE OR REPLACE MACRO whole(number) AS
  CAST(TRUNC(number) AS HUGEINT);

-- What is behind the point of a DECIMAL(38, 18), in units of 10^-18.
CREATE OR REPLACE MACRO fraction(number) AS
  CAST(
    CAST(number - TRUNC(number) AS DECIMAL(19, 18)) * CAST(1000000000000000000 AS DECIMAL(19, 0)) AS BIGINT
  );

-- A DECIMAL(38, 18) times multiplier / divisor, where the result is known to be exact and to fit. The product of 38 and
-- more digits never stands in one number.
CREATE OR REPLACE MACRO atoms(number) AS
  whole(number) * CAST(1000000000000000000 AS HUGEINT) + fraction(number);

CREATE OR REPLACE MACRO from_atoms(number) AS
  CAST(
    CAST(number // CAST(1000000000000000000 AS HUGEINT) AS DECIMAL(38, 18))
    + CAST(number % CAST(1000000000000000000 AS HUGEINT) AS DECIMAL(18, 0))
      * CAST(0.000000000000000001 AS DECIMAL(18, 18))
    AS DECIMAL(38, 18)
  );

CREATE OR REPLACE MACRO scaled(number, multiplier, divisor) AS
  from_atoms((atoms(number) // divisor) * multiplier + ((atoms(number) % divisor) * multiplier) // divisor);

-- high - low as text, exactly, where high is not below low. It may have one digit more than a DECIMAL(38, 18) holds: then
-- 10^20 is taken off high, in two steps that fit, and put before the text.
CREATE OR REPLACE MACRO distance(high, low) AS
  COALESCE(
    plain(TRY(high - low)),
    '1' || trimmed(
      LPAD(CAST(TRY(high - 50000000000000000000 - 50000000000000000000 - low) AS VARCHAR), 39, '0')
    )
  );

-- later - earlier as text, exactly.
CREATE OR REPLACE MACRO difference(later, earlier) AS
  CASE
    WHEN later >= earlier THEN distance(later, earlier)
    ELSE '-' || distance(earlier, later)
  END;

-- The slug that a slug was merged into, or itself. The variable holds the merges in force while rows are written.
CREATE OR REPLACE MACRO kept(slug) AS
  COALESCE(GETVARIABLE('kept')[slug], slug);

-- A list without repetitions, each item at its first place.
CREATE OR REPLACE MACRO once(items) AS
  LIST_FILTER(items, lambda item, place: LIST_POSITION(items, item) = place);

-- A printed number in its canonical unit.
CREATE OR REPLACE MACRO in_canonical(printed, multiplier, divisor) AS
  CASE
    WHEN multiplier = divisor THEN CAST(printed AS DECIMAL(38, 18))
    ELSE scaled(CAST(printed AS DECIMAL(38, 18)), multiplier, divisor)
  END;

-- Among sayings in turn, the last value of a field: of those that give it, or change it, perhaps to nothing.
CREATE OR REPLACE MACRO said_last(value, field, changed, turn) AS
  (ARG_MAX(ROW(value), turn) FILTER (WHERE value IS NOT NULL OR LIST_CONTAINS(changed, field)))[1];

-- Which event said it.
CREATE OR REPLACE MACRO said_by(value, field, changed, turn, event) AS
  ARG_MAX(event, turn) FILTER (WHERE value IS NOT NULL OR LIST_CONTAINS(changed, field));
