"""What no service could ever do: rules on acts that the service does not know, and duties that nothing can meet.

Asked of a model whose frames are resolved. Must never hold: anything about a particular service.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from domain.catalogue.model import ServiceModel
from domain.rules.case import Selector
from domain.rules.condition import FACTS_BY_NAME
from domain.rules.duty import Duty
from domain.rules.kinds import Rule

BEGINNINGS = frozenset(
    {
        "referral_received",
        "contact_received",
        "conference_convened",
        "activity_opened",
        "quality_file_opened",
        "network_opened",
    }
)
"""The facts that can only begin a stream: nothing comes before them, and they come once."""
AFTER_A_GRANT = frozenset(
    {
        "episode_started",
        "episode_suspended",
        "episode_resumed",
        "episode_closed",
        "episode_reopened",
        "episode_transferred",
        "plan_evaluated",
        "report_written",
        "summary_written",
        "home_practice_held",
        "spell_opened",
        "child_joined",
        "change_observed",
        "follow_up_agreed",
        "follow_up_stopped",
        "follow_up_contact_made",
    }
)
"""The facts of an episode that come after the decision which grants it, and there is only one such decision."""
GRANTS, LATER_DECISIONS = frozenset({"granted"}), frozenset({"granted", "extension", "move", "end"})


@dataclass(frozen=True, slots=True)
class RuleFault:
    """What is wrong with a rule: the field in which it stands, the fact that it names there, and why, in words."""

    rule_id: str
    field: str
    fact: str
    words: str


def faults_of(model: ServiceModel) -> Iterator[RuleFault]:
    """Every fault of the model's rules, its frames' too."""
    for rule in model.rules:
        unknown = list(_on_unknown_acts(rule, model))
        yield from unknown
        if isinstance(rule, Duty) and not unknown:
            yield from _of_duty(rule)


def unsound(model: ServiceModel) -> list[str]:
    """In words, why a model that is whole cannot be published; empty when it can."""
    if not model.streams:
        return ["it does not say on which kinds of stream it runs (streams)"]
    acts = [f'there is no act "{act}"' for act in model.acts if act not in FACTS_BY_NAME]
    return [*acts, *(f'rule "{fault.rule_id}": {fault.words}' for fault in faults_of(model))]


def _on_unknown_acts(rule: Rule, model: ServiceModel) -> Iterator[RuleFault]:
    for fact in dict.fromkeys(selector.fact for selector in rule.selectors()):
        stream = FACTS_BY_NAME[fact].stream
        if stream is not None and stream not in model.streams:
            words = f'the fact "{fact}" is of a {stream}, and the service does not run there (streams)'
            yield RuleFault(rule.id, "", fact, words)
        elif fact not in model.acts:
            words = f'the service does not know the act "{fact}": list it in acts, or leave the rule out'
            yield RuleFault(rule.id, "", fact, words)


def _of_duty(rule: Duty) -> Iterator[RuleFault]:
    for meeting in rule.met_by:
        why = _why_never(rule, meeting)
        if why:
            words = f'nothing can meet this duty by "{meeting.fact}": {why}'
            yield RuleFault(rule.id, "met_by", meeting.fact, words)
    for opening in rule.opens_on:
        if any(_holds_whenever(end, opening) for end in rule.until):
            words = f'the duty ends when it opens: "{opening.fact}" stands both in opens_on and in until'
            yield RuleFault(rule.id, "until", opening.fact, words)


def _why_never(rule: Duty, meeting: Selector) -> str:
    """Why no entry of `meeting` could meet the duty, whichever opened it; empty when one could."""
    if rule.clients and not {"client_id", "client_ids"} & set(FACTS_BY_NAME[meeting.fact].model_fields):
        return "the duty is each client's, and the fact names no client"
    if rule.met_before_counts:
        return ""
    if meeting.fact in BEGINNINGS:
        return "it can only begin the stream, before the duty opens"
    if _is_grant(meeting) and all(_follows_a_grant(opening) for opening in rule.opens_on):
        return "a service is granted once, and that is before the duty opens"
    if meeting.fact == "episode_started" and all(opening.fact == meeting.fact for opening in rule.opens_on):
        return "work starts once, and that is what opens the duty"
    if all(_differ(opening, meeting, rule.same) for opening in rule.opens_on):
        return f"it never says the same in {', '.join(rule.same)} as what opens the duty"
    return ""


def _kinds(selector: Selector) -> frozenset[object]:
    test = selector.where.get("kind")
    return frozenset(test.codes()) if test else frozenset()


def _is_grant(selector: Selector) -> bool:
    return selector.fact == "decision_made" and _kinds(selector) == GRANTS


def _follows_a_grant(selector: Selector) -> bool:
    decided = selector.fact == "decision_made" and bool(_kinds(selector)) and _kinds(selector) <= LATER_DECISIONS
    return decided or selector.fact in AFTER_A_GRANT


def _differ(opening: Selector, meeting: Selector, same: tuple[str, ...]) -> bool:
    """Whether both name codes of a field in which they should be alike, and none of them is the same."""
    for field in same:
        one, other = opening.where.get(field), meeting.where.get(field)
        if one and other and one.codes() and other.codes() and not set(one.codes()) & set(other.codes()):
            return True
    return False


def _holds_whenever(wide: Selector, narrow: Selector) -> bool:
    """Whether every entry of `narrow` is one of `wide`, as far as their codes tell."""
    if wide.fact != narrow.fact or wide.imported not in (None, narrow.imported):
        return False
    for field, test in wide.where.items():
        asked = narrow.where.get(field)
        codes = set(test.codes())
        within = asked is not None and bool(codes) and bool(asked.codes()) and set(asked.codes()) <= codes
        if asked != test and not within:
            return False
    return True
