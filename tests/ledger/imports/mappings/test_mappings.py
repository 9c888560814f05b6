"""Mappings: any table becomes events."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from ledger import (
    ImportReport,
    Ledger,
    MappingError,
    TableMapping,
    find_mapping,
    import_file,
    mapping_schema,
    ready_made_mappings,
    save_mapping,
    saved_mappings,
    suggested_mapping,
    with_parameters,
)
from ledger.imports.mappings.table_mapping import parse_mapping

PLACES = [("au", "Australia"), ("br", "Brazil"), ("cn", "China"), ("in", "India"), ("my", "Malaysia")]
SIMPLE = """
name = "simple"
[event]
type = "ProductionReported"
metric = "mine_production"
subject = { from = "{Country}", names = true }
unit = "t"
published_at = "2025-01-31"
source = { publisher = "usgs" }
[[value]]
columns = "(?P<year>[0-9]{4})"
period = "{year}"
"""


@pytest.fixture
def ledger() -> Any:
    registered: list[dict[str, Any]] = [
        {"type": "EntityRegistered", "entity": "usgs", "kind": "organisation", "name": "US Geological Survey"},
        {"type": "EntityRegistered", "entity": "un-comtrade", "kind": "organisation", "name": "UN Comtrade"},
        {"type": "EntityRegistered", "entity": "rare-earth-oxides", "kind": "material", "name": "Rare-earth oxides"},
        {"type": "EntityRegistered", "entity": "world", "kind": "region", "name": "World", "aliases": ["World total"]},
    ]
    for code, name in PLACES:
        identifiers = {"iso2": code.upper(), "iso3": name[:3].upper()}
        registered.append(
            {"type": "EntityRegistered", "entity": name.lower(), "kind": "country", "name": name}
            | {"identifiers": identifiers}
        )
    with Ledger(":memory:") as made:
        made.append(registered)
        yield made


def taken(ledger: Ledger, path: Path, text: str, mapping: TableMapping, **chosen: Any) -> ImportReport:
    path.write_text(text, encoding="utf-8")
    return import_file(ledger, path, mapping=mapping, **chosen)


def bodies(ledger: Ledger, count: int) -> list[dict[str, Any]]:
    return [entry.body for entry in list(ledger.entries())[-count:]]


def test_years_across_become_rows(ledger: Ledger, tmp_path: Path) -> None:
    text = "Country,2023,2024\nChina,240000,270000\nWorld total,376000,\nIN,2900,2900\n"
    report = taken(ledger, tmp_path / "t.csv", text, parse_mapping(SIMPLE.encode()))
    assert (report.recorded, report.errors) == (5, [])
    made = [(one["subject"], one["period"], one["value"]) for one in bodies(ledger, 5)]
    assert made == [
        ("china", "2023", "240000"),
        ("china", "2024", "270000"),
        ("world", "2023", "376000"),
        ("india", "2023", "2900"),
        ("india", "2024", "2900"),
    ]
    again = taken(ledger, tmp_path / "t.csv", text + "Brazil,1,2\n", parse_mapping(SIMPLE.encode()))
    assert (again.recorded, again.duplicate) == (2, 5)


def test_a_name_that_nobody_has_is_told_or_registered(ledger: Ledger, tmp_path: Path) -> None:
    text = "Country,2023\nNew Caledonia,1\nNew Caledonia,1\n"
    report = taken(ledger, tmp_path / "t.csv", text, parse_mapping(SIMPLE.encode()))
    assert [(one["row"], one["rule"]) for one in report.errors] == [(2, "mapping"), (3, "mapping")]
    assert "subject.values" in report.errors[0]["detail"]
    report = taken(ledger, tmp_path / "t.csv", text, parse_mapping(SIMPLE.encode()), register="country")
    assert (report.recorded, report.repeated) == (2, 1)
    assert [one.get("entity") or one["subject"] for one in bodies(ledger, 2)] == ["new-caledonia"] * 2


def test_a_name_that_publishes_further_on_is_an_organisation(ledger: Ledger, tmp_path: Path) -> None:
    mapping = SIMPLE.replace('{ publisher = "usgs" }', '{ publisher = { from = "{By}", names = true } }')
    text = "Country,By,2023\nThe Survey,USGS,1\nChina,The Survey,2\n"
    report = taken(ledger, tmp_path / "t.csv", text, parse_mapping(mapping.encode()), register="country")
    assert report.errors == []
    assert [(one["entity"], one["kind"]) for one in report.registered] == [("the-survey", "organisation")]


def test_a_part_that_the_pattern_of_another_column_has_is_empty(ledger: Ledger, tmp_path: Path) -> None:
    mapping = (
        SIMPLE.replace("[[value]]", 'dimensions = { form = "{form}" }\n[[value]]')
        + """
[[value]]
columns = "(?P<form>Ore) (?P<year>[0-9]{4})"
period = "{year}"
"""
    )
    report = taken(ledger, tmp_path / "t.csv", "Country,2023,Ore 2023\nChina,1,2\n", parse_mapping(mapping.encode()))
    assert report.errors == []
    assert [one.get("dimensions") for one in bodies(ledger, 2)] == [None, {"form": "Ore"}]


def test_a_name_that_two_entities_have_is_nobodys(ledger: Ledger, tmp_path: Path) -> None:
    ledger.append([{"type": "EntityRegistered", "entity": "china-2", "kind": "region", "name": "China"}])
    report = taken(ledger, tmp_path / "t.csv", "Country,2023\nChina,1\n", parse_mapping(SIMPLE.encode()))
    assert report.recorded == 1, "it is a slug of one of them"
    ledger.append([{"type": "EntityRegistered", "entity": "mine-a", "kind": "facility", "name": "The mine"}])
    ledger.append([{"type": "EntityRegistered", "entity": "mine-b", "kind": "facility", "name": "The Mine"}])
    report = taken(ledger, tmp_path / "t.csv", "Country,2023\nThe mine,1\n", parse_mapping(SIMPLE.encode()))
    assert report.rejected == 1


def test_a_cell_that_is_no_number_is_told_with_its_column(ledger: Ledger, tmp_path: Path) -> None:
    report = taken(ledger, tmp_path / "t.csv", 'Country,2023\nChina,"13,000"\n', parse_mapping(SIMPLE.encode()))
    assert [(one["row"], one["pointer"], one["rule"]) for one in report.errors] == [(2, "/2023", "mapping")]
    assert "thousands" in report.errors[0]["detail"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("{Country}", "{Land}"), "there is no column 'Land'; the columns are 'Country', '2023'"),
        (("(?P<year>[0-9]{4})", "Year (?P<year>.*)"), "no column matches"),
        (('"ProductionReported"', '"ProductionDreamt"'), "no event type"),
        (("[[value]]", "[table]\nskip = { Land = ['x'] }\n[[value]]"), "no column 'Land'"),
    ],
)
def test_a_mapping_that_does_not_fit_is_told_before_anything_is_recorded(
    ledger: Ledger, tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    head = ledger.head()
    with pytest.raises(MappingError, match=said.split("(")[0]):
        taken(ledger, tmp_path / "t.csv", "Country,2023\nChina,1\n", parse_mapping(SIMPLE.replace(*change).encode()))
    assert ledger.head() == head


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "no TOML"),
        ("name = 'x'", "event"),
        ("name = 'X Y'\n[event]\ntype = 'QuotaSet'", "no name"),
        ("name = 'x'\nunknown = 1\n[event]\ntype = 'QuotaSet'", "unknown"),
        ("name = 'x'\n[event]\ntype = ['QuotaSet']", "no text"),
        ("name = 'x'\n[event]\nunit = '{a'", "expected"),
        ("name = 'x'\n[event]\nunit = '{a:>3}'", "in braces"),
        ("name = 'x'\n[event]\nunit = { from = '{a}', replace = [['(', 'b']] }", "no pattern"),
        ("name = 'x'\n[event]\n[[value]]\ncolumns = '['", "no pattern"),
        ("name = 'x'\n[event]\n[[value]]\ncolumns = '(a+)+b'", "may never end"),
        ("name = 'x'\n[event]\n[[value]]\ncolumns = '(a{0,99}){0,99}b'", "may never end"),
        ("name = 'x'\n[event]\n[[value]]\ncolumns = '(aa|b)*b'", "may never end"),
        ("name = 'x'\n[event]\n[[value]]\ncolumns = '(?:(?:a?){50})b'", "may never end"),
        ("name = 'x'\n[event]\n[[value]]\ncolumns = '.*.*.*.*b'", "more than 3"),
        ("name = 'x'\n[event]\n[[value]]\ncolumns = '(a)\\1'", "refer back"),
        (f"name = 'x'\n[event]\n[[value]]\ncolumns = '{'a' * 501}'", "longer than"),
        ("name = 'x'\n[event]\n[[value]]\nperiod = '2023'", "columns"),
        ("name = 'x'\n[table]\ndecimal = ','\nthousands = ','\n[event]", "decimal"),
        ("name = 'x'\n[symbols]\nW = 'secret'\n[event]", "withheld"),
        ("name = 'x'\n[table]\nheader_rows = 0\n[event]", "header_rows"),
    ],
)
def test_a_mapping_that_cannot_be_is_told(text: str, said: str) -> None:
    with pytest.raises(MappingError, match=said):
        parse_mapping(text.encode())


def test_parameters_are_said_or_asked_for() -> None:
    mapping = ready_made_mappings()["alfred-wide"]
    with pytest.raises(MappingError, match="--set subject"):
        with_parameters(mapping, {})
    with pytest.raises(MappingError, match="no parameter 'sbject'"):
        with_parameters(mapping, {"sbject": "china"})


def test_mappings_are_saved_by_name_and_version(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    for version in (1, 2, 10):
        file.write_text(SIMPLE.replace('"simple"', f'"simple"\nversion = {version}\nabout = "v{version}"'))
        save_mapping(file, tmp_path)
        save_mapping(file, tmp_path)
    assert [path.stem for path in saved_mappings(tmp_path)["simple"]] == ["simple@1", "simple@2", "simple@10"]
    assert find_mapping("simple", tmp_path).about == "v10"
    assert find_mapping("simple@2", tmp_path).about == "v2"
    file.write_text(file.read_text() + "# changed\n")
    with pytest.raises(MappingError, match="next version"):
        save_mapping(file, tmp_path)
    for name in ready_made_mappings():
        file.write_text(SIMPLE.replace('"simple"', f'"{name}"\nversion = 99'))
        with pytest.raises(MappingError, match=f"{name} comes with the program: give this one another name"):
            save_mapping(file, tmp_path)
    assert list(saved_mappings(tmp_path)) == ["simple"]
    with pytest.raises(MappingError, match="there is no mapping 'simple@3'"):
        find_mapping("simple@3", tmp_path)
    with pytest.raises(MappingError, match="alfred-wide"):
        find_mapping("simpel", None)


def test_the_schema_describes_a_mapping() -> None:
    properties = mapping_schema()["properties"]
    assert {"name", "version", "table", "symbols", "event", "value", "parameters"} <= set(properties)
    assert set(tomllib.loads(SIMPLE)) <= set(properties)
    assert parse_mapping(json.dumps(tomllib.loads(SIMPLE)).encode(), is_json=True) == parse_mapping(SIMPLE.encode())


# Those that come with the program, on tables in the shape of their sources


def years(first: int, count: int) -> list[int]:
    return list(range(first, first + count))


def test_a_table_of_the_usgs(ledger: Ledger, tmp_path: Path) -> None:
    kind = '"Mine production, metric tons of oxide equivalent"'
    lines = ["Source,Country,Type,Prod_t_2023,Prod_t_est_2024,Prod_notes,Reserves_t,Reserves_notes"]
    for number in range(40):
        lines.append(f'MCS2025,Country {number} ,{kind},{1000 + number},"{10 + number},000",1,{number}000000,')
    lines += [
        f"MCS2025,Russia,{kind},W,NA,,3800000,",
        f"MCS2025,Other countries,{kind},\N{EM DASH},1100,,NA,",
        f'MCS2025,World total (rounded),{kind},376000,390000,,">90,000,000",',
    ]
    mapping = with_parameters(ready_made_mappings()["usgs-mcs-world"], {"published_at": "2025-01-31"})
    text = "\ufeff" + "\r\n".join(lines) + "\r\n"
    report = taken(ledger, tmp_path / "MCS2025_World_Data.csv", text, mapping, register="country")
    assert (report.rejected, report.recorded) == (0, 43 * 3 + 42), report.errors[:3]
    facts = [one for one in bodies(ledger, report.recorded) if "subject" in one]
    assert {one["subject"] for one in facts[-3:]} == {"world"}
    assert facts[-1]["low"] == "90000000"
    russia = [one for one in facts if one["subject"] == "russia"]
    assert [one.get("symbol") or one["value"] for one in russia] == ["withheld", "not_available", "3800000"]
    assert [one.get("status") for one in russia] == [None, "estimated", None]
    assert facts[1]["value"] == "10000"
    assert facts[0]["source"]["edition"] == "MCS2025"


SALIENT = "DataSource,Commodity,Year,USprod_Mine_t,Imports_Metal_kg,Imports_t,Exports_t,Consump_Apparent_t,Price_dt,\
Price_Oxide_dkg,Price_US_ctslb,Stocks_t,Employment_num,NIR_pct,Price_Alloy_index"


def test_salient_statistics_of_the_usgs(ledger: Ledger, tmp_path: Path) -> None:
    commodities = ("Gallium", "Lithium", "Rare earths", "Niobium", "Tellurium", "Indium", "Rhenium", "Yttrium")
    lines = [SALIENT]
    for number, commodity in enumerate(commodities):
        for year in years(2020, 5):
            mined = ("W", "--", f'"{43 + number},000"', "12000e", "Less than \N{VULGAR FRACTION ONE HALF} unit")[
                year % 5
            ]
            relied = ("E", ">50", "<25", "100", "Net exporter")[year % 5]
            staff = ("NA", "350", "", "75", "XX")[year % 5]
            cents = ("31", "1,231.5", "100", ">520", "W")[year % 5]
            traded = f"{number}{year},1{year}.5,{number + 1},{year + 7}00"
            priced = f'14{year}0,{number}.25,"{cents}",{year - 2000}'
            lines.append(f"MCS2025,{commodity},{year},{mined},{traded},{priced},{staff},{relied},7")
    mapping = with_parameters(ready_made_mappings()["usgs-mcs-salient"], {"published_at": "2025-01-31"})
    path = tmp_path / "mcs2025_salient.csv"
    path.write_bytes("\r\n".join(lines).encode("cp1252"))
    report = import_file(ledger, path, mapping=mapping, register="country")
    assert report.errors == []
    registered = {one["name"]: one["kind"] for one in report.registered}
    assert registered == {"United States": "country", **dict.fromkeys(commodities, "material")}
    assert report.recorded == len(registered) + 40 * 11 - 8  # of the employment, one of five cells is empty
    assert "takes nothing from the columns Price_Alloy_index" in report.notes[0]
    assert (
        "multiplies by 0.01 the numbers in Price_US_ctslb; as printed they stay in the events' notes" in report.notes[1]
    )
    facts = {
        (one["metric"] if "metric" in one else one["unit"], one["period"], one.get("dimensions", {}).get("form")): one
        for one in bodies(ledger, report.recorded)
        if one.get("material") == "rare-earths"
    }
    form = "Mine"
    made = [facts.get(("t", str(year), form)) for year in years(2020, 5)]
    said = [one and (one.get("symbol") or one.get("value") or f"<{one['high']}") for one in made]
    assert said == ["withheld", "0", "45000", "12000", "<0.5"]
    assert made[3] is not None
    assert made[3]["status"] == "estimated"
    reliance = [facts["net_import_reliance", str(year), None] for year in years(2020, 5)]
    said = [one.get("symbol") or one.get("low") or one.get("high") or one["value"] for one in reliance]
    assert said == ["net_exporter", "50", "25", "100", "net_exporter"]
    assert facts["USD/kg", "2024", "Oxide"]["value"] == "2.25"
    prices = [facts["USD/lb", str(year), "US"] for year in years(2020, 5)]
    said = [one.get("symbol") or one.get("low") or one["value"] for one in prices]
    assert said == ["0.31", "12.315", "1.00", "5.20", "withheld"]
    assert [one.get("note") for one in prices][1:] == [
        "Printed 1,231.5, times 0.01",
        "Printed 100, times 0.01",
        "Printed >520, times 0.01",
        None,
    ]
    assert facts["import_volume", "2024", "Metal"]["unit"] == "kg"
    assert facts["stocks", "2024-12-31", None]["value"] == "24"
    assert facts["persons", "2021", None]["value"] == "350"
    assert {one["source"]["edition"] for one in facts.values()} == {"MCS2025"}


def test_a_table_with_none_of_the_columns_is_told(ledger: Ledger, tmp_path: Path) -> None:
    mapping = with_parameters(ready_made_mappings()["usgs-mcs-salient"], {"published_at": "2025-01-31"})
    with pytest.raises(MappingError, match="no column matches"):
        taken(ledger, tmp_path / "t.csv", "DataSource,Commodity,Year,x\nMCS2025,Gold,2024,1\n", mapping)


def test_a_wide_table_of_vintages(ledger: Ledger, tmp_path: Path) -> None:
    days = [f"{year}-01-01" for year in years(1980, 45)]
    head = "observation_date,MINEUS_20240131,MINEUS_20250131,MINEUS_20260206"
    lines = [f"{day},{1000 + n},{1000 + n},{'.' if n > 43 else 1001 + n}" for n, day in enumerate(days)]
    said = {"subject": "world", "metric": "mine_production", "unit": "t", "publisher": "usgs"}
    mapping = with_parameters(ready_made_mappings()["alfred-wide"], said)
    report = taken(ledger, tmp_path / "a.csv", "\n".join([head, *lines]), mapping)
    assert (report.rejected, report.recorded) == (0, 3 * 45 - 1)
    first = bodies(ledger, report.recorded)[0]
    assert (first["period"], first["published_at"], first["source"]["reference"]) == ("1980", "2024-01-31", "MINEUS")


@pytest.mark.parametrize("version", [1, 2])
def test_a_table_of_sdmx(ledger: Ledger, tmp_path: Path, version: int) -> None:
    first = "DATAFLOW" if version == 1 else "STRUCTURE,STRUCTURE_ID,ACTION"
    value = "EX:DF_MIN(1.0)" if version == 1 else "dataflow,EX:DF_MIN(1.0),I"
    lines = [f"{first},FREQ,REF_AREA,COMMODITY,TIME_PERIOD,OBS_VALUE,OBS_STATUS,UNIT_MEASURE,UNIT_MULT,DECIMALS"]
    for number, (code, _) in enumerate(PLACES):
        for year in years(2015, 9):
            lines.append(f"{value},A,{code.upper()},REO,{year},{number + 1}.5,{'APE'[year % 3]},T,3,1")
    lines += [f"{value},S,AU,REO,2024-S1,9.2,E,T,3,1", f"{value},M,AU,REO,2024-M03,,M,T,3,1"]
    said = {"metric": "mine_production", "publisher": "usgs", "published_at": "2025-06-30"}
    mapping = with_parameters(ready_made_mappings()["sdmx-csv"], said)
    report = taken(ledger, tmp_path / "s.csv", "\n".join(lines), mapping)
    assert (report.rejected, report.recorded) == (0, 46), report.errors[:3]
    *_, last = bodies(ledger, 1)
    assert (last["subject"], last["period"], last["value"], last["unit"]) == ("australia", "2024-H1", "9.2", "kt")
    assert last["status"] == "estimated"


def test_a_table_of_issues(ledger: Ledger, tmp_path: Path) -> None:
    lines = ["geo_value,time_value,issue,lag,value,stderr,sample_size"]
    for code, _ in PLACES:
        for day in range(1, 10):
            lines.append(f"{code},202401{day:02},202402{day:02},31,{day}.25,NA,NA")
    lines.append("au,20240101,20240301,60,NA,NA,NA")
    mapping = with_parameters(
        ready_made_mappings()["issue-table"], {"metric": "admissions", "unit": "persons", "publisher": "usgs"}
    )
    report = taken(ledger, tmp_path / "i.csv", "\n".join(lines), mapping)
    assert (report.rejected, report.recorded) == (0, 45)
    first = bodies(ledger, 45)[0]
    assert (first["subject"], first["period"], first["published_at"]) == ("australia", "2024-01-01", "2024-02-01")


def test_a_table_of_comtrade(ledger: Ledger, tmp_path: Path) -> None:
    lines = ["typeCode,freqCode,period,reporterISO,flowCode,partnerISO,cmdCode,netWgt,primaryValue"]
    for _, name in PLACES:
        for month in range(1, 9):
            lines.append(
                f"C,M,2024{month:02},{name[:3].upper()},{'XM'[month % 2]},W00,280530,{month}000.5,{month}00.25"
            )
    lines.append("C,M,202401,AUS,RX,W00,280530,1,1")
    lines.append("C,M,202401,AUS,X,JPN,280530,,77")
    mapping = with_parameters(ready_made_mappings()["un-comtrade"], {"published_at": "2025-02"})
    report = taken(ledger, tmp_path / "c.csv", "\n".join(lines), mapping)
    assert (report.rejected, report.recorded) == (0, 81), report.errors[:3]
    made = bodies(ledger, 81)
    assert {one["metric"] for one in made} == {"export_value", "import_value", "export_volume", "import_volume"}
    assert made[-1]["dimensions"] == {"partner": "JPN", "hs": "280530"}


def test_a_wide_sheet_of_excel_in_three_commands(ledger: Ledger, tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.append(["subject", "metric", "unit", *years(2019, 6)])
    for number in range(60):
        name = PLACES[number % 5][1]
        page.append([name, f"metric_{number}", "t", number + 0.5, number, "W", None, f"{number + 1},000", "n.a."])
    book.save(tmp_path / "wide.xlsx")
    mapping = with_parameters(ready_made_mappings()["wide-years"], {"publisher": "usgs", "published_at": "2025-03-01"})
    report = import_file(ledger, tmp_path / "wide.xlsx", mapping=mapping)
    assert (report.rejected, report.recorded) == (0, 300), report.errors[:3]
    assert bodies(ledger, 300)[0]["value"] == "0.5"


def test_what_is_wrong_in_a_column_of_a_sheet_matters_where_it_is_looked_at(ledger: Ledger, tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["Country", 2023, "growth"], ["China", 1, "=1/0"], ["India", "#DIV/0!", "x"]):
        book.worksheets[0].append(row)
    book.save(tmp_path / "t.xlsx")
    report = import_file(ledger, tmp_path / "t.xlsx", mapping=parse_mapping(SIMPLE.encode()), mode="proceed")
    assert report.recorded == 1
    assert [(one["row"], one["pointer"]) for one in report.errors] == [(3, "/2023")]


def test_a_fault_of_a_row_is_told_once_and_not_for_each_column_of_values(ledger: Ledger, tmp_path: Path) -> None:
    years = range(2000, 2030)
    rows = "".join(f"{name}{',1' * 29},x\n" for name in ("Narnia", "China", "Oz", "Narnia"))
    text = f"Country,{','.join(map(str, years))}\n{rows}"
    report = taken(ledger, tmp_path / "t.csv", text, parse_mapping(SIMPLE.encode()), mode="proceed", verdicts=True)
    assert (report.recorded, report.rejected) == (29, 3 * 29 + 4)
    told = [(one["rows"], one["count"], one["pointer"]) for one in (fault.as_dict() for fault in report.faults)]
    assert told == [("2, 5", 60, "/Country"), ("2-5", 4, "/2029"), ("4", 30, "/Country")]
    assert report.verdicts is not None
    assert [text.count("Country: no registered") for text in report.verdicts.values()] == [1, 0, 1, 1]


def test_a_fault_of_the_name_of_a_column_is_told_of_that_column(ledger: Ledger, tmp_path: Path) -> None:
    text = SIMPLE.replace('{ from = "{Country}", names = true }', '{ from = "{place}", names = true }')
    mapping = text.replace("(?P<year>[0-9]{4})", "(?P<place>[A-Z]+) (?P<year>[0-9]{4})")
    report = taken(ledger, tmp_path / "t.csv", "n,OZ 2023,IND 2023\n1,1,1\n", parse_mapping(mapping.encode()))
    assert [one["pointer"] for one in report.errors] == ["/OZ 2023"]


@pytest.mark.parametrize("column", ["2024\u00b2", "2024 (t)", "FY2024"])
def test_a_column_that_no_longer_fits_is_named(ledger: Ledger, tmp_path: Path, column: str) -> None:
    text = f"Country,2023,{column},verdict\nChina,1,2,\n"
    for dry_run in (True, False):
        report = taken(ledger, tmp_path / "t.csv", text, parse_mapping(SIMPLE.encode()), dry_run=dry_run)
        assert (report.recorded, report.rejected) == (1, 0)
        assert report.notes == [f"The mapping simple takes nothing from the columns {column}"]
    report = taken(ledger, tmp_path / "t.csv", "Country,2023\nChina,1\n", parse_mapping(SIMPLE.encode()))
    assert report.notes == []


def test_a_header_that_stands_once_more_is_skipped_and_said(ledger: Ledger, tmp_path: Path) -> None:
    text = "Country,2023,2024\nChina,1,2\nCountry, 2023,2024,\nIndia,3,4\nCountry,2023,2025\n"
    options: dict[str, Any] = {"mode": "proceed", "register": "country"}
    report = taken(ledger, tmp_path / "t.csv", text, parse_mapping(SIMPLE.encode()), **options)
    assert report.notes == ["The header stands once more in row 3, which was skipped"]
    assert [one["row"] for one in report.registered] == [6 - 1], "what differs from the header is a row"
    many = "Country,2023\n" * 30 + "China,1\n"
    report = taken(ledger, tmp_path / "t.csv", many, parse_mapping(SIMPLE.encode()), **options)
    listed = ", ".join(map(str, range(2, 22)))
    assert report.notes == [f"The header stands once more in rows {listed} and 9 more, which were skipped"]


def test_of_a_header_of_two_rows_each_may_stand_once_more(ledger: Ledger, tmp_path: Path) -> None:
    header = ",Output,\nCountry,2023,2024\n"
    mapping = SIMPLE.replace("[event]", "[table]\nheader_rows = 2\n[event]").replace('"(?P', '"Output (?P')
    report = taken(ledger, tmp_path / "t.csv", f"{header}China,1,2\n{header}", parse_mapping(mapping.encode()))
    assert (report.recorded, report.rejected) == (2, 0)
    assert report.notes == ["The header stands once more in rows 4, 5, which were skipped"]


# Drafts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Country;2023;2024\nChina;1.234,5;W\nIndia;7,25;\n", ['decimal = ","', 'thousands = "."', "'W' = 'withheld'"]),
        ("Land,Metric,Unit,Period,Value\nx,m,t,2023,5\n", ["value = '{Value}'", "metric = '{Metric}'"]),
        ('Country,t 2023,note\nChina,"13,000",x\n', ['thousands = ","', "Not used: note"]),
        ("geo,time,value\nx,2023,1\n", ["period = '{time}'"]),
        (
            'Country,Output 1,Output 2\nChina,5,W\nIndia,"1,000",6\n',
            ["nothing says yet where the numbers are. Numbers are in: Output 1, Output 2", "# value = '{COLUMN}'"],
        ),
        ("Country,Note\nChina,much\n", ["No column has numbers in half of its rows"]),
    ],
)
def test_a_draft_says_what_it_guessed_and_can_be_read(tmp_path: Path, text: str, parts: list[str]) -> None:
    path = tmp_path / "table of mine.csv"
    path.write_text(text, encoding="utf-8")
    with path.open("rb") as file:
        draft = suggested_mapping(file, path.name)
    for part in parts:
        assert part in draft
    mapping = parse_mapping(draft.encode())
    assert mapping.name == "table-of-mine"
    assert "publisher" in mapping.parameters


def test_a_draft_becomes_an_import(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "production.csv"
    path.write_text("Country;2023;2024\nChina;240.000,5;270.000\nIndia;2.900;W\n", encoding="utf-8")
    with path.open("rb") as file:
        draft = suggested_mapping(file, path.name)
    said = {"publisher": "usgs", "published_at": "2025-01-31", "metric": "mine_production", "unit": "t"}
    report = import_file(ledger, path, mapping=with_parameters(parse_mapping(draft.encode()), said))
    assert (report.recorded, report.errors) == (4, [])
    assert [one.get("value") for one in bodies(ledger, 4)] == ["240000.5", "270000", "2900", None]
