"""Subject columns: the column of a table that says whom or what its figures are about.

In front of it there may be a coarser one, a region or a continent. So what its cells are counts before where it stands:
names of countries and of companies before those of regions; and its header: `Country`, `Producer`.
"""

import re
from collections.abc import Mapping, Sequence

_HEADS = re.compile(
    r"countr|econom|nation|reporter|compan|producer|operator|organi[sz]ation|entity|subject|"
    r"^(?:land|staat|l[aä]nder|unternehmen|pa[ií]s(?:es)?|empresa|pays|soci[ée]t[ée])\b",
    re.IGNORECASE,
)
_COMPANIES = re.compile(r"compan|producer|operator|organi[sz]ation|unternehmen|empresa|soci[ée]t[ée]", re.IGNORECASE)
_MAY_HEAD = re.compile(r"area|geo|location|name|place|state|territor", re.IGNORECASE)
_COARSE = re.compile(r"region|continent|kontinent|hemisphere|zone|\bbloc\b|regi[óo]n|erdteil", re.IGNORECASE)
_COMPANY = re.compile(
    r"\s(?:inc|ltd|limited|corp|corporation|plc|gmbh|ag|llc|pty|co\. ltd|company|s\.a|nv|group|holdings?)\b\.?$",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"\s*(?:,|\(|\[| - ).*$")


def _names(text: str) -> frozenset[str]:
    return frozenset(" ".join(text.split()).split("; "))


_COUNTRIES = _names(
    """
    afghanistan; albania; algeria; andorra; angola; argentina; armenia; australia; austria; azerbaijan; bahamas;
    bahrain; bangladesh; barbados; belarus; belgium; belize; benin; bhutan; bolivia; bosnia and herzegovina; botswana;
    brazil; brunei; bulgaria; burkina faso; burma; burundi; cabo verde; cambodia; cameroon; canada;
    central african republic; chad; chile; china; colombia; comoros; congo; congo (kinshasa); costa rica;
    cote d'ivoire; côte d'ivoire; croatia; cuba; cyprus; czech republic; czechia; democratic republic of the congo;
    dr congo; denmark; djibouti; dominica; dominican republic; ecuador; egypt; el salvador; equatorial guinea;
    eritrea; estonia; eswatini; ethiopia; fiji; finland; france; french guiana; gabon; gambia; georgia; germany;
    ghana; greece; greenland; grenada; guatemala; guinea; guinea-bissau; guyana; haiti; honduras; hong kong; hungary;
    iceland; india; indonesia; iran; iraq; ireland; israel; italy; ivory coast; jamaica; japan; jordan; kazakhstan;
    kenya; kosovo; kuwait; kyrgyzstan; laos; latvia; lebanon; lesotho; liberia; libya; lithuania; luxembourg; macao;
    madagascar; malawi; malaysia; maldives; mali; malta; mauritania; mauritius; mexico; moldova; mongolia; montenegro;
    morocco; mozambique; myanmar; namibia; nepal; netherlands; new caledonia; new zealand; nicaragua; niger; nigeria;
    north korea; north macedonia; norway; oman; pakistan; panama; papua new guinea; paraguay; peru; philippines;
    poland; portugal; puerto rico; qatar; romania; russia; russian federation; rwanda; saudi arabia; senegal; serbia;
    sierra leone; singapore; slovakia; slovenia; solomon islands; somalia; south africa; south korea; south sudan;
    spain; sri lanka; sudan; suriname; sweden; switzerland; syria; taiwan; tajikistan; tanzania; thailand; the gambia;
    the netherlands; timor-leste; togo; trinidad and tobago; tunisia; turkey; türkiye; turkiye; turkmenistan; uganda;
    ukraine; united arab emirates; united kingdom; united states; united states of america; usa; uk; u.s.; uruguay;
    uzbekistan; vanuatu; venezuela; viet nam; vietnam; western sahara; yemen; zambia; zimbabwe; korea;
    republic of korea; australien; brasilien; deutschland; frankreich; indien; kanada; russland; südafrika;
    vereinigte staaten; brasil; estados unidos; rusia; sudáfrica; chine; états-unis; inde; russie
    """
)
_REGIONS = _names(
    """
    africa; america; americas; antarctica; asia; asia pacific; asia-pacific; apac; australasia; caribbean;
    central america; central asia; cis; east asia; eastern europe; emea; eu; eu27; eu-27; europe; european union;
    latin america; middle east; north africa; north america; northern america; oceania; pacific; rest of world;
    south america; south asia; southeast asia; sub-saharan africa; west africa; western europe; world; afrika;
    amerika; asien; europa; ozeanien; afrique; asie; amérique
    """
)


def subject_column(columns: Mapping[str, Sequence[str]]) -> str | None:
    """The column that looks most like one of subjects; of several alike, the first."""
    ranks = {name: _rank(name, cells) for name, cells in columns.items()}
    best = max(ranks, key=lambda name: ranks[name], default=None)
    return best if best is not None and ranks[best] else None


def are_companies(name: str, cells: Sequence[str]) -> bool:
    """Whether a column is one of companies, by its header or by most of its cells."""
    if _COMPANIES.search(name):
        return True
    said = {cell for cell in cells if cell}
    return bool(said) and sum(_COMPANY.search(cell) is not None for cell in said) * 2 >= len(said)


def _rank(name: str, cells: Sequence[str]) -> int:
    """How much a column looks like one of subjects."""
    said = {cell.casefold() for cell in cells if cell}
    known = sum(_is_known(cell) for cell in said)
    if said and known * 2 >= len(said):
        return 5 if _HEADS.search(name) else 4
    is_coarse = bool(said) and sum(cell in _REGIONS for cell in said) * 2 >= len(said)
    if _HEADS.search(name):
        return 3 if is_coarse else 4
    if _MAY_HEAD.search(name):
        return 1 if is_coarse else 2
    return 1 if _COARSE.search(name) or is_coarse else 0


def _is_known(cell: str) -> bool:
    return cell in _COUNTRIES or _SEVERAL.sub("", cell) in _COUNTRIES or _COMPANY.search(cell) is not None
