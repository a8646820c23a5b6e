"""What `scripts/start --check` waits for before it asks."""

from pathlib import Path

import pytest

from api.companion import Companion
from api.settings import Settings
from scripts import starting
from scripts.starting import wait_for_work


class Slow(Companion):
    """One that is asked a few times before it is at work."""

    name, module = "slow", __name__
    asked = 0

    def health(self) -> dict[str, object]:
        """Starting, until the third time."""
        self.asked += 1
        return {"status": "up" if self.asked > 2 else "starting", "restarts": 0}


class Never(Slow):
    """One that never comes to work."""

    def health(self) -> dict[str, object]:
        """Starting."""
        return super().health() | {"status": "starting"}


def test_health_is_asked_once_all_have_come_to_work(tmp_path: Path) -> None:
    slow = Slow(Settings(data=tmp_path), "")
    wait_for_work([slow])
    assert slow.health()["status"] == "up"


def test_one_that_does_not_come_to_work_is_not_waited_for_longer_than_a_start_may_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "START_LIMIT_SECONDS", 0.05)
    never = Never(Settings(data=tmp_path), "")
    wait_for_work([never])
    assert never.asked > 1
