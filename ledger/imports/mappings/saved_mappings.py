"""Saved mappings: those that come with the program, and those that were saved beside a ledger, by name and version."""

from importlib.resources import files
from pathlib import Path

from ledger.imports.mappings.table_mapping import MappingError, TableMapping, parse_mapping, read_mapping

FOLDER = "mappings"
FILE_ENDINGS = (".toml", ".json")
"""What the name of a file with a mapping ends in."""


def ready_made_mappings() -> dict[str, TableMapping]:
    """The mappings that come with the program, by name."""
    folder = files("ledger") / "imports" / "mappings" / "ready_made"
    texts = sorted((one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    mappings = (parse_mapping(one.read_bytes()) for one in texts)
    return {mapping.name: mapping for mapping in mappings}


def saved_mappings(directory: Path | None) -> dict[str, list[Path]]:
    """The mappings saved in the folder of a ledger, by name, oldest version first."""
    found: dict[str, list[tuple[int, Path]]] = {}
    for path in (directory / FOLDER).glob("*@*.toml") if directory is not None else ():
        name, _, version = path.stem.partition("@")
        if version.isdecimal():
            found.setdefault(name, []).append((int(version), path))
    return {name: [path for _, path in sorted(versions)] for name, versions in sorted(found.items())}


def save_mapping(mapping_file: Path, directory: Path) -> Path:
    """Save a mapping beside a ledger. Raises MappingError where this version is there and says something else, or where
    its name is that of one that comes with the program.
    """
    mapping, raw = read_mapping(mapping_file), mapping_file.read_bytes()
    if mapping_file.suffix.lower() == ".json":
        raise MappingError("save mappings as TOML, which people can read and comment on")
    if mapping.name in ready_made_mappings():
        raise MappingError(f"the mapping {mapping.name} comes with the program: give this one another name")
    path = directory / FOLDER / f"{mapping.name}@{mapping.version}.toml"
    if path.exists() and path.read_bytes() != raw:
        raise MappingError(f"{mapping.name} version {mapping.version} is saved already; give this one the next version")
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.part")
    beside.write_bytes(raw)
    beside.replace(path)
    return path


def find_mapping(wanted: str, directory: Path | None, *, in_files: bool = False) -> TableMapping:
    """The mapping of a name (`NAME`, its last version, or `NAME@VERSION`); `in_files`, of a file that ends in .toml or
    .json too. Raises MappingError for an unknown one.
    """
    if in_files and Path(wanted).suffix.lower() in FILE_ENDINGS:
        return read_mapping(Path(wanted))
    name, at, version = wanted.partition("@")
    versions = saved_mappings(directory).get(name, [])
    for path in reversed(versions):
        if not at or path.stem == wanted:
            return read_mapping(path)
    shipped = ready_made_mappings()
    if name in shipped and (not at or str(shipped[name].version) == version):
        return shipped[name]
    known = ", ".join(sorted({*shipped, *saved_mappings(directory)}))
    of_ones_own = "name a file that ends in .toml" if in_files else "save yours by `supply-ledger mapping save FILE`"
    raise MappingError(f"there is no mapping {wanted[:100]!r}; there are {known}; or {of_ones_own}")
