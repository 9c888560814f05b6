"""An example or two of every command, which `--help` shows. Those that read can be asked of the shipped ledger."""

from collections.abc import Mapping

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "serve": ("supply-ledger serve --data data", "supply-ledger serve --port 0 --log-format json"),
    "demo": ("supply-ledger demo", "supply-ledger demo --no-serve"),
    "mcp": ("supply-ledger mcp --data data", "supply-ledger mcp --http --port 8001"),
    "keys": ("supply-ledger keys create feeder --scope append --expires 90d", "supply-ledger keys list"),
    "hooks": (
        "supply-ledger hooks add https://example.org/in --filter publisher=usgs",
        "supply-ledger hooks add https://example.org/in --when 'changed>5%'",
        "supply-ledger hooks list",
    ),
    "append": ("supply-ledger append fact.json --dry-run", "cat facts.json | supply-ledger append"),
    "import": (
        "supply-ledger import events.jsonl",
        "supply-ledger import report.csv --mapping report.json --dry-run",
    ),
    "export": ("supply-ledger export copy", "supply-ledger export copy --segments"),
    "mapping": ("supply-ledger mapping suggest report.csv", "supply-ledger mapping list"),
    "template": ("supply-ledger template figures.xlsx",),
    "erase": ("supply-ledger erase EVENT --reason personal_data --explanation 'Asked for'",),
    "verify": ("supply-ledger verify",),
    "backup": ("supply-ledger backup ledger.backup",),
    "restore": (
        "supply-ledger restore ledger.backup --data restored",
        "supply-ledger restore s3://bucket/ledger --data restored",
    ),
    "partitions": ("supply-ledger partitions copy --buckets 4", "supply-ledger partitions copy --check"),
    "spark": ("supply-ledger spark figures --as-of 2025 --from versions --to answers",),
    "config": ("supply-ledger config",),
    "doctor": ("supply-ledger doctor",),
    "figures": (
        "supply-ledger figures --subject china --metric mine_production",
        "supply-ledger figures --publisher usgs --period-from 2024 --as-of 2025-03-31",
        "supply-ledger figures --material rare-earths --format csv",
    ),
    "policies": (
        "supply-ledger policies --jurisdiction china --as-of 2025-11-01",
        "supply-ledger policies --effective-at 2027-01-01",
    ),
    "agreements": ("supply-ledger agreements --as-of 2025-10-31",),
    "facilities": ("supply-ledger facilities --effective-at 2028-01-01",),
    "links": ("supply-ledger links --as-of 2025-12-31",),
    "commitments": ("supply-ledger commitments --as-of 2025-12-31",),
    "risks": ("supply-ledger risks",),
    "relationships": ("supply-ledger relationships --as-of 2025-12-31",),
    "statements": ("supply-ledger statements --limit 20",),
    "catalogue": ("supply-ledger catalogue",),
    "entities": ("supply-ledger entities --q lynas",),
    "check": ("supply-ledger check report.md", "supply-ledger check report.md --written 2025-07-28 -o checked.md"),
    "asof": ("supply-ledger asof questions.csv -o answers.parquet",),
    "events": (
        "supply-ledger events --type PolicySuspended",
        "supply-ledger events --after 100 --limit 20 --format jsonl",
    ),
    "sql": ("supply-ledger sql 'SELECT publisher, COUNT(*) FROM figures GROUP BY 1'",),
    "history": ("supply-ledger history --subject china --metric mine_production --period 2023",),
    "search": ("supply-ledger search --q 'china quota 2023'",),
    "vintages": ("supply-ledger vintages --subject china --metric mine_production",),
    "revisions": ("supply-ledger revisions --publisher usgs",),
    "uncertainty": ("supply-ledger uncertainty --metric mine_production --publisher usgs",),
    "diff": (
        "supply-ledger diff --from-as-of 2025-01-31 --to-as-of 2025-12-31",
        "supply-ledger diff --resource policies --from-as-of 2025-11-01",
    ),
    "slips": ("supply-ledger slips --resource facilities",),
    "impact": ("supply-ledger impact --recorded-from position:100",),
    "reliance": ("supply-ledger reliance --changed true",),
    "influence": ("supply-ledger influence --subject world --metric mine_production",),
    "disputes": ("supply-ledger disputes --status all",),
    "scorecards": ("supply-ledger scorecards --metric mine_production",),
    "preferences": ("supply-ledger preferences --metric mine_production",),
    "freshness": ("supply-ledger freshness --publisher lynas-rare-earths --as-of 2026-11-01",),
    "sums": ("supply-ledger sums --metric mine_production",),
    "definitions": ("supply-ledger definitions",),
    "derived": ("supply-ledger derived --subject china --period 2023",),
    "derived-vintages": ("supply-ledger derived-vintages --subject china --period 2023 --clock ledger",),
    "trace": ("supply-ledger trace --entity lynas-rare-earths --direction downstream",),
    "concentration": ("supply-ledger concentration --metric mine_production --period 2024",),
    "publications": ("supply-ledger publications",),
    "report": ("supply-ledger report --subject china --metric mine_production -o china.html",),
    "checkpoint": ("supply-ledger checkpoint", "supply-ledger checkpoint --check kept.note"),
    "proof": ("supply-ledger proof 1",),
    "receipt": ("supply-ledger receipt figures --subject china --output receipt.json",),
    "witness": ("supply-ledger witness list",),
    "anchor": ("supply-ledger anchor list",),
}


def epilog_of(name: str) -> str | None:
    """What stands below the options of a command: its examples, a line each."""
    examples = EXAMPLES.get(name)
    return None if examples is None else "\n\n".join(("Examples:" if len(examples) > 1 else "Example:", *examples))
