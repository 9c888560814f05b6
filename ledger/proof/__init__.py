"""Proof that nobody touched the log: a Merkle tree over it, and what can be shown with that."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.proof.attestations import ATTESTATIONS_FILE, Attestations, Timestamp, Witness
    from ledger.proof.canonical_json import canonical, canonical_hash
    from ledger.proof.checkpoints import Checkpoint, opened
    from ledger.proof.cosignatures import AHEAD_MAX_S, Cosignature, cosignatures
    from ledger.proof.event_proofs import EventProof, event_proofs
    from ledger.proof.log_proofs import LogProofs, tile_entries
    from ledger.proof.merkle import ProofError
    from ledger.proof.notes import (
        ED25519_COSIGNATURE,
        ED25519_NOTE,
        Note,
        NoteError,
        Signature,
        SignerKey,
        VerifierKey,
        signed_at,
    )
    from ledger.proof.signed_receipts import (
        DOCUMENT,
        RECEIPT_EVENTS_MAX,
        VERSION,
        ProvedReceipt,
        SignedReceipt,
        is_receipt,
        proved,
        roots_of,
        with_signature,
    )
    from ledger.proof.signing_keys import key_file_beside, signing_key
    from ledger.proof.stream_map import StreamProof
    from ledger.proof.timestamps import (
        REQUEST_MEDIA_TYPE,
        RESPONSE_BYTES_MAX,
        RESPONSE_MEDIA_TYPE,
        TimestampError,
        timestamp_of,
        timestamp_request,
        verify_timestamp,
    )
    from ledger.proof.tlog_proofs import PROOF_SUFFIX, TlogProof
    from ledger.proof.witness_protocol import (
        ADD_CHECKPOINT,
        SIZE_MEDIA_TYPE,
        SUBMISSION_BYTES_MAX,
        Inconsistent,
        OtherSize,
        Submission,
        UnknownLog,
        UntrustedSignature,
        parsed_cosignatures,
    )
    from ledger.proof.witnessed_logs import WITNESS_FILE, WITNESS_KEY_FILE, WitnessedLog, WitnessedLogs
else:
    from importlib import import_module

    _PLACES = {
        "ledger.proof.attestations": "ATTESTATIONS_FILE Attestations Timestamp Witness",
        "ledger.proof.canonical_json": "canonical canonical_hash",
        "ledger.proof.checkpoints": "Checkpoint opened",
        "ledger.proof.cosignatures": "AHEAD_MAX_S Cosignature cosignatures",
        "ledger.proof.event_proofs": "EventProof event_proofs",
        "ledger.proof.log_proofs": "LogProofs tile_entries",
        "ledger.proof.merkle": "ProofError",
        "ledger.proof.notes": (
            "ED25519_COSIGNATURE ED25519_NOTE Note NoteError Signature SignerKey VerifierKey signed_at"
        ),
        "ledger.proof.signed_receipts": (
            "DOCUMENT RECEIPT_EVENTS_MAX VERSION ProvedReceipt SignedReceipt is_receipt proved roots_of with_signature"
        ),
        "ledger.proof.signing_keys": "key_file_beside signing_key",
        "ledger.proof.stream_map": "StreamProof",
        "ledger.proof.timestamps": (
            "REQUEST_MEDIA_TYPE RESPONSE_BYTES_MAX RESPONSE_MEDIA_TYPE "
            "TimestampError timestamp_of timestamp_request verify_timestamp"
        ),
        "ledger.proof.tlog_proofs": "PROOF_SUFFIX TlogProof",
        "ledger.proof.witness_protocol": (
            "ADD_CHECKPOINT SIZE_MEDIA_TYPE SUBMISSION_BYTES_MAX OtherSize "
            "Submission UnknownLog UntrustedSignature Inconsistent parsed_cosignatures"
        ),
        "ledger.proof.witnessed_logs": "WITNESS_FILE WITNESS_KEY_FILE WitnessedLog WitnessedLogs",
    }
    """The names that each module has for others."""
    _PLACE_OF = {name: (module, name) for module, names in _PLACES.items() for name in names.split()}

    def __getattr__(name: str) -> object:
        """A public name, whose module is imported the first time that it is asked for."""
        if name not in _PLACE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module, its = _PLACE_OF[name]
        value = globals()[name] = getattr(import_module(module), its)
        return value


__all__ = [
    "ADD_CHECKPOINT",
    "AHEAD_MAX_S",
    "ATTESTATIONS_FILE",
    "DOCUMENT",
    "ED25519_COSIGNATURE",
    "ED25519_NOTE",
    "PROOF_SUFFIX",
    "RECEIPT_EVENTS_MAX",
    "REQUEST_MEDIA_TYPE",
    "RESPONSE_BYTES_MAX",
    "RESPONSE_MEDIA_TYPE",
    "SIZE_MEDIA_TYPE",
    "SUBMISSION_BYTES_MAX",
    "VERSION",
    "WITNESS_FILE",
    "WITNESS_KEY_FILE",
    "Attestations",
    "Checkpoint",
    "Cosignature",
    "EventProof",
    "Inconsistent",
    "LogProofs",
    "Note",
    "NoteError",
    "OtherSize",
    "ProofError",
    "ProvedReceipt",
    "Signature",
    "SignedReceipt",
    "SignerKey",
    "StreamProof",
    "Submission",
    "Timestamp",
    "TimestampError",
    "TlogProof",
    "UnknownLog",
    "UntrustedSignature",
    "VerifierKey",
    "Witness",
    "WitnessedLog",
    "WitnessedLogs",
    "canonical",
    "canonical_hash",
    "cosignatures",
    "event_proofs",
    "is_receipt",
    "key_file_beside",
    "opened",
    "parsed_cosignatures",
    "proved",
    "roots_of",
    "signed_at",
    "signing_key",
    "tile_entries",
    "timestamp_of",
    "timestamp_request",
    "verify_timestamp",
    "with_signature",
]
