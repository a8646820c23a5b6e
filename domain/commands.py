"""Every command there is, by name. A new command is its own file and one line here; its route follows."""

from __future__ import annotations

from typing import Any

from domain.activity.commands.close_place import ClosePlace
from domain.activity.commands.end_activity import EndActivity
from domain.activity.commands.handle_joint_survey import HandleJointSurvey
from domain.activity.commands.open_activity import OpenActivity
from domain.activity.commands.open_place import OpenPlace
from domain.activity.commands.record_joint_survey import RecordJointSurvey
from domain.activity.commands.record_organisers_meeting import RecordOrganisersMeeting
from domain.activity.commands.record_outreach import RecordOutreach
from domain.activity.commands.record_session import RecordSession
from domain.amend.correct_entry import CorrectEntry
from domain.amend.explain_deviation import ExplainDeviation
from domain.amend.reach_calendar import ReachCalendar
from domain.amend.strike_out_entry import StrikeOutEntry
from domain.amend.waive_duty import WaiveDuty
from domain.client.commands import tellings as client
from domain.client.commands.register_client import RegisterClient
from domain.command import Command
from domain.conference.commands.agree_conference_action import AgreeConferenceAction
from domain.conference.commands.agree_work_pair import AgreeWorkPair
from domain.conference.commands.ask_consultation import AskConsultation
from domain.conference.commands.ask_work_pair import AskWorkPair
from domain.conference.commands.assess_violence_risk import AssessViolenceRisk
from domain.conference.commands.begin_conference_action import BeginConferenceAction
from domain.conference.commands.close_conference import CloseConference
from domain.conference.commands.convene_conference import ConveneConference
from domain.conference.commands.end_work_pair import EndWorkPair
from domain.conference.commands.give_consultation import GiveConsultation
from domain.conference.commands.make_conference_plan import MakeConferencePlan
from domain.conference.commands.record_conference import RecordConference
from domain.contact.commands.answer_contact import AnswerContact
from domain.contact.commands.close_contact import CloseContact
from domain.contact.commands.guide_onwards import GuideOnwards
from domain.contact.commands.receive_contact import ReceiveContact
from domain.contact.commands.screen_parent import ScreenParent
from domain.episode.commands.agree_follow_up import AgreeFollowUp
from domain.episode.commands.assess_admission import AssessAdmission
from domain.episode.commands.assess_coordination import AssessCoordination
from domain.episode.commands.assign_worker import AssignWorker
from domain.episode.commands.bring_child_along import BringChildAlong
from domain.episode.commands.cancel_meeting import CancelMeeting
from domain.episode.commands.close_episode import CloseEpisode
from domain.episode.commands.decide_end import DecideEnd
from domain.episode.commands.decide_placement import DecidePlacement
from domain.episode.commands.deliver_document import DeliverDocument
from domain.episode.commands.end_clientship import EndClientship
from domain.episode.commands.evaluate_plan import EvaluatePlan
from domain.episode.commands.give_notice import GiveNotice
from domain.episode.commands.grant_exception import GrantException
from domain.episode.commands.grant_extension import GrantExtension
from domain.episode.commands.grant_service import GrantService
from domain.episode.commands.hand_over_episode import HandOverEpisode
from domain.episode.commands.handle_feedback_in_team import HandleFeedbackInTeam
from domain.episode.commands.make_agreement import MakeAgreement
from domain.episode.commands.make_follow_up_contact import MakeFollowUpContact
from domain.episode.commands.make_plan import MakePlan
from domain.episode.commands.make_proposal import MakeProposal
from domain.episode.commands.move_to_model import MoveToModel
from domain.episode.commands.observe_change import ObserveChange
from domain.episode.commands.open_spell import OpenSpell
from domain.episode.commands.plan_meeting import PlanMeeting
from domain.episode.commands.receive_feedback import ReceiveFeedback
from domain.episode.commands.receive_payment_commitment import ReceivePaymentCommitment
from domain.episode.commands.receive_referral import ReceiveReferral
from domain.episode.commands.record_home_practice import RecordHomePractice
from domain.episode.commands.record_meeting import RecordMeeting
from domain.episode.commands.record_no_show import RecordNoShow
from domain.episode.commands.record_screen import RecordScreen
from domain.episode.commands.record_visitation_ground import RecordVisitationGround
from domain.episode.commands.refuse_service import RefuseService
from domain.episode.commands.release_worker import ReleaseWorker
from domain.episode.commands.reopen_episode import ReopenEpisode
from domain.episode.commands.resume_episode import ResumeEpisode
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.commands.stop_follow_up import StopFollowUp
from domain.episode.commands.suspend_episode import SuspendEpisode
from domain.episode.commands.tell_birth import TellBirth
from domain.episode.commands.transfer_episode import TransferEpisode
from domain.episode.commands.write_report import WriteReport
from domain.episode.commands.write_summary import WriteSummary
from domain.fact import StreamKind
from domain.network.commands import tellings as network
from domain.network.commands.open_network import OpenNetwork
from domain.network.commands.record_group_meeting import RecordGroupMeeting
from domain.quality.commands.assess_quality_criteria import AssessQualityCriteria
from domain.quality.commands.close_audit import CloseAudit
from domain.quality.commands.close_supervision import CloseSupervision
from domain.quality.commands.complete_quality_action import CompleteQualityAction
from domain.quality.commands.draw_audit_sample import DrawAuditSample
from domain.quality.commands.handle_quality_feedback import HandleQualityFeedback
from domain.quality.commands.handle_survey_round import HandleSurveyRound
from domain.quality.commands.open_quality_action import OpenQualityAction
from domain.quality.commands.open_quality_file import OpenQualityFile
from domain.quality.commands.open_supervision import OpenSupervision
from domain.quality.commands.plan_audit import PlanAudit
from domain.quality.commands.receive_quality_feedback import ReceiveQualityFeedback
from domain.quality.commands.record_audit import RecordAudit
from domain.quality.commands.record_audit_finding import RecordAuditFinding
from domain.quality.commands.record_survey_round import RecordSurveyRound
from domain.quality.commands.set_quality_criteria import SetQualityCriteria
from domain.register.commands.adopt_log_key import AdoptLogKey
from domain.register.commands.approve_destruction import ApproveDestruction
from domain.register.commands.approve_restriction import ApproveRestriction
from domain.register.commands.call_off_destruction import CallOffDestruction
from domain.register.commands.call_off_restriction import CallOffRestriction
from domain.register.commands.enrol_worker import EnrolWorker
from domain.register.commands.open_register import OpenRegister
from domain.register.commands.open_unit import OpenUnit
from domain.register.commands.publish_service_model import PublishServiceModel
from domain.register.commands.record_log_restore import RecordLogRestore
from domain.register.commands.remove_worker import RemoveWorker
from domain.register.commands.request_destruction import RequestDestruction
from domain.register.commands.request_restriction import RequestRestriction
from domain.register.commands.succeed_controller import SucceedController

AnyCommand = Command[Any]

COMMANDS: dict[StreamKind, tuple[type[AnyCommand], ...]] = {
    StreamKind.REGISTER: (
        OpenRegister,
        SucceedController,
        OpenUnit,
        EnrolWorker,
        RemoveWorker,
        PublishServiceModel,
        AdoptLogKey,
        RecordLogRestore,
        RequestDestruction,
        ApproveDestruction,
        CallOffDestruction,
        RequestRestriction,
        ApproveRestriction,
        CallOffRestriction,
    ),
    StreamKind.CLIENT: (
        RegisterClient,
        client.ExpectBirth,
        client.RecordBirth,
        client.JoinFamily,
        client.GiveConsent,
        client.WithdrawConsent,
        client.OrderNonDisclosure,
        client.EndNonDisclosure,
        client.TellAddress,
    ),
    StreamKind.CONTACT: (ReceiveContact, AnswerContact, GuideOnwards, ScreenParent, CloseContact),
    StreamKind.EPISODE: (
        ReceiveReferral,
        MakeProposal,
        AssessCoordination,
        GrantService,
        RefuseService,
        GrantExtension,
        GrantException,
        MoveToModel,
        DecideEnd,
        ReceivePaymentCommitment,
        AssignWorker,
        ReleaseWorker,
        HandOverEpisode,
        TransferEpisode,
        StartEpisode,
        MakePlan,
        EvaluatePlan,
        PlanMeeting,
        RecordMeeting,
        CancelMeeting,
        RecordNoShow,
        RecordHomePractice,
        WriteReport,
        WriteSummary,
        DeliverDocument,
        GiveNotice,
        SuspendEpisode,
        ResumeEpisode,
        OpenSpell,
        CloseEpisode,
        ReopenEpisode,
        MakeFollowUpContact,
        ReceiveFeedback,
        MakeAgreement,
        AssessAdmission,
        RecordScreen,
        DecidePlacement,
        BringChildAlong,
        TellBirth,
        RecordVisitationGround,
        ObserveChange,
        AgreeFollowUp,
        StopFollowUp,
        HandleFeedbackInTeam,
        EndClientship,
    ),
    StreamKind.CONFERENCE: (
        ConveneConference,
        RecordConference,
        AssessViolenceRisk,
        MakeConferencePlan,
        AgreeConferenceAction,
        BeginConferenceAction,
        AskConsultation,
        GiveConsultation,
        AskWorkPair,
        AgreeWorkPair,
        EndWorkPair,
        CloseConference,
    ),
    StreamKind.ACTIVITY: (
        OpenActivity,
        OpenPlace,
        ClosePlace,
        RecordSession,
        RecordOutreach,
        RecordOrganisersMeeting,
        RecordJointSurvey,
        HandleJointSurvey,
        EndActivity,
    ),
    StreamKind.QUALITY: (
        OpenQualityFile,
        SetQualityCriteria,
        AssessQualityCriteria,
        PlanAudit,
        DrawAuditSample,
        RecordAudit,
        RecordAuditFinding,
        OpenQualityAction,
        CompleteQualityAction,
        CloseAudit,
        ReceiveQualityFeedback,
        HandleQualityFeedback,
        RecordSurveyRound,
        HandleSurveyRound,
        OpenSupervision,
        CloseSupervision,
    ),
    StreamKind.NETWORK: (
        OpenNetwork,
        network.FormGroup,
        RecordGroupMeeting,
        network.MakeActionPlan,
        network.AgreePlanTask,
        network.CompletePlanTask,
        network.SetGoal,
        network.NoteProgress,
        network.PlanGathering,
        network.RecordGathering,
        network.CountMethodUse,
        network.MapConsultation,
        network.ReviewHandbook,
        network.TellDenominator,
        network.EndNetwork,
    ),
}
"""The commands of each kind of stream."""

ON_EVERY_STREAM: tuple[type[AnyCommand], ...] = (
    CorrectEntry,
    StrikeOutEntry,
    WaiveDuty,
    ExplainDeviation,
    ReachCalendar,
)
"""The commands that act on a stream of any kind."""
