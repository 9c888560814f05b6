"""The manifest of exported segments: what lies in a place, up to which position, and the ledger's signature under it.

    log/manifest.json    written last: what it names was there before, and nothing else counts
    log/000000000001-000000065536.9f86….parquet    the events of these positions; the name has the file's SHA-256
    log/requests/000000000001-000000000007.4355….parquet    the answers to these requests with an idempotency key
    log/noted.60303a….json    the unit family of each metric, and the forms of figures, which rules and warnings ask for

The signature is that of a checkpoint of the log (`ledger.proof.checkpoints`) with one line more: `segments` and the
SHA-256, in base64, of the rest of the manifest as canonical JSON. So no segment can be left out, added or exchanged.
"""

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any

from ledger.errors import BackupError
from ledger.proof.canonical_json import canonical
from ledger.proof.checkpoints import Checkpoint, opened
from ledger.proof.log_proofs import ORIGIN_PREFIX
from ledger.proof.merkle import EMPTY_ROOT, HASH_BYTES, ProofError
from ledger.proof.notes import SignerKey, VerifierKey
from ledger.segments.storage_place import StoragePlace, json_bytes

SEGMENTS_FORMAT = "supply-ledger-segments/1"
SEGMENT_SCHEMA = 1
"""The form of a segment's columns. Columns that an older program cannot read are a new form."""
SEGMENTS_FOLDER = "log"
REQUESTS_FOLDER = f"{SEGMENTS_FOLDER}/requests"
SEGMENTS_MANIFEST = f"{SEGMENTS_FOLDER}/manifest.json"
MANIFEST_MB_MAX = 256
_SEGMENTS_LINE = "segments "
_HASH = r"[0-9a-f]{64}"
_SEGMENT_NAME = re.compile(rf"([a-z/]+)/([0-9]{{12,}})-([0-9]{{12,}})\.({_HASH})\.parquet", re.ASCII)
_NOTED_NAME = re.compile(rf"{SEGMENTS_FOLDER}/noted\.({_HASH})\.json", re.ASCII)
_TAKE_ANOTHER = "take another export, or export again into an empty place"


@dataclass(frozen=True)
class Segment:
    """Events with first <= position <= last, in one file; or the answers to requests of these numbers.

    `root`, in hex, is that of the tree over all events up to `last`; of requests, what stands for all of them up to
    there. `erased` is how many of the events have lost their text.
    """

    name: str
    first: int
    last: int
    bytes: int
    sha256: str
    root: str
    erased: int

    @property
    def rows(self) -> int:
        """How many there are."""
        return self.last - self.first + 1


@dataclass(frozen=True)
class NotedRules:
    """The file with what the log has noted for rules and warnings."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class SegmentManifest:
    """What an export says of itself. `range_rows` is how many positions a segment has once it is full; `key` verifies
    the note `checkpoint`.
    """

    ledger: str
    recorders: tuple[tuple[int, str], ...]
    position: int
    root: str
    range_rows: int
    segments: tuple[Segment, ...]
    requests: tuple[Segment, ...]
    noted: NotedRules | None
    created_at: str
    program: str
    key: str = ""
    checkpoint: str = ""
    schema: int = SEGMENT_SCHEMA
    format: str = SEGMENTS_FORMAT

    def signed(self, key: SignerKey) -> "SegmentManifest":
        """The manifest with the ledger's signature."""
        said = replace(self, key=key.verifier.text())
        checkpoint = Checkpoint(ORIGIN_PREFIX + self.ledger, self.position, bytes.fromhex(self.root), (said._line(),))
        return replace(said, checkpoint=checkpoint.signed(key).encoded().decode())

    def verify(self, key: VerifierKey | None = None) -> VerifierKey:
        """The key that signed it: this one, or the one that it names. Raises BackupError where none did."""
        try:
            key = key or VerifierKey.parse(self.key)
            checkpoint, _ = opened(self.checkpoint.encode(), [key], origin=ORIGIN_PREFIX + self.ledger)
        except ProofError as error:
            raise BackupError(f"the manifest was not signed by its ledger: {error}; {_TAKE_ANOTHER}") from None
        if (checkpoint.size, checkpoint.root.hex()) != (self.position, self.root) or checkpoint.extensions != (
            self._line(),
        ):
            raise BackupError(f"the manifest is not the one that its ledger signed; {_TAKE_ANOTHER}")
        return key

    def _line(self) -> str:
        said = {name: value for name, value in asdict(self).items() if name != "checkpoint"}
        return _SEGMENTS_LINE + b64encode(sha256(canonical(said, floats=False)).digest()).decode()


def segment_name(folder: str, first: int, last: int, digest: str) -> str:
    """The name of a segment with this SHA-256, in hex."""
    return f"{folder}/{first:012}-{last:012}.{digest}.parquet"


def noted_name(digest: str) -> str:
    """The name of the file with what is noted for rules."""
    return f"{SEGMENTS_FOLDER}/noted.{digest}.json"


def write_manifest(place: StoragePlace, manifest: SegmentManifest, name: str = SEGMENTS_MANIFEST) -> None:
    """Put a manifest into a place, in the place of the one before. Raises PlaceError."""
    place.write(name, json_bytes(asdict(manifest)))


def read_manifest(place: StoragePlace, name: str = SEGMENTS_MANIFEST) -> SegmentManifest | None:
    """The manifest in a place, which is as it should be but for its signature; None where there is none.

    Raises BackupError, PlaceError.
    """
    content = place.read(name, bytes_max=MANIFEST_MB_MAX << 20)
    if content is None:
        return None
    try:
        said = json.loads(content)
        if said["format"] != SEGMENTS_FORMAT:
            raise BackupError(
                f"{name} in {place} has the form {str(said['format'])[:40]!r}; {SEGMENTS_FORMAT} is known here"
            )
        if int(said["schema"]) > SEGMENT_SCHEMA:
            raise BackupError(
                f"the segments in {place} were made by a newer version of this program ({said['program']}): install "
                "that one first"
            )
        return _checked(_made(said))
    except (KeyError, ValueError, TypeError, AttributeError):
        raise BackupError(f"{name} in {place} is no manifest of segments, or was damaged; {_TAKE_ANOTHER}") from None


def _made(said: dict[str, Any]) -> SegmentManifest:
    noted = said["noted"]
    return SegmentManifest(
        **{
            **said,
            "recorders": tuple((_whole(first), _text(ledger)) for first, ledger in said["recorders"]),
            "segments": tuple(Segment(**one) for one in said["segments"]),
            "requests": tuple(Segment(**one) for one in said["requests"]),
            "noted": None if noted is None else NotedRules(**noted),
        }
    )


def _checked(manifest: SegmentManifest) -> SegmentManifest:
    """Whether the segments follow one another up to the position. Raises ValueError, TypeError."""
    for text in (manifest.ledger, manifest.created_at, manifest.program, manifest.key, manifest.checkpoint):
        _text(text)
    if _whole(manifest.range_rows) < 1 or len(bytes.fromhex(manifest.root)) != HASH_BYTES:
        raise ValueError
    last = _last_of(manifest.segments, SEGMENTS_FOLDER)
    root = manifest.segments[-1].root if manifest.segments else EMPTY_ROOT.hex()
    if (last, root) != (_whole(manifest.position), manifest.root):
        raise ValueError
    _last_of(manifest.requests, REQUESTS_FOLDER)
    if manifest.noted is not None:
        name = _NOTED_NAME.fullmatch(manifest.noted.name)
        if (
            name is None
            or name[1] != manifest.noted.sha256
            or not 0 <= _whole(manifest.noted.bytes) <= MANIFEST_MB_MAX << 20
        ):
            raise ValueError
    starts = [first for first, _ in manifest.recorders]
    if starts[0] != 1 or starts != sorted(set(starts)):
        raise ValueError
    return manifest


def _last_of(segments: Sequence[Segment], folder: str) -> int:
    """Up to where segments go that follow one another. Raises ValueError, TypeError."""
    last = 0
    for segment in segments:
        name = _SEGMENT_NAME.fullmatch(segment.name)
        said = (folder, _whole(segment.first), _whole(segment.last), segment.sha256)
        if name is None or (name[1], int(name[2]), int(name[3]), name[4]) != said or last + 1 != segment.first:
            raise ValueError
        if not 0 <= _whole(segment.erased) <= segment.rows or segment.rows < 1 or _whole(segment.bytes) < 0:
            raise ValueError
        if len(bytes.fromhex(segment.root)) != HASH_BYTES:
            raise ValueError
        last = segment.last
    return last


def _whole(number: Any) -> int:
    if type(number) is not int:
        raise TypeError
    return number


def _text(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError
    return text
