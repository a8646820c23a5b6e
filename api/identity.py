"""Who is asking: bearer tokens signed with a key of this machine's own, until access control lands.

Never here: what a caller may do with what it may see. The key never leaves its file; a token is never logged.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeGuard

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from api.settings import Settings

ALGORITHM = "Ed25519"  # RFC 9864
AUDIENCE = "jaksokirja"
ISSUER = "jaksokirja-development"
KEY_FILE = "development-key.jwk"
KNOWN_TOKENS = 10_000
WORKING_DAY = timedelta(hours=12)

_ACTOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}")


class BadToken(Exception):
    """The bearer token cannot be accepted; the message says why, and never holds the token."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks: `actor` is recorded with every fact, `registers` are those that the caller may see and write to."""

    actor: str
    registers: frozenset[str]
    roles: tuple[str, ...] = ()

    def may_use(self, register: str) -> bool:
        """Whether the token names the register."""
        return register in self.registers


def issue_token(
    settings: Settings,
    actor: str,
    registers: Sequence[str],
    roles: Sequence[str] = (),
    expires_in: timedelta = WORKING_DAY,
) -> str:
    """A token for the actor, on the registers named. Makes the key on first need. Raises ValueError on a bad actor."""
    if _ACTOR.fullmatch(actor) is None:
        raise ValueError("an actor is an id of 1 to 100 letters, digits and . _ : @ -, such as a worker id")
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": actor,
        "registers": list(registers),
        "roles": list(roles),
        "iat": now,
        "exp": now + int(expires_in.total_seconds()),
    }
    return jwt.encode({"alg": ALGORITHM}, claims, development_key(settings.data), algorithms=[ALGORITHM])


class Doorkeeper:
    """Verifies tokens against the key of one data folder, which is read, or made, when the doorkeeper is.

    A token that was verified is known again until it expires, by its hash: the token itself is not kept.
    """

    def __init__(self, settings: Settings) -> None:
        self._key = development_key(settings.data)
        self._claims = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": AUDIENCE},
            sub={"essential": True},
            exp={"essential": True},
        )
        self._known: dict[bytes, tuple[Identity, float]] = {}

    def verify(self, token: str) -> Identity:
        """Who the token was issued to. Raises BadToken."""
        name = hashlib.sha256(token.encode()).digest()
        known = self._known.get(name)
        if known is None or known[1] <= time.time():
            known = self._verified(token)
            if len(self._known) >= KNOWN_TOKENS:
                self._known = {}
            self._known[name] = known
        return known[0]

    def _verified(self, token: str) -> tuple[Identity, float]:
        """Who the token was issued to, and until when."""
        try:
            claims = jwt.decode(token, self._key, algorithms=[ALGORITHM]).claims
            self._claims.validate(claims)
        except (JoseError, ValueError) as fault:
            why = "has expired" if getattr(fault, "error", "") == "expired_token" else "was not issued by this register"
            raise BadToken(f"The bearer token {why}.") from None
        actor, registers, roles = claims["sub"], claims.get("registers"), claims.get("roles", [])
        if not isinstance(actor, str) or not _names(registers) or not _names(roles):
            raise BadToken("The bearer token lacks what it should say of its holder.")
        return Identity(actor, frozenset(registers), tuple(roles)), float(claims["exp"])


def development_key(data: Path) -> OKPKey:
    """The key in the data folder, readable by its owner only; made on first need, by one process of however many."""
    path = data / KEY_FILE
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        key = OKPKey.generate_key("Ed25519", {"use": "sig"}, private=True)
        draft = data / f".{KEY_FILE}.{secrets.token_hex(8)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(key.as_dict(private=True), file)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # the first to come makes it; a half-written key is never seen
        draft.unlink()
    return OKPKey.import_key(json.loads(path.read_text()))


def _names(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
