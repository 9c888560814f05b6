"""What the pure step makes of an event is what the event says, and what it spares the rules they would have found."""

import hashlib
import json
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import REGISTRY, InvalidEvent, Ledger, Refused, parse_event
from ledger.append.prepare import prepare
from ledger.clock import machine_now
from ledger.codec import strict_json
from ledger.events.figures import FIGURE_NAMESPACE, Figure, figure_id
from ledger.rules.rules import figure_key, figure_of, kept_for_certain, violations
from ledger.rules.version import Version
from ledger.rules.warnings import event_warnings
from ledger.values import canonical, parse_number, room, unit
from ledger.values.identifiers import of_name, of_time
from tests.depth import examples
from tests.ledger.conftest import figure
from tests.oracle.histories import Body, histories


def body_as_json(sent: Any) -> bytes:
    event = parse_event(sent)
    version = {} if event.version == 1 else {"_version": event.version}
    return json.dumps({**version, **event.body()}, ensure_ascii=False, separators=(",", ":")).encode()


def digest_as_it_was(sent: Any) -> bytes:
    said = {name: value for name, value in sent.items() if name not in ("event_id", "expected_version")}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), default=strict_json._number)
    return hashlib.sha256(text.encode()).digest()


def key_as_json(key: Any) -> str:
    written = {name: value for name, value in key.items() if name not in ("period", "canonical_unit")}
    written["unit"] = key["canonical_unit"]
    written["period_start"], written["period_end"] = map(str, key["period"]) if key["period"] else (None, None)
    return json.dumps(written, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_a_prepared_example_holds_what_the_example_says(name: str) -> None:
    example = REGISTRY[name].example
    made = prepare(example)
    assert (made.type, made.event_key, made.expected_version) == (name, None, None)
    assert made.state == body_as_json(example)
    assert made.body == parse_event(example).body()
    assert made.digest == digest_as_it_was(example)


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)


@given(TEXTS, TEXTS, st.sampled_from(["1", "-0", "1.50", "1e3", "-1.2e-3", "0e9"]), st.uuids(), st.integers(0, 9))
def test_texts_and_numbers_of_any_kind_are_stored_as_plain_json(
    note: str, dimension: str, value: str, event_id: UUID, version: int
) -> None:
    sent = figure(
        strict_json.parse_json(value.encode()),
        note=note,
        dimensions={"b": dimension, "a": note},
        event_id=str(event_id).upper(),
        expected_version=version,
    )
    made = prepare(sent)
    assert (made.event_key, made.expected_version) == (event_id.bytes, version)
    assert made.state == body_as_json(sent)
    assert made.digest == digest_as_it_was(sent)
    assert not {b"\t", b"\n"} & {made.state[at : at + 1] for at in range(len(made.state))}


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.decimals(allow_nan=False, allow_infinity=False), TEXTS),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
        max_leaves=6,
    )
)
def test_changes_of_any_kind_are_stored_as_plain_json(value: Any) -> None:
    sent = {**REGISTRY["EventCorrected"].example, "changes": {"value": value, "dimensions.basis": "reo"}}
    assert prepare(sent).state == body_as_json(sent)


def test_what_does_not_fit_its_type_is_refused_with_every_fault() -> None:
    with pytest.raises(InvalidEvent) as refused:
        prepare(figure(unit="cubits", value="x"))
    assert sorted(one.pointer for one in refused.value.violations) == ["/unit", "/value"]


@settings(max_examples=examples(20, deeply=500))
@given(histories())
def test_the_rules_agree_with_what_a_figure_is_spared(history: list[Body]) -> None:
    ledger = Ledger(":memory:")
    state = ledger._writer._state
    spared = 0
    for sent in history:
        made = prepare(sent)
        if made.facts is not None:
            version = Version(ledger.head() + 1, UUID(sent["event_id"]), made.cls, made.body, machine_now())
            if kept_for_certain(state, made.cls, made.facts):
                spared += 1
                assert violations(state, version) == []
                if made.facts.oddities is not None:
                    assert len(list(event_warnings(state, version))) == made.facts.oddities
                if not state.is_merged(made.facts.subject) and not state.is_merged(made.facts.material or ""):
                    assert figure_of(state, made.cls, made.body).bytes == made.facts.figure
            assert state.kinds == {
                slug: event.body["kind"]
                for (family, slug), events in state._things.items()
                if family == "entities"
                for event in events
            }
        try:
            ledger.append([sent], warn=False)
        except Refused:
            continue
    ledger.close()


@given(TEXTS, TEXTS, st.none() | TEXTS, st.none() | st.dictionaries(TEXTS, TEXTS, max_size=3))
def test_a_figures_id_is_the_uuidv5_of_its_canonical_json(
    subject: str, metric: str, material: str | None, dimensions: dict[str, str] | None
) -> None:
    key: Any = {
        "subject": subject,
        "metric": metric,
        "material": material,
        "dimensions": dimensions or None,
        "nature": "observed",
        "period": None,
        "canonical_unit": "t",
    }
    assert figure_id(**key) == uuid5(FIGURE_NAMESPACE, key_as_json(key))


def test_the_examples_of_figures_have_the_id_of_their_key() -> None:
    ledger = Ledger(":memory:")
    state = ledger._writer._state
    for cls in REGISTRY.values():
        if issubclass(cls, Figure):
            body = {**parse_event(cls.example).body(), "period": "2024-Q3"}
            made = prepare({"type": cls.__name__, **body})
            assert made.facts is not None
            key: Any = figure_key(state, cls, body)
            assert made.facts.figure == uuid5(FIGURE_NAMESPACE, key_as_json(key)).bytes
    ledger.close()


@given(st.uuids(), st.binary(max_size=80))
def test_an_id_of_a_name_is_the_uuidv5_of_the_standard_library(namespace: UUID, name: bytes) -> None:
    made = UUID(bytes=of_name(namespace, name))
    assert made == UUID(bytes=hashlib.sha1(namespace.bytes + name).digest()[:16], version=5)
    assert made.version == 5


def test_ids_of_the_time_are_in_its_order() -> None:
    first, second = of_time(machine_now()), of_time(machine_now())
    assert UUID(bytes=first).version == 7
    assert first < second or first[:6] == second[:6]


@given(st.from_regex(r"-?[0-9]{1,21}(\.[0-9]{1,19})?", fullmatch=True), st.data())
def test_a_number_of_so_many_characters_fits_in_canonical_units(text: str, data: st.DataObject) -> None:
    names = ["t", "kt", "Mt", "g", "lb", "short_ton/yr", "ratio", "billion persons", "USD", "billion USD/g", "EUR/Mt"]
    name = data.draw(st.sampled_from([*names, "million USD/lb"]))
    assert unit(name)
    if len(text) <= room(name):
        assert canonical(parse_number(text), name) == parse_number(text) * unit(name).factor
