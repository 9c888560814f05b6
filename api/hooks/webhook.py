"""A message to a hook: a CloudEvent 1.0 in JSON, signed as Standard Webhooks say.

What is signed is `id.timestamp.body`, with HMAC-SHA256 and the hook's secret; a receiver checks it with any library of
Standard Webhooks (https://www.standardwebhooks.com), and refuses what is old or what it has had. A message that is sent
again has the same id.
"""

import base64
import hashlib
import hmac
from typing import Any, NamedTuple

from api.formats.cells import json_text
from api.hooks.hook import SECRET_PREFIX, Place

CONTENT_TYPE = "application/cloudevents+json"
TYPE_PREFIX = "org.supply-ledger."


class Message(NamedTuple):
    """A message: its id, its body, the position before what it tells, and where the hook stands once it has arrived.

    `place` is None within a comparison of answers.
    """

    id: str
    body: bytes
    before: int
    place: Place | None


def cloud_event(*, kind: str, id: str, source: str, subject: str | None, time: str, data: Any) -> bytes:
    """The body of a message: what kind of thing happened, in which ledger (`source`), to what, and when."""
    event = {
        "specversion": "1.0",
        "type": TYPE_PREFIX + kind,
        "id": id,
        "source": source,
        **({"subject": subject} if subject else {}),
        "time": time,
        "datacontenttype": "application/json",
        "data": data,
    }
    return json_text(event).encode()


def signed_headers(message: Message, secret: str, *, at_s: int) -> dict[str, str]:
    """The headers that let a receiver check who sent a message, and when."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = b".".join((message.id.encode(), str(at_s).encode(), message.body))
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {"webhook-id": message.id, "webhook-timestamp": str(at_s), "webhook-signature": f"v1,{signature}"}
