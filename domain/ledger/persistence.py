"""eventsourcing's way in: PERSISTENCE_MODULE=domain.ledger.persistence, LEDGER_DSN and LEDGER_REGISTER
(and LEDGER_PATIENCE_SECONDS, where it matters).

Never here: anything but the making of recorders.
"""

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    InfrastructureFactoryError,
    ProcessRecorder,
    TrackingRecorder,
)
from eventsourcing.utils import Environment, EnvType

from domain.ledger.recorder import PATIENCE_SECONDS, RegisterRecorder, StreamRecorder


class Factory(InfrastructureFactory[TrackingRecorder]):
    """Makes one recorder for the register that the environment names; all contracts are served by it."""

    LEDGER_DSN = "LEDGER_DSN"
    LEDGER_REGISTER = "LEDGER_REGISTER"
    LEDGER_PATIENCE_SECONDS = "LEDGER_PATIENCE_SECONDS"

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        self._recorder = RegisterRecorder(
            self._named(self.LEDGER_DSN),
            self._named(self.LEDGER_REGISTER),
            patience_seconds=float(self.env.get(self.LEDGER_PATIENCE_SECONDS) or PATIENCE_SECONDS),
        )

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        if purpose != "events":
            raise InfrastructureFactoryError("a register keeps events only, no snapshots")
        return StreamRecorder(self._recorder)

    def application_recorder(self) -> ApplicationRecorder:
        return self._recorder

    def tracking_recorder(self, tracking_recorder_class: type[TrackingRecorder] | None = None) -> TrackingRecorder:
        if tracking_recorder_class is not None and not isinstance(self._recorder, tracking_recorder_class):
            raise InfrastructureFactoryError("a register keeps its own tracking")
        return self._recorder

    def process_recorder(self) -> ProcessRecorder:
        return self._recorder

    def close(self) -> None:
        self._recorder.close()

    def _named(self, name: str) -> str:
        value = self.env.get(name)
        if not value:
            raise InfrastructureFactoryError(f"{name} is not set")
        return value
