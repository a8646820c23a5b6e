"""The legacy system's codes and set phrases, in the ledger's own words.

Never here: the reading of rows. A code that is not here is a fault of its row.
"""

from __future__ import annotations

from enum import StrEnum

from domain.contact.facts import ContactChannel, ContactSource
from domain.correction import MistakeKind
from domain.episode.facts import CancelledBy, ClosureReason, GoalResult, MeetingMode, Outcome
from scripts.legacy import files

CHANNELS = {"PUHELIN": ContactChannel.PHONE, "LOMAKE": ContactChannel.FORM, "SAHKOINEN": ContactChannel.ELECTRONIC}
SOURCES = {
    "PERHE": ContactSource.FAMILY,
    "NEUVOLA": ContactSource.MATERNITY_CLINIC,
    "VARHAISKASVATUS": ContactSource.EARLY_EDUCATION,
    "PERHESOSIAALITYO": ContactSource.FAMILY_SOCIAL_WORK,
    "PERHENEUVOLA": ContactSource.FAMILY_COUNSELLING,
}
MODES = {
    "KOTI": MeetingMode.HOME,
    "TOIMISTO": MeetingMode.OFFICE,
    "PUHELIN": MeetingMode.PHONE,
    "VIDEO": MeetingMode.VIDEO,
    "MUU": MeetingMode.OTHER_PLACE,
}
CLOSURES = {
    "TAVOITTEET": (ClosureReason.GOALS_MET, Outcome.NONE),
    "SIIRTO_PITKAKESTOISEEN": (ClosureReason.MOVED_TO_LONG_TERM, Outcome.LONG_TERM_FAMILY_WORK),
    "PERHE_KESKEYTTI": (ClosureReason.FAMILY_WITHDREW, Outcome.NONE),
    "MUUTTO": (ClosureReason.FAMILY_MOVED_AWAY, Outcome.NONE),
    "MUU_PALVELU": (ClosureReason.OTHER_SERVICE, Outcome.OTHER_SERVICE),
}
PARTICIPANTS = {"AITI": "mother", "ISA": "father", "LAPSI": "child"}
RESULTS = {
    "tavoitteet saavutettu": GoalResult.MET,
    "tavoitteet osin saavutettu": GoalResult.PARTLY_MET,
    "tavoitteet ei saavutettu": GoalResult.NOT_MET,
}
MISTAKES = {
    "väärälle asiakkaalle": MistakeKind.WRONG_CLIENT,
    "kahteen kertaan": MistakeKind.ENTERED_TWICE,
    "kahdesti": MistakeKind.ENTERED_TWICE,
    "kirjoitusvirhe": MistakeKind.TYPING_ERROR,
    "näppäilyvirhe": MistakeKind.TYPING_ERROR,
}
"""Words in the reason of a correction that tell what kind of mistake it was; any other is a factual error."""


ROW_KINDS = {
    "ASIAKAS": files.CLIENTS,
    "YHTEYDENOTTO": files.CONTACTS,
    "JAKSO": files.EPISODES,
    "SUUNNITELMA": files.PLANS,
    "TAPAAMINEN": files.MEETINGS,
}


class MeetingStatus(StrEnum):
    """What became of a meeting, in the export's words."""

    HELD = "TOTEUTUNUT"
    CANCELLED_BY_FAMILY = "PERUTTU_PERHE"
    CANCELLED_BY_WORKER = "PERUTTU_TYONTEKIJA"
    MISSED = "EI_SAAPUNUT"

    @property
    def cancelled_by(self) -> CancelledBy | None:
        """Who called it off, when somebody did."""
        return {self.CANCELLED_BY_FAMILY: CancelledBy.FAMILY, self.CANCELLED_BY_WORKER: CancelledBy.WORKER}.get(self)
