"""What the records of a bundle must be among themselves: one episode, what it stands on, and nothing else.

Never here: hashes, checkpoints, the meaning of a fact beyond the few fields that are named here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from pydantic_core import to_json

from domain.ledger.identity import register_stream_id
from domain.ledger.proof.bundle import Bundle, model_name
from domain.ledger.proof.faults import MalformedBundle
from domain.ledger.proof.findings import Refuted
from domain.ledger.proof.inspection import finding_at
from domain.ledger.proof.logfacts import KEY_ADOPTED, OF_LOG, ORIGIN_PREFIX, fact_name, plain_of
from domain.ledger.submission import StoredRecord

MODEL_PUBLISHED = "service_model_published"
OF_REGISTER = frozenset({"register_opened", "controller_succeeded", MODEL_PUBLISHED})
"""The facts of the register's own stream that a bundle holds up to its as-of position; of the models only the ones that
the episode names. What the register says of its log (OF_LOG) every bundle holds up to its newest checkpoint."""
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def microseconds(moment: dt.datetime) -> int:
    """Microseconds since 1970."""
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)


def models_named(records: Sequence[StoredRecord]) -> Iterator[tuple[str, int, StoredRecord]]:
    """The versions of service models that facts name, and the first record that does; a correction's content too."""
    seen = set[tuple[str, int]]()
    for record in records:
        plain = plain_of(record)
        content = plain.get("content")
        inner = content.get("plain") if isinstance(content, dict) else None
        for part in (plain, inner):
            match part:
                case {"service": str(service), "model_version": int(version)} if (service, version) not in seen:
                    seen.add((service, version))
                    yield service, version, record
                case _:
                    pass


def adopted_keys(records: Sequence[StoredRecord]) -> list[str]:
    """The keys that the register's records say sign its checkpoints."""
    adopted = (plain_of(record) for record in records if fact_name(record) == KEY_ADOPTED)
    return [str(plain.get("verifier_key")) for plain in adopted if plain.get("purpose") == "checkpoints"]


def check(bundle: Bundle, records: Sequence[StoredRecord]) -> None:
    """Raises Refuted, MalformedBundle."""
    manifest = bundle.manifest
    of_register = register_stream_id(manifest.origin.removeprefix(ORIGIN_PREFIX))
    episode = [record for record in records if record.stream_id == manifest.episode]
    others = [record for record in records if record.stream_id != manifest.episode]
    for record in others:
        known = record.stream_id == of_register and fact_name(record) in OF_LOG | OF_REGISTER
        if not known:
            words = "the event is neither of the episode nor of what it stands on."
            raise Refuted(finding_at(record.position, record, "foreign_record", words))
    _check_versions(episode, others)
    for record in records:
        if record.position > manifest.as_of and fact_name(record) not in OF_LOG:
            words = f"the event was recorded after position {manifest.as_of}, as of which the bundle is."
            raise Refuted(finding_at(record.position, record, "after_as_of", words))
    _check_models(bundle, episode, others)


def _check_versions(episode: Sequence[StoredRecord], others: Sequence[StoredRecord]) -> None:
    """The episode's versions are gapless; the register's, of which some are here, rise."""
    if not episode:
        raise MalformedBundle("no record of the episode is here")
    first = min(episode[0].version, 1)
    for expected, record in enumerate(episode, first):
        if record.version != expected:
            words = f"its version is {record.version}, but {expected} would be next: entries were left out."
            raise Refuted(finding_at(record.position, record, "version_gap", words))
    last = -1
    for record in others:
        if record.version <= last:
            words = f"its version is {record.version}, after {last}."
            raise Refuted(finding_at(record.position, record, "version_gap", words))
        last = record.version


def _check_models(bundle: Bundle, episode: Sequence[StoredRecord], others: Sequence[StoredRecord]) -> None:
    """Each model that the episode names was published before here; each file of a model is its published content."""
    published: dict[str, bytes] = {}
    for record in others:
        if fact_name(record) == MODEL_PUBLISHED:
            plain = plain_of(record)
            name = f"{plain.get('service')}.{plain.get('model_version')}"
            published[name] = to_json(plain.get("content"))
    for service, version, record in models_named(episode):
        if f"{service}.{version}" not in published:
            words = f"it names the service model {service}.{version}, whose publication is not here."
            raise Refuted(finding_at(record.position, record, "model_missing", words))
    if sorted(published) != bundle.models():
        raise MalformedBundle("there is not a file for each published model that is here")
    for name, content in published.items():
        service, _, number = name.rpartition(".")
        if bundle.read(model_name(service, int(number))) != content:
            raise MalformedBundle(f"models/{name}.json is not the content that was published")
