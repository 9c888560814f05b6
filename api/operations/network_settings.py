"""Settings that are dangerous on a network, and keys that let in nobody or too many."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from pathlib import Path

from api.keys.key_file import KEYS_FILE, Key, KeyFile, KeysUnreadable, now_us
from api.keys.scopes import Scope
from api.operations.health_findings import Finding, fault, warning, well
from api.settings import CORS_ORIGINS, HOSTS, PROXIES, QUESTION_MEMORY, QUESTION_SECONDS, SETTINGS, VERIFY_HOURS
from api.settings_file import BadSetting


def of_settings(environment: Mapping[str, str]) -> Iterator[Finding]:
    """What is set in the environment."""
    try:
        for setting in SETTINGS:
            setting.value(environment)
    except BadSetting as error:
        yield fault("settings", str(error), "Set it right: the server does not start.")
        return
    dangers = [*_dangers(environment)]
    yield from dangers
    if not dangers:
        yield well("settings", "none that is dangerous on a network")


def of_keys(directory: Path) -> Finding:
    """The keys that are in force."""
    try:
        keys = KeyFile(directory / KEYS_FILE).listed()
    except KeysUnreadable as error:
        return fault("keys", str(error), "Restore the file, or make new keys with `keys create`.")
    if not keys:
        return well("keys", "none: whoever can reach this machine's own address may read and append")
    return _of_listed(keys, now_us())


def _of_listed(keys: list[Key], now: int) -> Finding:
    in_force = [key for key in keys if key.state(now) == "in force"]
    if not in_force:
        return warning("keys", "all are revoked or expired: nobody is let in", "Make one with `keys create`.")
    endless = [key.name for key in in_force if key.expires_at is None and Scope.ADMIN in key.scopes]
    if endless:
        advice = "Give it a last day with `keys rotate NAME --expires 90d`."
        return warning("keys", f"{endless[0]} may do everything, and never expires", advice)
    return well("keys", f"{len(in_force)} in force")


def _dangers(environment: Mapping[str, str]) -> Iterator[Finding]:
    wide = [text for text in PROXIES.value(environment) if ip_network(text).prefixlen == 0]
    if wide:
        yield fault(
            PROXIES.variable,
            f"{wide[0]}: everybody may say from which address they ask, and pass the limits so",
            "Name the address of the proxy alone.",
        )
    plain = [origin for origin in CORS_ORIGINS.value(environment) if origin.startswith("http://")]
    if plain:
        yield warning(
            CORS_ORIGINS.variable,
            f"{plain[0]}: whoever is on the way can put a page of their own there",
            "Allow https:// origins only.",
        )
    if HOSTS.value(environment) and PROXIES.is_default(environment):
        yield warning(
            HOSTS.variable,
            "further names are served, and no proxy is named: clients' addresses behind one are not known",
            f"Name the proxy in {PROXIES.variable}, or serve with --tls-certificate.",
        )
    for setting, what in ((QUESTION_SECONDS, "take any time"), (QUESTION_MEMORY, "take any memory")):
        if setting.value(environment) is None:
            yield warning(setting.variable, f"a question may {what}", "Set a limit: one question can stop all others.")
    if VERIFY_HOURS.value(environment) is None:
        yield warning(
            VERIFY_HOURS.variable, "the log is never verified by itself", "Set it, or run `verify` by a timer."
        )
