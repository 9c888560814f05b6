"""Answer headers: what every answer tells a browser, so that nothing in it can be used against whoever reads it.

An answer is what its `Content-Type` says and nothing else, loads nothing and runs nothing, stands in no frame, tells no
other site where a link was, and is not lent to pages of other sites. A page that has to load or run something (the
docs, the report) says its own policy.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256

POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The content security policy of all that is no page."""
SECURITY_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")
"""Over TLS: the browser comes over TLS the next time too."""
REPORT_POLICY = f"{POLICY}; style-src 'unsafe-inline'; img-src data:"
EXPLORER_POLICY = (
    f"{POLICY}; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'"
)
"""Of the explorer: all that it loads is from this server, and nothing within the page is run or styles it."""
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_RAW = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]


def docs_policy(page: str) -> str:
    """The policy of a page of the docs: it loads from this server alone, and runs the script within it as it is now."""
    scripts = " ".join(
        f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in _INLINE_SCRIPT.findall(page)
    )
    return (
        f"{POLICY}; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:"
    )


def with_security(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of an answer, and those of these that it does not have."""
    given = list(headers)
    names = {name for name, _ in given}
    return [*given, *(one for one in _RAW if one[0] not in names)]
