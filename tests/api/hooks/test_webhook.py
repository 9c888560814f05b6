"""Messages are signed as Standard Webhooks say: the example of its specification comes out."""

from api.hooks.webhook import Message, signed_headers


def test_a_message_is_signed_as_in_the_example_of_the_specification() -> None:
    body = b'{"event_type":"ping","data":{"success":true}}'
    message = Message("msg_loFOjxBNrRLzqYUf", body, before=0, place=None)
    assert signed_headers(message, "whsec_plJ3nmyCDGBKInavdOK15jsl", at_s=1731705121) == {
        "webhook-id": "msg_loFOjxBNrRLzqYUf",
        "webhook-timestamp": "1731705121",
        "webhook-signature": "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
    }
