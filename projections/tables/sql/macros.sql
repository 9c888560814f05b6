-- A period of the subject's own year: FY2025-Q4, 2023/24.
CREATE OR REPLACE MACRO is_fiscal(period) AS
  period LIKE 'FY%' OR period LIKE '____/%';

-- The month in which a month or a part of a year begins: '07' of 2024-07, 2024-Q3 and 2024-H2. A lookup is planned faster
-- than the arithmetic for it, and all queries that make rows have it.
CREATE OR REPLACE MACRO first_month(printed) AS
  COALESCE(
    MAP {
      'Q1': '01', 'Q2': '04', 'Q3': '07', 'Q4': '10', 'H1': '01', 'H2': '07', 'S1': '01', 'S2': '07'
    }[printed[6:]],
    printed[6:]
  );

-- The month in which it ends: '09' of 2024-09 and 2024-Q3.
CREATE OR REPLACE MACRO last_month(printed) AS
  COALESCE(
    MAP {
      'Q1': '03', 'Q2': '06', 'Q3': '09', 'Q4': '12', 'H1': '06', 'H2': '12', 'S1': '06', 'S2': '12'
    }[printed[6:]],
    printed[6:]
  );

-- The Monday of an ISO week, 2024-W22: 4 January lies in the first.
CREATE OR REPLACE MACRO week_starts(printed) AS
  DATE_TRUNC('week', MAKE_DATE(CAST(printed[:4] AS INTEGER), 1, 4)) + TO_DAYS(7 * (CAST(printed[7:] AS INTEGER) - 1));

-- A part of a year as people print it, early 2027, mid-2026 or Q3 2026: its first day without the year. What begins with
-- a letter is one.
CREATE OR REPLACE MACRO milestone_starts(printed) AS
  MAP {
    'early': '-01-01', 'mid': '-05-01', 'late': '-09-01',
    'h1': '-01-01', 'h2': '-07-01', 's1': '-01-01', 's2': '-07-01',
    'q1': '-01-01', 'q2': '-04-01', 'q3': '-07-01', 'q4': '-10-01'
  }[LOWER(printed[:-6])];

-- Its last day without the year: no part of a year ends in February.
CREATE OR REPLACE MACRO milestone_ends(printed) AS
  MAP {
    'early': '-04-30', 'mid': '-08-31', 'late': '-12-31',
    'h1': '-06-30', 'h2': '-12-31', 's1': '-06-30', 's2': '-12-31',
    'q1': '-03-31', 'q2': '-06-30', 'q3': '-09-30', 'q4': '-12-31'
  }[LOWER(printed[:-6])];

-- A printed moment is an interval: its first microsecond. No branch casts what is printed as it is: DuckDB 1.5 casts a
-- field of a STRUCT where it reads it, before it knows which branch to take.
CREATE OR REPLACE MACRO starts_at(printed) AS
  CASE
    WHEN printed[1] > '9' THEN CAST(printed[-4:] || milestone_starts(printed) || ' 00:00:00' AS TIMESTAMP)
    WHEN LENGTH(printed) = 4 THEN CAST(printed || '-01-01' AS TIMESTAMP)
    WHEN LENGTH(printed) = 7 THEN CAST(printed[:5] || first_month(printed) || '-01' AS TIMESTAMP)
    WHEN LENGTH(printed) = 8 THEN CAST(week_starts(printed) AS TIMESTAMP)
    WHEN LENGTH(printed) = 10 THEN CAST(printed || ' 00:00:00' AS TIMESTAMP)
    ELSE MAKE_TIMESTAMP(EPOCH_US(CAST(UPPER(printed) AS TIMESTAMPTZ)))
  END;

-- A printed moment is an interval: its last microsecond.
CREATE OR REPLACE MACRO ends_at(printed) AS
  CASE
    WHEN printed[1] > '9' THEN CAST(printed[-4:] || milestone_ends(printed) || ' 23:59:59.999999' AS TIMESTAMP)
    WHEN LENGTH(printed) = 4 THEN CAST(printed || '-12-31 23:59:59.999999' AS TIMESTAMP)
    WHEN LENGTH(printed) = 7 THEN
      CAST(LAST_DAY(CAST(printed[:5] || last_month(printed) || '-01' AS DATE)) AS TIMESTAMP)
      + INTERVAL '86399.999999 seconds'
    WHEN LENGTH(printed) = 8 THEN CAST(week_starts(printed) AS TIMESTAMP) + INTERVAL '6 days 86399.999999 seconds'
    WHEN LENGTH(printed) = 10 THEN CAST(printed || ' 23:59:59.999999' AS TIMESTAMP)
    ELSE MAKE_TIMESTAMP(EPOCH_US(CAST(UPPER(printed) AS TIMESTAMPTZ)))
  END;

-- An end that does not lie before the start, as printed.
CREATE OR REPLACE MACRO ends_after(printed_from, printed_to) AS
  CASE WHEN COALESCE(ends_at(printed_to) >= starts_at(printed_from), TRUE) THEN printed_to END;

-- The end of the day that lies a number of months after a day; of a month's last day, that of a month's last day.
CREATE OR REPLACE MACRO months_after(day, months) AS
  CAST(
    CASE
      WHEN day = LAST_DAY(day) THEN LAST_DAY(CAST(day + TO_MONTHS(months) AS DATE))
      ELSE CAST(day + TO_MONTHS(months) AS DATE)
    END AS TIMESTAMP
  ) + INTERVAL '86399.999999 seconds';

-- An instant as RFC 3339 in UTC.
CREATE OR REPLACE MACRO instant_text(instant) AS
  STRFTIME(instant, '%Y-%m-%dT%H:%M:%S.%fZ');

-- A decimal with a point, without the zeros behind it.
CREATE OR REPLACE MACRO trimmed(shown) AS
  RTRIM(RTRIM(shown, '0'), '.');

-- A printed number with the zeros taken off that do not count, where it has more digits than a DECIMAL(38, 18) may have.
CREATE OR REPLACE MACRO shortened(printed) AS
  CASE
    WHEN LENGTH(printed) <= 30 THEN printed
    ELSE REGEXP_REPLACE(
      CASE WHEN CONTAINS(printed, '.') THEN trimmed(printed) ELSE printed END,
      '^(-?)0+([0-9])',
      '\1\2'
    )
  END;

-- Whether a printed number has so few digits (11 before the point, 6 after it) that `times` is exact for it.
CREATE OR REPLACE MACRO is_short(printed) AS
  printed IS NULL
  OR (
    LENGTH(printed) <= 11
    AND (
      STRPOS(printed, '.') = 0
      OR LENGTH(printed) - STRPOS(printed, '.') <= 6
    )
  );

-- A short printed number times a factor, exactly. DuckDB reads a DECIMAL of 18 digits from text 200 times as fast as one
-- of 38.
CREATE OR REPLACE MACRO times(printed, factor) AS
  CAST(TRY_CAST(printed AS DECIMAL(18, 6)) * CAST(factor AS DECIMAL(19, 9)) AS DECIMAL(38, 18));

-- A number by which rows about the same subject are kept together.
CREATE OR REPLACE MACRO code_of(slug) AS
  CAST(HASH(slug) >> 33 AS INTEGER);

-- One number for all that a statement says of its figure: statements that say the same have the same.
CREATE OR REPLACE MACRO all_said(number, low, high, symbol) AS
  HASH(ROW(number, low, high, symbol));

-- A DECIMAL(38, 18) without exponent and trailing zeros.
CREATE OR REPLACE MACRO plain(number) AS
  trimmed(CAST(number AS VARCHAR));

-- high - low, where high is not below low; nothing where that has one digit more than a DECIMAL(38, 18) holds.
CREATE OR REPLACE MACRO within(high, low) AS
  TRY(high - low);

-- What high - low is more than 10^20, which is taken off high in two steps that fit.
CREATE OR REPLACE MACRO beyond(high, low) AS
  TRY(high - 50000000000000000000 - 50000000000000000000 - low);

-- The two as text, exactly.
CREATE OR REPLACE MACRO distance_of(within, beyond) AS
  COALESCE(plain(within), '1' || trimmed(LPAD(CAST(beyond AS VARCHAR), 39, '0')));

-- high - low as text, exactly, where high is not below low.
CREATE OR REPLACE MACRO distance(high, low) AS
  distance_of(within(high, low), beyond(high, low));

-- later - earlier as text, exactly.
CREATE OR REPLACE MACRO difference(later, earlier) AS
  CASE
    WHEN later >= earlier THEN distance(later, earlier)
    ELSE '-' || distance(earlier, later)
  END;

-- The slug that a slug was merged into, or itself, before the stretch of the log of which rows are written.
CREATE OR REPLACE MACRO kept(slug) AS
  COALESCE(GETVARIABLE('kept')[1 + CAST(HASH(slug) % GETVARIABLE('kept_buckets') AS BIGINT)][slug], slug);

-- The items of a list, each with its place, in order of the items.
CREATE OR REPLACE MACRO with_places(items) AS
  LIST_SORT(LIST_TRANSFORM(items, lambda item, place: {'item': item, 'place': place}));

-- Of these, the items that differ from the one before, in order of their places.
CREATE OR REPLACE MACRO first_of_each(placed) AS
  LIST_TRANSFORM(
    [placed],
    lambda all_placed: LIST_TRANSFORM(
      LIST_SORT(
        LIST_TRANSFORM(
          LIST_FILTER(
            all_placed,
            lambda one, number: number = 1 OR one.item IS DISTINCT FROM all_placed[number - 1].item
          ),
          lambda one: {'place': one.place, 'item': one.item}
        )
      ),
      lambda one: one.item
    )
  )[1];

-- A list without repetitions, each item at its first place. Items are sorted: to look for each of them in the list takes
-- the square of its length. (What a macro is given stands in a lambda as it was written, and is computed for each item
-- there; so `first_of_each` gives its list a name first.)
CREATE OR REPLACE MACRO once(items) AS
  CASE WHEN LEN(items) > 1 THEN first_of_each(with_places(items)) ELSE items END;

-- Among sayings in turn, the last value of a field: of those that give it, or change it, perhaps to nothing.
CREATE OR REPLACE MACRO said_last(value, field, changed, turn) AS
  ARG_MAX_NULL(value, turn) FILTER (WHERE value IS NOT NULL OR LIST_CONTAINS(changed, field));

-- Which event said it.
CREATE OR REPLACE MACRO said_by(value, field, changed, turn, event) AS
  ARG_MAX(event, turn) FILTER (WHERE value IS NOT NULL OR LIST_CONTAINS(changed, field));

-- A number by which the statements of publishers are ranked: primary ones before others, then those that are shown later,
-- then those that were recorded later. (2^110 is more than any moment in microseconds times 2^50; 2^50 than any position.)
CREATE OR REPLACE MACRO rank_of(is_primary, shown_from, place) AS
  CASE WHEN is_primary THEN 1298074214633706907132624082305024 ELSE CAST(0 AS HUGEINT) END
  + CAST(EPOCH_US(shown_from) AS HUGEINT) * 1125899906842624
  + place;

-- That rank where publishers are preferred: those before all others whose `preferred` is more than 0, the largest first.
CREATE OR REPLACE MACRO preferred_rank(preferred, rank) AS
  CAST(COALESCE(preferred, 0) AS HUGEINT) * 2596148429267413814265248164610048 + rank;

-- The family of a canonical unit: what it is the unit of (mass, money, price, mass_rate). `plain_family`, which is made from
-- the ledger's table of units, knows those without a denominator.
CREATE OR REPLACE MACRO unit_family(unit) AS
  COALESCE(
    plain_family(unit),
    CASE
      WHEN REGEXP_FULL_MATCH(unit, '[A-Z]{3}') THEN 'money'
      WHEN SPLIT_PART(unit, '/', 2) IN ('yr', 'quarter', 'month', 'day')
        THEN plain_family(SPLIT_PART(unit, '/', 1)) || '_rate'
      WHEN plain_family(SPLIT_PART(unit, '/', 2)) = 'mass' THEN 'price'
      ELSE 'price_per_' || plain_family(SPLIT_PART(unit, '/', 2))
    END
  );

-- A name as it is compared with what people type: in lower case, without accents, points and apostrophes, with one space
-- for any number of spaces, hyphens and underscores.
CREATE OR REPLACE MACRO folded(name) AS
  TRIM(REGEXP_REPLACE(REGEXP_REPLACE(LOWER(STRIP_ACCENTS(name)), '[.,''’]', '', 'g'), '[\s_-]+', ' ', 'g'));
