"""The settings file: settings that stand in a file, for whoever does not want to set them in the environment.

It is TOML, a line for each setting: `question_seconds = 60`. What is given on the command line goes before the
environment, and that before the file. The file is the one that `SUPPLY_LEDGER_CONFIG` names, else `supply-ledger.toml`
in the working directory, else `supply-ledger/config.toml` in the user's own directory of settings.
"""

import os
from collections.abc import Callable, Collection, Mapping, MutableMapping
from pathlib import Path

VARIABLE_PREFIX = "SUPPLY_LEDGER_"
VARIABLE = f"{VARIABLE_PREFIX}CONFIG"
FILE = "supply-ledger.toml"
BYTES_MAX = 1024 * 1024

Names = Callable[[], Collection[str]]
"""Gives the names of all settings; it is asked only where there is a file, since they take long to import."""


class BadSetting(ValueError):
    """A setting has a value that means nothing, or there is none of its name."""


_from_file: dict[str, Path] = {}


def settings_path(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The file that settings are read from; None where there is none. Raises BadSetting for one that is not there."""
    if named := environment.get(VARIABLE):
        if not Path(named).is_file():
            raise BadSetting(f"{VARIABLE} is {named!r}, and there is no such file")
        return Path(named)
    own = environment.get("XDG_CONFIG_HOME") or (f"{environment['HOME']}/.config" if environment.get("HOME") else None)
    places = [Path(FILE), *([Path(own) / "supply-ledger" / "config.toml"] if own else [])]
    return next((place for place in places if place.is_file()), None)


def take_in(known: Names, environment: MutableMapping[str, str] = os.environ) -> None:
    """Put what stands in the file into the environment, where nothing is set. Raises BadSetting."""
    path = settings_path(environment)
    if path is None:
        return
    for name, text in _settings_in(path, known()).items():
        variable = VARIABLE_PREFIX + name.upper()
        if not environment.get(variable):
            environment[variable] = text
            _from_file[name] = path


def source_of(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """Where a setting has its value from: a file, the environment, or nowhere, which is the default."""
    if name in _from_file:
        return str(_from_file[name])
    return "environment" if environment.get(VARIABLE_PREFIX + name.upper()) else "default"


def _settings_in(path: Path, known: Collection[str]) -> dict[str, str]:
    import tomllib

    try:
        with path.open("rb") as file:
            text = file.read(BYTES_MAX + 1)
        if len(text) > BYTES_MAX:
            raise BadSetting(f"{path} has more than {BYTES_MAX} bytes: that is no file of settings")
        given = tomllib.loads(text.decode())
    except (OSError, ValueError, RecursionError) as error:
        raise BadSetting(f"{path} cannot be read as TOML: {error}") from None
    for name, value in given.items():
        if name not in known:
            raise BadSetting(f"{path}: there is no setting {name[:80]!r}; there are {', '.join(sorted(known))}")
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise BadSetting(f'{path}: {name} is a text or a whole number, as in {name} = "…"')
    return {name: str(value) for name, value in given.items()}
