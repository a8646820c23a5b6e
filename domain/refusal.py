"""Every way the ledger says no. A refusal is a named sentence with a stable code, and says what would be right.

Must never hold: HTTP statuses (the API maps families to them) or sensitive content: a refusal may be logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class RuleReference:
    """Which rule of which published service model: `K2` version `1`, rule `cap`; its texts by language."""

    service: str
    model_version: int
    rule_id: str
    strength: str
    texts: Mapping[str, str] = field(default_factory=dict)
    source: str = ""


class Refusal(Exception):
    """The ledger says no. `code` is stable; `message` is a sentence; `remedy` says what would satisfy."""

    code = "refused"

    def __init__(self, message: str, *, remedy: str = "", rule: RuleReference | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.rule = rule
        self.details: dict[str, Any] = details


class Unknown(Refusal):
    """The command names something that this register does not have."""

    code = "unknown"


class UnknownRegister(Unknown):
    """No register of that name is kept here."""

    code = "unknown_register"


class UnknownEpisode(Unknown):
    """No episode of that id is in the register."""

    code = "unknown_episode"


class UnknownClient(Unknown):
    """No client of that id is in the register."""

    code = "unknown_client"


class UnknownContact(Unknown):
    """No contact of that id is in the register."""

    code = "unknown_contact"


class UnknownConference(Unknown):
    """No case conference of that id is in the register."""

    code = "unknown_conference"


class UnknownActivity(Unknown):
    """No meeting place or peer group of that id is in the register."""

    code = "unknown_activity"


class UnknownQualityFile(Unknown):
    """No quality file of that id is in the register."""

    code = "unknown_quality_file"


class UnknownNetwork(Unknown):
    """No steering group or network of that id is in the register."""

    code = "unknown_network"


class UnknownDestruction(Unknown):
    """No destruction of that id was asked for in this register."""

    code = "unknown_destruction"


class UnknownRestriction(Unknown):
    """No restriction of that id was asked for in this register."""

    code = "unknown_restriction"


class UnknownEntry(Unknown):
    """The stream has no entry of that number."""

    code = "unknown_entry"


class UnknownWorker(Unknown):
    """No worker of that id was ever enrolled in the register."""

    code = "unknown_worker"


class UnknownUnit(Unknown):
    """No unit of that id was ever opened in the register."""

    code = "unknown_unit"


class UnknownDuty(Unknown):
    """No such duty stands on this stream."""

    code = "unknown_duty"


class UnknownDeviation(Unknown):
    """No such deviation stands on this stream."""

    code = "unknown_deviation"


class CannotBeFact(Refusal):
    """What the command tells cannot have happened so."""

    code = "cannot_be_fact"


class NullCharacter(CannotBeFact):
    """No text can hold the null character: PostgreSQL could not show it."""

    code = "null_character"


class Unreadable(CannotBeFact):
    """What would be stored could not be read again, so that nothing is."""

    code = "unreadable"


class NamedTwice(CannotBeFact):
    """In one list nobody and nothing can be named twice."""

    code = "named_twice"


class IdentityInTheClear(CannotBeFact):
    """A field that is stored as everybody can read it holds a personal identity code."""

    code = "identity_in_the_clear"


class WordsInTheClear(CannotBeFact):
    """A field that is stored as everybody can read it takes a code, an id or a public name, and was sent words."""

    code = "words_in_the_clear"


class InTheFuture(CannotBeFact):
    """Nothing can be recorded as having happened before it has."""

    code = "in_the_future"


class EndedBeforeItBegan(CannotBeFact):
    """An end cannot lie before its beginning."""

    code = "ended_before_it_began"


class WorkerNotOfRegister(CannotBeFact):
    """Somebody acts who is not enrolled in the register."""

    code = "worker_not_of_register"


class ClientNotOfEpisode(CannotBeFact):
    """The client is not one of the episode's."""

    code = "client_not_of_episode"


class NotBornYet(CannotBeFact):
    """An unborn child is nobody's client: nothing is decided for it, and it comes along nowhere."""

    code = "not_born_yet"


class BadIdentityCode(CannotBeFact):
    """The personal identity code does not check."""

    code = "bad_identity_code"


class MissingIdentity(CannotBeFact):
    """Nobody can be registered without any identity."""

    code = "missing_identity"


class IdentityNotAllowed(CannotBeFact):
    """Whose matter an anonymous conference handles cannot be told in it, not by anybody and in no field."""

    code = "identity_not_allowed"


class OutOfOrder(Refusal):
    """The stream is not in a state in which this can happen."""

    code = "out_of_order"


class AlreadyThere(Refusal):
    """The stream was begun already."""

    code = "already_there"


class IdentityRegistered(AlreadyThere):
    """A client of the register has that identity already. `details` carry the `client_id`."""

    code = "identity_registered"


class BeingDestroyed(OutOfOrder):
    """The content of this client and service task is being destroyed: nothing is added to it."""

    code = "being_destroyed"


class ContentWithheld(OutOfOrder):
    """What is to be corrected holds content that cannot be read here; a correction would lose it."""

    code = "content_withheld"


class CannotBeJudged(OutOfOrder):
    """What a rule must see cannot be read here, so that nobody can say whether it holds."""

    code = "cannot_be_judged"


class NotAuthorised(Refusal):
    """An authorisation whose conditions do not hold: the rule says which, the remedy what would satisfy it."""

    code = "rule_not_met"


class SecondPersonNeeded(NotAuthorised):
    """Whoever asks for a destruction or a restriction does not approve it."""

    code = "second_person_needed"


class ReasonsMissing(NotAuthorised):
    """A decision that refuses a service, or ends it, says why."""

    code = "reasons_missing"


class ServiceNotKnown(NotAuthorised):
    """No model of that service is in force on the day."""

    code = "service_not_in_force"


class OnlyByTheClock(NotAuthorised):
    """Only the ledger's own clock says that a day was reached."""

    code = "only_by_the_clock"


class CommandNotOfService(Refusal):
    """The service does not know this command."""

    code = "command_not_of_service"


class UnsoundModel(Refusal):
    """A service model says something that no service could do. `details` carry every fault, in words."""

    code = "unsound_service_model"


class WrongVersion(Refusal):
    """The stream has moved on since the caller read it. `details` carry `current_version`."""

    code = "wrong_version"


class KeyReused(Refusal):
    """The same command id was used before for another body."""

    code = "idempotency_key_reused"
