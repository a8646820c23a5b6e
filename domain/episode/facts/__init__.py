"""Facts of a service episode (palvelujakso): from referral to follow-up, by theme in the modules beside this one.

The names given there are the storage format: add, never change. Ids, codes, times, minutes and workers are plain;
every narrative is sensitive. Terms: domain book § 2 and § 6; FHIR R4 where its words fit. Never here: a fact.
"""

from domain.episode.facts.afterwards import (
    FeedbackHandledInTeam,
    FeedbackReceived,
    FollowUpAgreed,
    FollowUpContactMade,
    FollowUpStopped,
)
from domain.episode.facts.arriving import (
    AdmissionAssessed,
    AgreementMade,
    AgreementSubject,
    ChildJoined,
    ClientshipEnded,
    ClientshipEndReason,
    ScreenTaken,
    VisitationGround,
    VisitationGroundRecorded,
)
from domain.episode.facts.base import (
    EPISODE,
    Codes,
    Part,
    Recipient,
    SomeClients,
    SomeWorkers,
)
from domain.episode.facts.course import (
    ClosureReason,
    EpisodeClosed,
    EpisodeReopened,
    EpisodeResumed,
    EpisodeStarted,
    EpisodeSuspended,
    EpisodeTransferred,
    Outcome,
    SpellOpened,
    WorkerAssigned,
    WorkerReleased,
)
from domain.episode.facts.deciding import (
    CoordinationAssessed,
    DecisionKind,
    DecisionMade,
    PaymentCommitmentReceived,
    PlacementDecided,
    ProposalMade,
    Reference,
    ReferralReceived,
)
from domain.episode.facts.meetings import (
    CancelledBy,
    HomePracticeHeld,
    Interruption,
    LateArrival,
    MeetingCancelled,
    MeetingHeld,
    MeetingKind,
    MeetingMissed,
    MeetingMode,
    MeetingPlanned,
    PracticePlace,
)
from domain.episode.facts.writing import (
    ChangeObserved,
    DocumentDelivered,
    Goal,
    GoalResult,
    NoticeGiven,
    Observation,
    PlanEvaluated,
    PlanKind,
    PlanMade,
    ReportWritten,
    SummaryWritten,
)
from domain.fact import Fact

__all__ = [
    "EPISODE",
    "FACTS",
    "AdmissionAssessed",
    "AgreementMade",
    "AgreementSubject",
    "CancelledBy",
    "ChangeObserved",
    "ChildJoined",
    "ClientshipEndReason",
    "ClientshipEnded",
    "ClosureReason",
    "Codes",
    "CoordinationAssessed",
    "DecisionKind",
    "DecisionMade",
    "DocumentDelivered",
    "EpisodeClosed",
    "EpisodeFact",
    "EpisodeReopened",
    "EpisodeResumed",
    "EpisodeStarted",
    "EpisodeSuspended",
    "EpisodeTransferred",
    "FeedbackHandledInTeam",
    "FeedbackReceived",
    "FollowUpAgreed",
    "FollowUpContactMade",
    "FollowUpStopped",
    "Goal",
    "GoalResult",
    "HomePracticeHeld",
    "Interruption",
    "LateArrival",
    "MeetingCancelled",
    "MeetingHeld",
    "MeetingKind",
    "MeetingMissed",
    "MeetingMode",
    "MeetingPlanned",
    "NoticeGiven",
    "Observation",
    "Outcome",
    "Part",
    "PaymentCommitmentReceived",
    "PlacementDecided",
    "PlanEvaluated",
    "PlanKind",
    "PlanMade",
    "PracticePlace",
    "ProposalMade",
    "Recipient",
    "Reference",
    "ReferralReceived",
    "ReportWritten",
    "ScreenTaken",
    "SomeClients",
    "SomeWorkers",
    "SpellOpened",
    "SummaryWritten",
    "VisitationGround",
    "VisitationGroundRecorded",
    "WorkerAssigned",
    "WorkerReleased",
]

EpisodeFact = (
    ReferralReceived
    | ProposalMade
    | CoordinationAssessed
    | DecisionMade
    | PaymentCommitmentReceived
    | WorkerAssigned
    | WorkerReleased
    | EpisodeStarted
    | PlanMade
    | PlanEvaluated
    | MeetingPlanned
    | MeetingHeld
    | MeetingCancelled
    | MeetingMissed
    | HomePracticeHeld
    | ReportWritten
    | SummaryWritten
    | DocumentDelivered
    | NoticeGiven
    | EpisodeSuspended
    | EpisodeResumed
    | SpellOpened
    | EpisodeClosed
    | EpisodeReopened
    | FollowUpContactMade
    | FeedbackReceived
    | AgreementMade
    | AdmissionAssessed
    | ScreenTaken
    | PlacementDecided
    | ChildJoined
    | VisitationGroundRecorded
    | ChangeObserved
    | FollowUpAgreed
    | FollowUpStopped
    | FeedbackHandledInTeam
    | EpisodeTransferred
    | ClientshipEnded
)
FACTS: tuple[type[Fact], ...] = EpisodeFact.__args__
