"""The requests of a soak: every resource in every format, pages, what the client has already, errors, appends, dry
runs and imports; late statements, corrections, retractions and merges among what is appended.
"""

import http.client
import json
import random
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID, uuid4

from api.questions.audit import AUDIT_QUESTIONS
from projections import CATALOGUE
from tests.benchmarks import history

LOG = 5_000
"""So many events there are before the first request."""

FORMATS = ("json", "json", "json", "jsonl", "csv", "parquet", "arrow", "xlsx")
JSON = {"Content-Type": "application/json"}
STATEMENT = b'[{"type": "ProductionReported"'
LINES = {"Content-Type": "application/x-ndjson"}
OWN: dict[str, dict[str, str]] = {
    "impact": {"recorded_from": "position:3000", "recorded_to": "position:5000", "as_of": "2024-06-30"},
    "trace": {"entity": "place-000001"},
    "search": {"q": "production place"},
    "slips": {"resource": "policies"},
    "reliance": {},
    "preferences": {},
    "definitions": {},
    "concentration": {"metric": "mine_production", "period": "2022"},
    "diff": {
        "from_as_of": "2015",
        "to_as_of": "2020",
        "subject": "place-000002",
        "from_recorded_as_of": "position:4000",
        "to_recorded_as_of": "position:5000",
    },
}
"""What a question of the audit wants beside, or instead of, a subject."""

PINNED = ("recorded_as_of=position", "recorded_to=position", "to_recorded_as_of=position")
"""An answer to such a question is the same for ever."""

HEAVY = (
    "/v1/figures?format=arrow&limit=10000",
    "/v1/vintages?limit=1000",
    "/v1/revisions?limit=1000",
    "/v1/disputes?limit=1000",
    "/v1/scorecards",
    "/v1/uncertainty",
    "/v1/freshness",
    "/v1/influence",
    "/v1/reliance",
    "/v1/derived",
    "/v1/derived-vintages",
    "/v1/diff?from_as_of=2010&to_as_of=2024",
    "/v1/impact?recorded_from=position:1",
    "/v1/events?limit=1000",
)
"""What clients ask who do not wait for the answer."""


class Sent(NamedTuple):
    """A request, and the statuses that it may be answered with."""

    method: str
    url: str
    allowed: tuple[int, ...] = (200,)
    body: bytes | None = None
    headers: dict[str, str] = {}  # noqa: RUF012


class Asking:
    """Makes up requests of every kind, the same for the same seed. `known` are ids and tags that answers gave."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._numbers = count(1)
        self._client = seed
        self.head = LOG
        """A position that the log has reached."""
        self.appended: list[str] = []
        """The ids of statements that were acknowledged."""
        self.figures: list[str] = []
        self.events: list[str] = []
        self.tags: list[tuple[str, str]] = []

    def next(self) -> Sent:
        """The next request."""
        kinds = (self._state, self._one, self._audit, self._event, self._again, self._wrong, self._write, self._about)
        (make,) = self._chance.choices(kinds, weights=(30, 15, 12, 15, 10, 8, 9, 1))
        return make()

    def heard(self, sent: Sent, answer: http.client.HTTPResponse, body: bytes) -> None:
        """Learn from an answer."""
        if answer.status == 201 and sent.method == "POST":
            receipts = json.loads(body)["items"]
            self.head = max(self.head, *(one["position"] for one in receipts))
            if (sent.body or b"").startswith(STATEMENT):
                self.appended += [one["event_id"] for one in receipts]
        tag = answer.headers["ETag"]
        if tag is not None and "format=xlsx" not in sent.url:
            self.tags = [*self.tags[-50:], (sent.url, tag)]
        if answer.status == 200 and sent.method == "GET" and answer.headers["Content-Type"] == "application/json":
            for item in json.loads(body).get("items", ())[:5]:
                if item.get("figure_id") is not None:  # What is no figure has none.
                    self.figures = [*self.figures[-200:], item["figure_id"]]
                if item.get("event_id"):
                    self.events = [*self.events[-200:], item["event_id"]]

    def _state(self) -> Sent:
        name = self._chance.choice(list(CATALOGUE))
        asked: dict[str, Any] = {"limit": self._chance.choice((1, 100, 100, 1000)), **self._clocks(), **self._form()}
        if name in ("figures", "statements", "relationships") and self._chance.random() < 0.8:
            asked["subject"] = self._place()
        if name == "entities" and self._chance.random() < 0.3:
            asked["q"] = "publisher-0"
        return Sent("GET", f"/v1/{name}?{urlencode(asked)}")

    def _one(self) -> Sent:
        asked = {**self._clocks(), **self._form()}
        if self.figures and self._chance.random() < 0.6:
            figure = self._chance.choice(self.figures)
            if self._chance.random() < 0.5:
                return Sent("GET", f"/v1/figures?{urlencode({'figure_id': figure, **asked})}")
            asked["clock"] = self._chance.choice(("publication", "ledger"))
            return Sent("GET", f"/v1/figures/{figure}/history?{urlencode(asked)}", (200, 404))
        thing = self._chance.choice((f"entities/{self._place()}", "policies/policy-3", "agreements/agreement-9"))
        return Sent("GET", f"/v1/{thing}?{urlencode(asked)}", (200, 404))

    def _audit(self) -> Sent:
        if self.figures and self._chance.random() < 0.05:
            return Sent("GET", f"/v1/report?{urlencode({'figure_id': self._chance.choice(self.figures)})}")
        name = self._chance.choice(AUDIT_QUESTIONS).name
        asked = {**OWN.get(name, {"subject": self._place()}), **self._form()}
        return Sent("GET", f"/v1/{name}?{urlencode(asked if name in ('diff', 'impact') else asked | self._clocks())}")

    def _event(self) -> Sent:
        if self.events and self._chance.random() < 0.5:
            return Sent("GET", f"/v1/events/{self._chance.choice(self.events)}", (200, 404))
        asked = {"after": self._chance.randrange(LOG), "limit": self._chance.choice((10, 100)), **self._form()}
        if self._chance.random() < 0.3:
            asked["entity"] = self._place()
        return Sent("GET", f"/v1/events?{urlencode(asked)}")

    def _again(self) -> Sent:
        if not self.tags:
            return self._state()
        url, tag = self._chance.choice(self.tags)
        return Sent("GET", url, (200, 304, 404), headers={"If-None-Match": tag})

    def _wrong(self) -> Sent:
        return self._chance.choice(
            (
                Sent("GET", f"/v1/figures?subjec={self._place()}", (422,)),
                Sent("GET", "/v1/figures?limit=10001", (422,)),
                Sent("GET", "/v1/figures?cursor=nonsense", (422,)),
                Sent("GET", f"/v1/nothing/{uuid4()}", (404,)),
                Sent("GET", f"/v1/entities/nobody-{self._chance.randrange(10**6)}", (404,)),
                Sent("GET", "/v1/figures", (406,), headers={"Accept": "image/png"}),
                Sent("DELETE", "/v1/events", (405,)),
                Sent("POST", "/v1/events", (400,), b'{"type": NaN}', JSON),
                Sent("POST", "/v1/events", (422,), b'{"type": "Unknown"}', JSON),
                Sent("POST", "/v1/events", (415,), b"x", {"Content-Type": "text/plain"}),
                Sent("POST", "/v1/imports", (422,), b"{}\n", LINES),
            )
        )

    def _write(self) -> Sent:
        if self._chance.random() < 0.25:
            return Sent("POST", "/v1/events", (201,), json.dumps(self._changed()).encode(), JSON)
        events = [self._figure() for _ in range(self._chance.choice((1, 1, 1, 5)))]
        lot = self._chance.random()
        if lot < 0.2:
            return Sent("POST", "/v1/events?dry_run=true", (200,), json.dumps(events[:2]).encode(), JSON)
        if lot < 0.4:
            lines = "".join(json.dumps(event) + "\n" for event in events).encode()
            return Sent("POST", "/v1/imports", (200,), lines, LINES)
        key = {"Idempotency-Key": f"{self._client}-{next(self._numbers) // 3}"} if lot < 0.6 else {}
        if key:
            events = [{**self._figure(), "event_id": str(UUID(int=self._chance.getrandbits(16), version=4))}]
            return Sent("POST", "/v1/events", (200, 201, 409, 422), json.dumps(events).encode(), {**JSON, **key})
        return Sent("POST", "/v1/events", (201,), json.dumps(events).encode(), JSON)

    def _about(self) -> Sent:
        paths = ("/v1/event-types", "/v1/event-types/QuotaSet", "/healthz", "/readyz", "/openapi.json", "/docs")
        path = self._chance.choice(paths)
        # Whether all is taken in is looked for half a second only.
        return Sent("GET", path, (200, 503) if path == "/readyz" else (200,))

    def _figure(self) -> dict[str, Any]:
        return {
            "type": "ProductionReported",
            "subject": self._place(),
            "metric": "mine_production",
            "period": self._chance.choice(("2020", "2021", "2022")),
            "value": str(self._chance.randrange(10**6)),
            "unit": "t",
            "published_at": self._day(),
            "source": {"publisher": self._chance.choice(history.PUBLISHERS), "reference": str(uuid4())},
        }

    def _changed(self) -> list[dict[str, Any]]:
        """A correction or a retraction of what was appended, or a merge of a new slug into a place."""
        if self.appended and self._chance.random() < 0.8:
            lot = self._chance.random()
            target = self._chance.choice(self.appended)
            about = {"target": target, "reason": "other", "explanation": "Read again."}
            if lot < 0.2:
                self.appended.remove(target)
                return [{"type": "EventRetracted", **about}]
            changes = {"published_at": self._day()} if lot < 0.5 else {"value": str(self._chance.randrange(10**6))}
            return [{"type": "EventCorrected", **about, "changes": changes}]
        twin = f"twin-{self._client}-{next(self._numbers)}"
        place = self._place()
        return [
            {"type": "EntityRegistered", "entity": twin, "kind": "country", "name": twin},
            {**self._figure(), "subject": twin},
            {"type": "EntitiesMerged", "merged": twin, "kept": place, "reason": "The same place."},
        ]

    def _day(self) -> str:
        day = (
            f"20{self._chance.randrange(10, 26)}-{self._chance.randrange(1, 13):02}-{self._chance.randrange(1, 29):02}"
        )
        return self._chance.choice((day, day, day[:7], day[:4]))

    def _place(self) -> str:
        return history.subject(self._chance.randrange(history.subjects(LOG)))

    def _clocks(self) -> dict[str, str]:
        lot = self._chance.random()
        day = f"20{self._chance.randrange(10, 25)}-{self._chance.randrange(1, 13):02}-15"
        if lot < 0.3:
            return {"as_of": day, "recorded_as_of": f"position:{self._position()}"}
        return {"as_of": day} if lot < 0.6 else {}

    def _position(self) -> int:
        """A position: the last one that is known, or any."""
        return self._chance.choice((self.head, self._chance.randrange(100, self.head)))

    def _form(self) -> dict[str, str]:
        return {"format": self._chance.choice(FORMATS)}
