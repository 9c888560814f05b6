"""The text of a key: `slk_` and 256 random bits in 43 letters, digits, `-` and `_`.

The prefix says to people, and to programs that look for secrets in files, what it is. Nobody can guess it, so nothing
but its SHA-256 is kept: whoever reads the file of keys has no key.
"""

import re
import secrets
from hashlib import sha256

PREFIX = "slk_"
LENGTH = 47
KEY_TEXT = re.compile(r"slk_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])", re.ASCII)
HIDDEN = "slk_…"


def new_key_text() -> str:
    """A new key."""
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(text: str) -> bytes:
    """What is kept of a key."""
    return sha256(text.encode()).digest()


def without_keys(text: str) -> str:
    """A text with no key in it, for logs and messages: a key may have been pasted where it does not belong."""
    return KEY_TEXT.sub(HIDDEN, text) if PREFIX in text else text
