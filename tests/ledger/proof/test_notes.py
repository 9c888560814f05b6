"""Signed notes: the examples of the specification, what is no note, and that nothing can be touched."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.proof.notes import (
    ED25519_COSIGNATURE,
    ED25519_NOTE,
    Note,
    NoteError,
    Signature,
    SignerKey,
    VerifierKey,
    key_id,
    signed,
)
from tests.depth import examples
from tests.ledger.proof.mutations import touched
from tests.ledger.proof.signed_trees import LOG, STRANGER, WITNESS, checkpoint

# From the documentation of Go's sumdb/note, which made these.
GO_SIGNER = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
DASH = "\N{EM DASH}"
GO_NOTE = (
    f"{GO_TEXT}\n{DASH} PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# From C2SP tlog-cosignature.
WITNESSED = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    f"{DASH} example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    f"{DASH} witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)


def test_what_another_implementation_signed_is_understood_and_made_again() -> None:
    key = VerifierKey.parse(GO_VERIFIER)
    signer = SignerKey.parse(GO_SIGNER)
    note = Note.parse(GO_NOTE.encode())
    assert [one.name for one in note.verified([key])] == ["PeterNeumann"]
    assert signed(GO_TEXT, signer).encoded() == GO_NOTE.encode()
    assert (signer.verifier, signer.text(), key.text()) == (key, GO_SIGNER, GO_VERIFIER)


def test_the_example_of_the_specification_is_read_and_written() -> None:
    note = Note.parse(WITNESSED.encode())
    assert [one.name for one in note.signatures] == ["example.com/behind-the-sofa", "witness.example.com/w1"]
    assert note.encoded() == WITNESSED.encode()


def test_a_note_is_signed_by_a_known_key_or_says_nothing() -> None:
    note = signed("text\n", LOG, STRANGER)
    assert [one.name for one in note.verified([LOG.verifier])] == [LOG.name]
    assert len(note.verified([LOG.verifier, STRANGER.verifier])) == 2
    with pytest.raises(NoteError, match="not signed by"):
        signed("text\n", STRANGER).verified([LOG.verifier])
    with pytest.raises(NoteError, match="not signed by"):
        note.verified([])


def test_a_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    other = signed("another text\n", LOG)
    note = Note("text\n", (*signed("text\n", STRANGER).signatures, *other.signatures))
    assert note.verified([STRANGER.verifier])
    with pytest.raises(NoteError, match="not of this text"):
        note.verified([STRANGER.verifier, LOG.verifier])


def test_a_key_of_one_kind_signs_nothing_of_the_other() -> None:
    as_log = SignerKey(WITNESS.name, ED25519_NOTE, WITNESS.seed)
    assert as_log.verifier.id != WITNESS.verifier.id
    by_log, by_witness = as_log.sign("text\n"), WITNESS.sign("text\n", at=1)
    for key, signature in ((as_log.verifier, by_witness), (WITNESS.verifier, by_log)):
        with pytest.raises(NoteError):
            key.verify("text\n", signature)
        with pytest.raises(NoteError):
            key.verify("text\n", signature._replace(key=key.id))


def test_a_cosignature_is_of_its_second() -> None:
    signature = WITNESS.sign("text\n", at=1_679_315_147)
    WITNESS.verifier.verify("text\n", signature)
    later = signature._replace(signature=(1_679_315_148).to_bytes(8, "big") + signature.signature[8:])
    with pytest.raises(NoteError, match="not of this text"):
        WITNESS.verifier.verify("text\n", later)
    with pytest.raises(NoteError, match="cannot be"):
        WITNESS.verifier.verify("text\n", signature._replace(signature=b"\xff" * 72))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n",
        b"text\n",
        b"text\n\n",
        b"text\n\n\n",
        GO_NOTE.encode()[:-1],
        GO_NOTE.encode() + b"\n",
        GO_NOTE.replace("\n", "\r\n").encode(),
        GO_NOTE.encode().replace(b"think", b"thi\xffk"),
        GO_NOTE.encode().replace(b"think", b"thi\0k"),
        GO_NOTE.encode().replace(b"think", b"thi\tk"),
        GO_NOTE.replace("\N{EM DASH}", "-").encode(),
        GO_NOTE.replace(DASH + " ", "\N{EM DASH}").encode(),
        GO_NOTE.replace("PeterNeumann", "").encode(),
        GO_NOTE.replace("PeterNeumann", "Peter+Neumann").encode(),
        GO_NOTE.replace("PeterNeumann", "Peter\N{NO-BREAK SPACE}Neumann").encode(),
        GO_NOTE.replace("PeterNeumann", "PeterNeumann ").encode(),
        GO_NOTE.replace("AM=", "AM").encode(),
        GO_NOTE.replace("AM=", "AM= ").encode(),
        GO_NOTE.replace("AM=", "AN=").encode(),
        GO_NOTE.replace("x08go/", "x08go_").encode(),
        b"text\n\n\xe2\x80\x94 name \n",
        b"text\n\n\xe2\x80\x94 name AAAAAA==\n",
        b"text\n\n" + 101 * b"\xe2\x80\x94 name AAAAAAA=\n",
        b"x" * 1_000_000 + b"\n\n\xe2\x80\x94 name AAAAAAA=\n",
        GO_NOTE.encode() + GO_NOTE.splitlines(keepends=True)[-1].encode(),
    ],
)
def test_what_is_no_note_is_refused(raw: bytes) -> None:
    with pytest.raises(NoteError):
        Note.parse(raw).verified([VerifierKey.parse(GO_VERIFIER)])


@pytest.mark.parametrize("text", ["", "text", "text\r\n", "te\txt\n", "text\0\n"])
def test_what_no_note_can_say_is_not_signed(text: str) -> None:
    with pytest.raises(NoteError):
        signed(text, LOG)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumanm+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW=",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy",
        "PeterNeumann+c74f20a3+",
        f"PeterNeumann+{key_id('PeterNeumann', 2, b'k' * 32).hex()}+AmtrKysrKysrKysrKysrKysrKysrKysrKysrKysrKysr",
        " " + GO_VERIFIER,
        GO_VERIFIER + "\n",
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey.parse(text)
    with pytest.raises(NoteError):
        SignerKey.parse("PRIVATE+KEY+" + text)


def test_a_secret_is_not_shown() -> None:
    assert repr(LOG) == f"SignerKey({LOG.name!r})"
    assert SignerKey.parse(LOG.text()) == LOG
    with pytest.raises(NoteError, match="does not begin"):
        SignerKey.parse(GO_VERIFIER)


def test_signatures_are_added_once_a_key() -> None:
    note = checkpoint(3)
    first, second = WITNESS.sign(note.text, at=1), WITNESS.sign(note.text, at=2)
    assert note.with_signatures([first]).with_signatures([second]).signatures == (*note.signatures, second)
    with pytest.raises(NoteError, match="two signatures"):
        Note.parse(replace(note, signatures=(first, second)).encoded())


NOTE = signed("one\n\ntwo\n", LOG, STRANGER).with_signatures([WITNESS.sign("one\n\ntwo\n", at=7)])
KNOWN = [LOG.verifier, WITNESS.verifier]


@settings(max_examples=examples(300, deeply=20_000), deadline=None)
@given(touched(NOTE.encoded()))
def test_a_touched_note_is_refused_or_says_the_same(raw: bytes) -> None:
    # What strangers sign, and whether a witness's line is there at all, is not what the log's key stands for.
    try:
        note = Note.parse(raw)
        found = note.verified(KNOWN)
    except NoteError:
        return
    assert note.encoded() == raw
    assert note.text == NOTE.text
    assert set(found) <= set(NOTE.verified(KNOWN))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_note_or_are_refused(raw: bytes) -> None:
    try:
        note = Note.parse(raw)
    except NoteError:
        return
    assert note.encoded() == raw


NAMES = st.text(min_size=1, max_size=20)


@given(NAMES, st.sampled_from([ED25519_NOTE, ED25519_COSIGNATURE]), st.binary(min_size=32, max_size=32))
def test_a_key_is_its_line(name: str, kind: int, seed: bytes) -> None:
    try:
        key = SignerKey(name, kind, seed)
    except NoteError:
        return
    assert VerifierKey.parse(key.verifier.text()) == key.verifier
    assert SignerKey.parse(key.text()) == key
    assert Signature.parse(key.sign("text\n", at=5).line()[:-1]) == key.sign("text\n", at=5)
