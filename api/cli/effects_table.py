"""What a dry run would do to answers, as a table on the terminal."""

from collections.abc import Sequence
from typing import Any

from api.cli.session import engine_beside
from api.cli.terminal import console, text_table
from api.questions.effects import effects
from api.settings import DataPlace
from ledger import Entry, Ledger

SHOWN_MAX = 20
"""So many of the answers that would be others are shown; all are counted."""
_WHICH = ("subject", "metric", "material", "period")
_NO_NAME = ("resource", "before", "after")


def print_effects(ledger: Ledger, entries: Sequence[Entry], data: DataPlace | None) -> None:
    """Say how many answers there would be that are not there yet, and show those that would be others or gone."""
    if not entries:
        return
    with engine_beside(ledger, data) as engine:
        found = effects(engine, entries, engine.viewpoint())
    there = [one for one in found.listed if one["before"] is not None]
    changed = [one for one in there if _said(one["before"]) != _said(one["after"])]
    again = len(there) - len(changed)
    more = f", and {found.more} more that are not looked at" if found.more else ""
    console().print(
        f"Answers as of now: {len(found.listed) - len(there)} new, {len(changed)} changed, {again} said again{more}.",
        highlight=False,
    )
    if changed:
        rows = [[_which(one), _said(one["before"]), _said(one["after"])] for one in changed[:SHOWN_MAX]]
        console().print(text_table("Answers that would change", ["what", "before", "after"], rows))
    if len(changed) > SHOWN_MAX:
        console().print(f"There are {len(changed) - SHOWN_MAX} more, which are not listed.", highlight=False)


def _which(effect: dict[str, Any]) -> str:
    if "figure_id" in effect:
        item = effect["before"] or effect["after"]
        return " ".join(item[name] for name in _WHICH if item[name])
    return " ".join(str(value) for name, value in effect.items() if name not in _NO_NAME and value is not None)


def _said(item: dict[str, Any] | None) -> str:
    """What an item amounts to: a number with its unit, a range, a symbol; or a status and since when."""
    if item is None:
        return "no answer"
    if "figure_id" in item:
        bounds = f"{item['low'] or ''} to {item['high'] or ''}".strip() if item["low"] or item["high"] else None
        amount = item["value"] or bounds or item["symbol"]
        return f"{amount} {item['unit']}" if item["symbol"] is None else str(amount)
    since = f" from {item['effective_from']}" if item.get("effective_from") else ""
    return f"{item.get('status', '')}{since}"
