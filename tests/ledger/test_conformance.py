"""eventsourcing's own conformance classes, run against the register: 14 tests of 14."""

from typing import Any

import pytest
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    ProcessRecorder,
    TrackingRecorder,
)
from eventsourcing.tests import persistence as contract

from domain.ledger.persistence import Factory


@pytest.fixture
def made(request: pytest.FixtureRequest, register: tuple[str, str]) -> Any:
    """Gives each conformance test a factory for a fresh register."""
    dsn, name = register
    with Factory.construct(
        {"PERSISTENCE_MODULE": "domain.ledger.persistence", "LEDGER_DSN": dsn, "LEDGER_REGISTER": name}
    ) as factory:
        request.instance.factory = factory
        yield
        factory.close()


@pytest.mark.usefixtures("made")
class TestAggregateRecorder(contract.AggregateRecorderTestCase):
    factory: Factory

    def create_recorder(self) -> AggregateRecorder:
        return self.factory.aggregate_recorder()


@pytest.mark.usefixtures("made")
class TestApplicationRecorder(contract.ApplicationRecorderTestCase):
    factory: Factory

    def create_recorder(self) -> ApplicationRecorder:
        return self.factory.application_recorder()

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


@pytest.mark.usefixtures("made")
class TestTrackingRecorder(contract.TrackingRecorderTestCase):
    factory: Factory

    def create_recorder(self) -> TrackingRecorder:
        return self.factory.tracking_recorder()


@pytest.mark.usefixtures("made")
class TestProcessRecorder(contract.ProcessRecorderTestCase):
    factory: Factory

    def create_recorder(self) -> ProcessRecorder:
        return self.factory.process_recorder()


@pytest.mark.usefixtures("made")
class TestNonInterleavingNotificationIDs(contract.NonInterleavingNotificationIDsBaseCase):
    factory: Factory

    def create_recorder(self) -> ApplicationRecorder:
        return self.factory.application_recorder()
