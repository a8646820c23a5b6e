"""Tokens: who may be trusted to be whom, and the key that they are signed with."""

import json
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from api.identity import ALGORITHM, AUDIENCE, ISSUER, KEY_FILE, BadToken, Doorkeeper, development_key, issue_token
from api.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


def signed(key: OKPKey, **changes: Any) -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "w", "registers": ["r"], "iat": now, "exp": now + 60, **changes}
    given = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": ALGORITHM}, given, key, algorithms=[ALGORITHM])


def test_a_token_tells_who_its_holder_is_and_for_which_registers(settings: Settings) -> None:
    identity = Doorkeeper(settings).verify(issue_token(settings, "worker-1", ["kymenlaakso"], ["family_instructor"]))
    assert identity.actor == "worker-1"
    assert identity.roles == ("family_instructor",)
    assert identity.may_use("kymenlaakso")
    assert not identity.may_use("elsewhere")


def test_the_key_is_made_once_and_is_its_owners_alone(settings: Settings) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = {key.thumbprint() for key in pool.map(development_key, [settings.data] * 16)}
    assert len(keys) == 1
    assert stat.S_IMODE((settings.data / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in settings.data.iterdir()] == [KEY_FILE]


def test_a_token_that_has_expired_is_refused(settings: Settings) -> None:
    token = issue_token(settings, "worker-1", ["r"], expires_in=timedelta(seconds=-1))
    with pytest.raises(BadToken, match="expired"):
        Doorkeeper(settings).verify(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "another"},
        {"aud": "another"},
        {"aud": None},
        {"sub": None},
        {"sub": 7},
        {"exp": None},
        {"exp": "never"},
        {"registers": None},
        {"registers": "r"},
        {"registers": [7]},
        {"roles": {}},
        {"iat": 2**40},
    ],
)
def test_a_token_that_says_something_else_is_refused(changes: dict[str, Any], settings: Settings) -> None:
    with pytest.raises(BadToken):
        Doorkeeper(settings).verify(signed(development_key(settings.data), **changes))


def test_a_token_of_another_key_is_refused(settings: Settings, tmp_path: Path) -> None:
    other = issue_token(Settings(data=tmp_path / "other"), "worker-1", ["r"])
    with pytest.raises(BadToken):
        Doorkeeper(settings).verify(other)


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(settings: Settings) -> None:
    public = OctKey.import_key(json.dumps(development_key(settings.data).as_dict(private=False)))
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "w", "registers": ["r"], "exp": int(time.time()) + 60}
    forged = jwt.encode({"alg": "HS256"}, claims, public, algorithms=["HS256"])
    with pytest.raises(BadToken):
        Doorkeeper(settings).verify(forged)


@pytest.mark.parametrize(
    "token", ["", "a", "a.b", "a.b.c", "....", "ä.ö.å", "e30.e30.e30", "bnVsbA.bnVsbA.bnVsbA", "W10.W10.W10"]
)
def test_what_is_no_token_is_refused(token: str, settings: Settings) -> None:
    with pytest.raises(BadToken):
        Doorkeeper(settings).verify(token)


@pytest.mark.parametrize("actor", ["", " ", "Matti Meikäläinen", "x" * 101, "a\nb"])
def test_an_actor_is_an_id_and_not_a_name(actor: str, settings: Settings) -> None:
    with pytest.raises(ValueError, match="an actor is an id"):
        issue_token(settings, actor, ["r"])


def test_a_token_that_was_verified_is_known_until_it_expires(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    doorkeeper, token = Doorkeeper(settings), issue_token(settings, "worker-1", ["r"], expires_in=timedelta(hours=1))
    first = doorkeeper.verify(token)
    with monkeypatch.context() as patched:
        patched.setattr(jwt, "decode", lambda *_, **__: pytest.fail("verified once more"))
        assert doorkeeper.verify(token) is first
    expired = time.time() + 3601
    monkeypatch.setattr(time, "time", lambda: expired)
    with pytest.raises(BadToken, match="expired"):
        doorkeeper.verify(token)


def test_a_doorkeeper_keeps_no_token_and_not_without_end(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.identity.KNOWN_TOKENS", 2)
    doorkeeper = Doorkeeper(settings)
    tokens = [issue_token(settings, f"worker-{number}", ["r"]) for number in range(5)]
    assert [doorkeeper.verify(token).actor for token in tokens] == [f"worker-{number}" for number in range(5)]
    assert len(doorkeeper._known) <= 2
    assert all(token.encode() not in repr(vars(doorkeeper)).encode() for token in tokens)
