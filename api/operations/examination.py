"""The examination of a ledger and its surroundings, for `supply-ledger doctor`: a finding for each thing looked at.

It changes nothing, and works beside a server that is running. What cannot be looked at is a finding too.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from api.operations.care_records import BackupRecord, VerificationRecord, at_of, last_backup, last_verification
from api.operations.data_place import of_place
from api.operations.health_findings import Finding, State, fault, warning, well
from api.operations.network_settings import of_keys, of_settings
from api.operations.program_versions import of_programs
from api.settings import CLOCK_CONFIRMED, VERIFY_HOURS, DataDirectory
from api.settings_file import BadSetting
from ledger import ClockInDoubt, Ledger, LedgerError
from projections import kept_position

BACKUP_DAYS = 7
"""A backup that is older is worth a warning."""
LAG_MAX = 100_000
"""So many events are taken in within seconds."""


def examined(data: DataDirectory, environment: Mapping[str, str]) -> Iterator[Finding]:
    """All findings, in order."""
    yield from of_programs()
    try:
        is_there = data.has_ledger
    except LedgerError as error:
        yield fault("log", str(error), "Look at the address, and whether the database runs and lets this role in.")
        return
    if not is_there:
        yield warning("ledger", f"there is none in {data.name}", "Name another directory with --data.")
    else:
        if data.path.exists():
            yield from of_place(data.path)
        yield from _of_log(data, environment)
        yield from _of_care(data, environment)
        yield of_keys(data.path)
    yield from of_settings(environment)


def worst(findings: list[Finding]) -> State:
    """The worst state of all."""
    states = {one.state for one in findings}
    return State.fault if State.fault in states else State.warning if State.warning in states else State.ok


def _of_log(data: DataDirectory, environment: Mapping[str, str]) -> Iterator[Finding]:
    """The log itself, as far as a look at its end says, its clock, and the tables made from it."""
    try:
        with data.ledger(confirmed=CLOCK_CONFIRMED.value(environment)) as ledger:
            head = ledger.head()
            yield _of_durability(ledger, in_file=data.address is None)
            yield _of_end(ledger, head)
            yield _of_clock(ledger, head)
            yield _of_lag(data.projections_path, head)
            if ledger.log.erased.last():
                yield _of_erased(ledger)
    except BadSetting:
        return  # which is a finding of its own
    except LedgerError as error:
        yield fault(
            "log", str(error), "Stop appending; run `supply-ledger verify`, and restore a backup if it says so."
        )


def _of_durability(ledger: Ledger, *, in_file: bool) -> Finding:
    is_durable, said = ledger.log.durability()
    if is_durable:
        return well("durability", f"a commit is on disk before it is answered ({said})")
    if in_file:
        way_on = "Move the data to a disk of this machine that can hold a write-ahead log."
    else:
        way_on = "Switch them on in the database: a commit that was answered could be lost with its power."
    return fault("durability", said, way_on)


def _of_end(ledger: Ledger, head: int) -> Finding:
    if ledger.doubt is None:
        return well("log", f"{head} events; its end and a sample are as they were recorded")
    return fault("log", str(ledger.doubt), "Run `supply-ledger verify`, and restore a backup where it finds a fault.")


def _of_erased(ledger: Ledger) -> Finding:
    if ledger.log.erased.is_scrubbed:
        return well("erased texts", "no byte of one is left in the files of the log")
    said = "some may be left in the files of the log, since another process was reading it"
    return warning("erased texts", said, "Run `doctor` again when backups and exports have ended: each start tries it.")


def _of_clock(ledger: Ledger, head: int) -> Finding:
    try:
        at = ledger.clock.for_record(ledger.recorded_at(head))
    except ClockInDoubt as error:
        return fault("clock", str(error), "Set the clock, and see Clock in the README of the API.")
    return well("clock", f"{at:%Y-%m-%d %H:%M:%S} UTC, after the last event")


def _of_lag(path: Path, head: int) -> Finding:
    kept = kept_position(path)
    if kept.position is None:
        if kept.reason == "in use":
            return well("tables", "a server has them in use; its /readyz says how far they are")
        return warning(
            "tables", f"cannot be read: {kept.reason}", f"They are made anew from the log; or delete {path}."
        )
    lag = max(0, head - kept.position)
    if lag > LAG_MAX:
        return warning(
            "tables", f"{lag} events behind the log", "The next read or server takes them in; that takes long."
        )
    return well("tables", f"{lag} events behind the log")


def _of_care(data: DataDirectory, environment: Mapping[str, str]) -> Iterator[Finding]:
    now = datetime.now(UTC)
    try:
        hours = VERIFY_HOURS.value(environment) or VERIFY_HOURS.parse(VERIFY_HOURS.default) or 24
    except BadSetting:
        return
    yield of_verification(last_verification(data.path), now, timedelta(hours=2 * hours))
    if data.address is None:
        yield of_backup(last_backup(data.path), now)
    else:
        yield well("backup", "the database's own, of which nothing is known here: pg_dump, or its archive")


def of_verification(record: VerificationRecord | None, now: datetime, within: timedelta) -> Finding:
    """The last full verification."""
    advice = "Run `supply-ledger verify`, or let a server run, which does it by itself."
    if record is None:
        return warning("verification", "never done in full", advice)
    said = f"{record.at}, up to position {record.position}"
    if not record.is_whole():
        first = record.faults[0]
        return fault(
            "verification",
            f"{said}: {first.get('detail')} (position {first.get('position')})",
            "Nothing is appended over HTTP. Restore a backup (`restore --replace`), or mend it and run `verify` again.",
        )
    return warning("verification", said, advice) if now - at_of(record) > within else well("verification", said)


def of_backup(record: BackupRecord | None, now: datetime) -> Finding:
    """The last backup."""
    advice = "Run `supply-ledger backup FILE`, and keep the file on another machine."
    if record is None:
        return warning("backup", "never made", advice)
    said = f"{record.at}, up to position {record.position}, in {record.file}"
    is_old = now - at_of(record) > timedelta(days=BACKUP_DAYS)
    return warning("backup", said, advice) if is_old else well("backup", said)
