"""Time stamps of an authority of OpenSSL: verified offline, with a chain of certificates too; none that was touched."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.proof.timestamps import (
    TimestampError,
    timestamp_of,
    timestamp_request,
    verify_timestamp,
    with_sorted_certificates,
)
from tests.depth import examples
from tests.ledger.proof.openssl_authority import OpenSSLAuthority
from tests.ledger.proof.signed_trees import checkpoint

MESSAGE = checkpoint(7).encoded()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> OpenSSLAuthority:
    return OpenSSLAuthority(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize("section", ["alone", "chain"])
def test_a_time_stamp_is_verified_offline(authority: OpenSSLAuthority, section: str) -> None:
    request = timestamp_request(MESSAGE)
    response = authority.answer(request.body, section=section)
    at = timestamp_of(response, MESSAGE, nonce=request.nonce)
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=5)
    assert verify_timestamp(response, MESSAGE, certificates=authority.pem("root", "between")) == at
    assert authority.verifies(MESSAGE, response)


def test_a_chain_in_the_token_needs_the_root_alone(authority: OpenSSLAuthority) -> None:
    chain = authority.answer(timestamp_request(MESSAGE).body, section="chain")
    assert verify_timestamp(chain, MESSAGE, certificates=authority.pem("root"))
    alone = authority.answer(timestamp_request(MESSAGE).body, section="alone")
    with pytest.raises(TimestampError, match="issuer certificate"):
        verify_timestamp(alone, MESSAGE, certificates=authority.pem("root"))


def test_certificates_in_any_order_are_read(authority: OpenSSLAuthority) -> None:
    responses = [authority.answer(timestamp_request(MESSAGE).body, section="chain") for _ in range(2)]
    for response in responses:
        ordered = with_sorted_certificates(response)
        assert len(ordered) == len(response)
        assert sorted(ordered) == sorted(response)
        assert with_sorted_certificates(ordered) == ordered
        assert authority.verifies(MESSAGE, ordered)


def test_a_time_stamp_is_of_its_message_and_its_request(authority: OpenSSLAuthority) -> None:
    request = timestamp_request(MESSAGE)
    response = authority.answer(request.body)
    with pytest.raises(TimestampError, match="of something else"):
        timestamp_of(response, MESSAGE + b"\n", nonce=request.nonce)
    with pytest.raises(TimestampError, match="another request"):
        timestamp_of(response, MESSAGE, nonce=request.nonce + 1)
    with pytest.raises(TimestampError, match="Mismatch"):
        verify_timestamp(response, MESSAGE + b"\n", certificates=authority.pem("root"))


def test_only_the_roots_that_are_given_are_trusted(authority: OpenSSLAuthority) -> None:
    response = authority.answer(timestamp_request(MESSAGE).body)
    with pytest.raises(TimestampError, match="not verified"):
        verify_timestamp(response, MESSAGE, certificates=authority.pem("stranger"))
    with pytest.raises(TimestampError, match="root certificate"):
        verify_timestamp(response, MESSAGE, certificates=authority.pem("between"))
    for nothing in (b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        with pytest.raises(TimestampError, match="none in PEM"):
            verify_timestamp(response, MESSAGE, certificates=nothing)


def test_what_is_refused_is_said_with_its_reason(authority: OpenSSLAuthority) -> None:
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    builder = TimestampRequestBuilder(data=MESSAGE, hash_algorithm=HashAlgorithm.SHA512)
    with pytest.raises(TimestampError, match="granted no time stamp"):
        timestamp_of(authority.answer(builder.build().as_bytes()), MESSAGE)


@pytest.mark.parametrize(
    "raw", [b"", b"\0", b"0\0", b"0\x80\0\0", b"\x30\x84\xff\xff\xff\xff", b"0" * 1000, b"x" * 300_000]
)
def test_what_is_no_time_stamp_is_refused(raw: bytes) -> None:
    assert with_sorted_certificates(raw) == raw
    with pytest.raises(TimestampError):
        timestamp_of(raw, MESSAGE)


@pytest.fixture(scope="module")
def stamped(authority: OpenSSLAuthority) -> tuple[bytes, datetime]:
    response = authority.answer(timestamp_request(MESSAGE).body)
    return response, timestamp_of(response, MESSAGE)


@settings(max_examples=examples(200, deeply=5_000), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_touched_time_stamp_is_refused_or_says_the_same(
    authority: OpenSSLAuthority, stamped: tuple[bytes, datetime], data: st.DataObject
) -> None:
    response, at = stamped
    place, bit = data.draw(st.integers(0, len(response) - 1)), data.draw(st.integers(0, 7))
    touched = response[:place] + bytes([response[place] ^ 1 << bit]) + response[place + 1 :]
    try:
        found = verify_timestamp(touched, MESSAGE, certificates=authority.pem("root", "between"))
    except TimestampError:
        return
    assert (
        found == at
    )  # what may differ is what nobody signed: certificates that are given anyway, a text of the status


def test_files_of_certificates_may_hold_several(authority: OpenSSLAuthority, tmp_path: Path) -> None:
    bundle = tmp_path / "roots.pem"
    bundle.write_bytes(authority.pem("stranger", "root", "between"))
    response = authority.answer(timestamp_request(MESSAGE).body, section="alone")
    assert verify_timestamp(response, MESSAGE, certificates=bundle.read_bytes())
