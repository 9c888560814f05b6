"""Import options: how a file is to be taken in."""

from dataclasses import dataclass
from typing import Literal, TypedDict, get_args

from ledger.errors import CalendarError
from ledger.events.entities import EntityRegistered
from ledger.imports.mappings.table_mapping import TableMapping
from ledger.values.calendars import parse_moment

Mode = Literal["atomic", "proceed"]
OnConflict = Literal["ask", "correct", "record"]
Floats = Literal["refuse", "shortest"]
OnMissing = Literal["list", "retract", "withdraw"]
KINDS = tuple(get_args(EntityRegistered.model_fields["kind"].annotation))
NOW = "now"
"""As a publication date: that of the moment at which the import begins."""


class ImportChoices(TypedDict, total=False):
    """The options by name, as they are given to a function; see `ImportOptions`."""

    mode: Mode
    on_conflict: OnConflict
    published_at: str | None
    dry_run: bool
    scope: str | None
    on_missing: OnMissing
    as_recorded: bool
    mapping: TableMapping | None
    register: str | None
    floats: Floats
    verdicts: bool
    recorded_by: str


@dataclass(frozen=True)
class ImportOptions:
    """How a file is to be taken in. Raises ValueError for options that cannot be."""

    mode: Mode = "atomic"
    """`atomic`: one rejected row means that nothing is recorded; `proceed`: the other rows are."""
    on_conflict: OnConflict = "ask"
    """What becomes of a row that says something else than a standing statement of the same publisher on the same
    figure with the same publication date: rejected (`ask`), taken as what the source said all along (`correct`), or
    recorded beside it (`record`)."""
    published_at: str | None = None
    """When rows that do not say so were published; `now` is an answer. Without it such rows are rejected."""
    dry_run: bool = False
    """Whether everything is checked and nothing is recorded."""
    scope: str | None = None
    """`PUBLISHER:DATE` or `PUBLISHER:EDITION`: the file is all that this publisher says in it."""
    on_missing: OnMissing = "list"
    """What becomes of what the scope holds, or the edition before it held, and the file leaves out."""
    as_recorded: bool = False
    """Whether exported rows keep their positions, and when and by whom they were recorded; into an empty ledger."""
    mapping: TableMapping | None = None
    """What the columns of a table are, where the file is one and no file of events."""
    register: str | None = None
    """Register what rows name and nobody has registered: a publisher as an organisation, a material as a material, and
    so on; and as this kind what the field does not tell the kind of. None: such rows are rejected."""
    floats: Floats = "refuse"
    """What becomes of floating-point numbers in Parquet, which are not exact: refused, or taken as the shortest decimal
    that stands for each."""
    verdicts: bool = False
    """Whether the report keeps what is wrong with each row, to be given back with it."""
    recorded_by: str = "local"

    def __post_init__(self) -> None:
        if self.published_at not in (None, NOW):
            try:
                parse_moment(str(self.published_at))
            except CalendarError as error:
                raise ValueError(f"published_at: {error}; or say {NOW}") from None
        if self.scope is not None and not all(self.scope.partition(":")[::2]):
            raise ValueError(f"scope is PUBLISHER:DATE or PUBLISHER:EDITION, not {self.scope[:80]!r}")
        if self.scope is None and self.on_missing != "list":
            raise ValueError(f"on_missing={self.on_missing} needs scope=: of what is the file all there is?")
        if self.register is not None and self.as_recorded:
            raise ValueError("register is for rows that are new: a log taken in as recorded has its own registrations")
        if self.register is not None and self.register not in KINDS:
            raise ValueError(f"register is a kind of entity, {', '.join(KINDS)}; not {self.register[:40]!r}")
        if self.as_recorded and self.mode != "atomic":
            raise ValueError("as_recorded takes all of a log or nothing: leave mode=proceed out")
