"""`/v1/receipts/verify`: whether a receipt is true, and whether its question is answered the same today."""

from typing import Any

from fastapi import APIRouter, Request, Response

from api.http.json_body import json_bytes
from api.http.openapi import answers, operation
from api.http.responses import in_turn, json_answer
from api.keys.scopes import READ
from api.problems import bad_parameter
from api.questions.parameters import Parameter, checked
from api.questions.replayed_receipts import DIFFERS, INVALID, SAME, sent_receipt, verdict_on
from ledger import parse_json
from ledger.proof import NoteError, VerifierKey
from projections import Allowance, Engine

ORDER = 62
RECEIPT_BYTES_MAX = 16 * 1024 * 1024
RECEIPT_VALUES_MAX = 400_000
KEY = Parameter(
    "key", "A public key (`name+id+base64`) that is trusted besides this log's own: of a ledger it continues."
)
EXAMPLE: dict[str, Any] = {"document": "supply-ledger-receipt", "version": 1}
BODY: dict[str, Any] = {
    "type": "object",
    "description": "The member `receipt` of an answer; or all of the answer, which tells what differs item by item.",
}
RESPONSE: dict[str, Any] = {
    "verdict": {"type": "string", "enum": [SAME, DIFFERS, INVALID]},
    "reasons": {
        "type": "array",
        "items": {"type": "object", "properties": {name: {"type": "string"} for name in ("rule", "detail")}},
    },
    "differences": {"type": "array", "items": {"type": "object"}},
}


def router(engine: Engine) -> APIRouter:
    """The endpoint that checks receipts."""
    routes = APIRouter(prefix="/v1/receipts", tags=["proof"])

    @routes.post(
        "/verify",
        summary="Is a receipt true, and the answer still the same?",
        response_class=Response,
        responses=answers(page=False),
        openapi_extra=operation(
            READ,
            (KEY,),
            requestBody={"required": True, "content": {"application/json": {"schema": BODY}}},
        ),
    )
    async def verify_receipt(request: Request) -> Response:
        """Checks the signature and every proof of a receipt (`GET /v1/figures?receipt=full`), and that the log is the
        continuation of the one that it was made of; then puts its question again. `verdict` is `same`, `differs` or
        `invalid`; `reasons` say why, and `differences` what is answered otherwise. Nothing is recorded.
        """
        parameters = checked(request.query_params.multi_items(), (KEY,))
        keys = [_key(parameters[KEY.name])] if KEY.name in parameters else []
        raw = await json_bytes(request, bytes_max=RECEIPT_BYTES_MAX)

        def answer(allowance: Allowance) -> Response:
            sent = sent_receipt(parse_json(raw, values_max=RECEIPT_VALUES_MAX))
            return json_answer(verdict_on(engine.within(allowance), sent, keys=keys), status=200)

        return await in_turn(request, answer, large=True)

    return routes


def _key(text: str) -> VerifierKey:
    try:
        return VerifierKey.parse(text)
    except NoteError as error:
        raise bad_parameter(KEY.name, "key", f"key: {error}") from None
