"""Backups of a ledger, and ledgers made from backups."""

from ledger.backups.backup import make_backup
from ledger.backups.backup_archive import Manifest
from ledger.backups.kept_checkpoint import KeptCheckpoint
from ledger.backups.lasting_files import lasting_file
from ledger.backups.restoration import Restored, check_backup, restore

__all__ = ["KeptCheckpoint", "Manifest", "Restored", "check_backup", "lasting_file", "make_backup", "restore"]
