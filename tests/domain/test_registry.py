"""The registry of facts: what is stored today is read tomorrow, byte for byte.

tests/golden holds the state of one event of every name and version, opened: what is stored, with the sensitive part in
the clear where the sealed segments stand. Golden files are only ever added to: when a fact gets a new version, its old
file stays and must still be read.
`python -m tests.domain.test_registry` writes those that are missing, and never touches one that is there.
"""

from __future__ import annotations

import datetime as dt
import json
import types
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

import pytest
from pydantic import AwareDatetime, BaseModel, ValidationError
from pydantic_core import to_json

from domain.catalogue.loader import load_catalogue
from domain.contact.facts import ContactReceived, FamilyConsent
from domain.correction import EntryCorrected
from domain.entry import Entry, Provenance
from domain.fact import Fact
from domain.register.facts import ServiceModelPublished
from domain.registry import REGISTRY, NotSealed, Registry, UnknownFactName
from domain.withheld import Opened

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
STREAM = UUID("01890000-0000-7000-8000-000000000001")
ORDER = UUID("01890000-0000-7000-8000-000000000002")
EVERY_NAME = sorted({*REGISTRY.facts, *REGISTRY.upcasters})
CURRENT = sorted(REGISTRY.facts)


def sample(annotation: Any, name: str) -> Any:
    """A value of the type, the same each time."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return sample(next(one for one in arguments if one is not type(None)), name)
    if origin is Annotated:
        return sample(arguments[0], name)
    if origin is tuple:
        return (sample(arguments[0], name),)
    if origin is dict:
        return {sample(arguments[0], name): sample(arguments[1], name)}
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return next(iter(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Fact):
        return sample_of(REGISTRY.facts["meeting_held.1"])
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation(**{field: sample(told.annotation, field) for field, told in annotation.model_fields.items()})
    simple: dict[Any, Any] = {
        UUID: STREAM,
        int: 3,
        float: 3.0,
        bool: True,
        str: f"{name} ä",
        dt.date: dt.date(2022, 3, 10),
        AwareDatetime: dt.datetime(2022, 3, 10, 10, 30, tzinfo=dt.timezone(dt.timedelta(hours=2))),
        Any: f"{name} ä",
    }
    return simple[annotation]


def sample_of(fact: type[Fact]) -> Fact:
    """A fact of the class with every field told."""
    if fact is ServiceModelPublished:
        model = load_catalogue()[0]
        return ServiceModelPublished(
            service=model.service,
            model_version=model.model_version,
            valid_from=model.valid_from,
            valid_to=model.valid_to,
            content_sha256=model.content_sha256(),
            content=model.content(),
        )
    return fact(**{field: sample(told.annotation, field) for field, told in fact.model_fields.items()})


def entry_of(fact: Fact) -> Entry:
    """The fact in an envelope with everything told."""
    entered_at = dt.datetime(2022, 3, 11, 9, 0, tzinfo=dt.UTC)
    return Entry(
        stream_id=STREAM,
        version=1,
        fact=fact,
        occurred_at=dt.datetime(2022, 3, 10, 8, 30, tzinfo=dt.UTC),
        actor="O1",
        correlation_id=ORDER,
        caused_by=1,
        provenance=Provenance(system="legacy", file="rows.csv", row_id="7", entered_at=entered_at),
    )


def golden(name: str) -> bytes:
    return (GOLDEN / f"{name}.json").read_bytes()


def opened(entry: Entry) -> bytes:
    """The state of the entry with its sensitive part in the clear, which is never stored so."""
    state, hidden = REGISTRY.parts(entry)
    return to_json({**state, "sensitive": hidden} if hidden else state)


def decoded(name: str, golden_bytes: bytes | None = None) -> Entry:
    """The entry in a golden file."""
    state = json.loads(golden_bytes or golden(name))
    hidden = Opened(state.pop("sensitive", {}), {})
    return REGISTRY.decode(name, json.dumps(state).encode(), stream_id=STREAM, version=1, opened=hidden)


def test_every_stored_name_has_its_golden_file_and_no_file_is_of_a_name_that_is_gone() -> None:
    assert sorted(path.name.removesuffix(".json") for path in GOLDEN.glob("*.json")) == EVERY_NAME


@pytest.mark.parametrize("name", CURRENT)
def test_what_was_stored_is_read_and_written_again_byte_for_byte(name: str) -> None:
    entry = decoded(name)
    assert type(entry.fact) is REGISTRY.facts[name]
    assert opened(entry) == golden(name)


@pytest.mark.parametrize("name", CURRENT)
def test_the_golden_file_tells_every_field_and_the_sensitive_ones_only_apart(name: str) -> None:
    fact, state = REGISTRY.facts[name], json.loads(golden(name))
    if fact is EntryCorrected:
        assert set(state["sensitive"]) == {"content", "reason"}
        assert set(state["plain"]["content"]["plain"]) & REGISTRY.facts["meeting_held.1"].sensitive == set()
        return
    assert set(state.get("sensitive", {})) == fact.sensitive
    assert fact.sensitive & set(state["plain"]) == set()
    told = set(state["plain"]) | set(state.get("sensitive", {}))
    assert set(fact.model_fields) >= told
    missing = {field for field in fact.model_fields if field not in told}
    assert all(not fact.model_fields[field].is_required() for field in missing)


@pytest.mark.parametrize("name", sorted(REGISTRY.upcasters))
def test_a_superseded_version_is_read_as_the_current_one(name: str) -> None:
    fact = decoded(name).fact
    assert fact.fact_name == name.rpartition(".")[0]
    assert REGISTRY.facts[fact.stored_name()] is type(fact)


@pytest.mark.parametrize(
    ("consent", "word"),
    [(True, FamilyConsent.GIVEN), (False, FamilyConsent.REFUSED), (None, FamilyConsent.NOT_ASKED)],
)
def test_the_first_version_of_a_contact_told_consent_by_yes_and_no(consent: bool | None, word: FamilyConsent) -> None:
    plain: dict[str, Any] = {"received_at": "2022-03-01T10:00:00+02:00", "channel": "phone", "source": "school"}
    if consent is not None:
        plain["consent"] = consent
    fact = REGISTRY.fact_from("contact_received.1", plain, {"message": "words"})
    assert isinstance(fact, ContactReceived)
    assert (fact.consent, fact.message) == (word, "words")


def test_a_correction_to_a_superseded_content_is_read_as_the_current_one() -> None:
    plain = {
        "entry": 1,
        "mistake": "typing_error",
        "content": {
            "name": "contact_received.1",
            "plain": {
                "received_at": "2022-03-01T10:00:00+02:00", "channel": "phone", "source": "school", "consent": True,
            },
        },
    }  # fmt: skip
    fact = REGISTRY.fact_from("entry_corrected.1", plain, {"reason": "r", "content": {"message": "words"}})
    assert isinstance(fact, EntryCorrected)
    assert isinstance(fact.content, ContactReceived)
    assert (fact.content.consent, fact.content.message) == (FamilyConsent.GIVEN, "words")


@pytest.mark.parametrize("name", ["meeting_held.99", "meeting_held", "no_such_fact.1", ""])
def test_a_name_that_is_not_in_the_registry_is_an_error(name: str) -> None:
    assert not REGISTRY.knows(name)
    with pytest.raises(UnknownFactName):
        decoded(name, golden("meeting_held.1"))


def test_a_field_that_a_fact_does_not_have_is_an_error() -> None:
    state = json.loads(golden("meeting_held.1"))
    state["plain"]["unheard_of"] = 1
    with pytest.raises(ValidationError):
        decoded("meeting_held.1", json.dumps(state).encode())


@pytest.mark.parametrize("state", [b"", b"{}", b"[]", b"not json", b'{"plain": {}}'])
def test_bytes_that_hold_no_event_are_an_error(state: bytes) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        REGISTRY.decode("meeting_held.1", state, stream_id=STREAM, version=1)


def test_a_fact_outside_the_registry_is_not_written() -> None:
    class NotRegistered(Fact, name="not_registered"):
        """A fact that nobody could read again."""

    with pytest.raises(UnknownFactName):
        REGISTRY.encode(entry_of(NotRegistered()))


@pytest.mark.parametrize("name", [name for name in CURRENT if REGISTRY.facts[name].sensitive])
def test_a_sensitive_part_that_nobody_seals_is_not_written(name: str) -> None:
    with pytest.raises(NotSealed):
        REGISTRY.encode(entry_of(sample_of(REGISTRY.facts[name])))


def test_an_event_that_was_stored_in_the_clear_is_not_read() -> None:
    with pytest.raises(NotSealed):
        REGISTRY.decode("meeting_held.1", golden("meeting_held.1"), stream_id=STREAM, version=1)


def test_two_facts_do_not_share_a_name() -> None:
    fact = REGISTRY.facts["meeting_held.1"]
    with pytest.raises(TypeError):
        Registry([fact, fact], {})


def write_missing() -> None:
    """Write the golden file of every current name that has none yet."""
    GOLDEN.mkdir(exist_ok=True)
    for name, fact in REGISTRY.facts.items():
        path = GOLDEN / f"{name}.json"
        if not path.exists():
            path.write_bytes(opened(entry_of(sample_of(fact))))


if __name__ == "__main__":
    write_missing()
