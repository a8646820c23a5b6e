"""What the personal identity code (henkilötunnus) of a client says, and whether an identity can be somebody's."""

from __future__ import annotations

import datetime as dt

from stdnum.exceptions import ValidationError
from stdnum.fi import hetu

from domain.client.facts import ClientRegistered
from domain.refusal import BadIdentityCode, MissingIdentity

CENTURIES = {"+": 1800, **dict.fromkeys("-YXWVU", 1900), **dict.fromkeys("ABCDEF", 2000)}
"""The separator of a personal identity code tells the century (Government Decree 690/2022)."""


def normal_code(identity_code: str) -> str:
    """The code in the one way to write it: without blanks, in capitals. It need not check."""
    return str(hetu.compact(identity_code)).upper()


def born_on_of(identity_code: str) -> dt.date:
    """The date of birth that stands in the code. Raises BadIdentityCode."""
    try:
        code = hetu.validate(identity_code, allow_temporary=True)
    except ValidationError:
        raise BadIdentityCode(
            "The personal identity code does not check.",
            remedy="Give it as in the population register: ddmmyy, separator, individual number, check character.",
            field="identity_code",
        ) from None
    return dt.date(CENTURIES[code[6]] + int(code[4:6]), int(code[2:4]), int(code[:2]))


def check_identity(person: ClientRegistered) -> None:
    """Raises MissingIdentity, BadIdentityCode when nobody can have that identity."""
    if person.identity_code is None:
        if person.born_on is None:
            raise MissingIdentity(
                "The client has no identity.",
                remedy="Give a personal identity code, or a date of birth when there is none yet.",
                field="identity_code",
            )
        return
    if person.born_on != born_on_of(person.identity_code):
        raise BadIdentityCode(
            "The date of birth and the personal identity code disagree.",
            remedy="Give the date of birth that stands in the identity code.",
            field="born_on",
        )
