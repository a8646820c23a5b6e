"""What the catalogue refuses at load: acts and streams that do not fit, and duties that nothing can meet."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from domain.catalogue.checking import check_files
from domain.catalogue.faults import CatalogueFault
from domain.catalogue.loader import MODELS, load_catalogue
from domain.catalogue.meetable import AFTER_A_GRANT, BEGINNINGS, faults_of, unsound
from domain.commands import COMMANDS
from domain.episode.commands.base import Telling
from domain.fact import StreamKind
from domain.rules.base import Texts
from domain.rules.condition import FACTS_BY_NAME
from domain.rules.duty import Duty

CATALOGUE = {model.service: model for model in load_catalogue()}
K1 = (MODELS / "K1.1.toml").read_text("utf-8").replace('frame = ["Q0"]\n', "")  # alone: without the frame's rules
DUTY = """
[[rules]]
id = "tried"
kind = "duty"
strength = "must"
source = "S2"
texts.fi = "Velvoite."
texts.sv = "Skyldighet."
texts.en = "Duty."
within_days = 3
"""


def problems(tmp_path: Path, text: str) -> list[str]:
    """What is wrong with K1 as that text has it: line and words."""
    path = tmp_path / "K1.1.toml"
    path.write_text(text, "utf-8")
    _, found = check_files([path])
    assert all(problem.file == str(path) for problem in found)
    return [f"{problem.line}: {problem.words}" for problem in found]


def loaded(tmp_path: Path, text: str) -> list[str]:
    """The same of a catalogue that holds K1 alone."""
    (tmp_path / "K1.1.toml").write_text(text, "utf-8")
    with pytest.raises(CatalogueFault) as caught:
        load_catalogue(tmp_path)
    return [f"{problem.line}: {problem.words}" for problem in caught.value.problems]


def line(text: str, words: str) -> int:
    return next(number for number, said in enumerate(text.splitlines(), start=1) if words in said)


def duty(opens_on: str, met_by: str, *more: str) -> str:
    """K1 with one duty more."""
    return "\n".join((K1 + DUTY, f"opens_on = {opens_on}", f"met_by = {met_by}", *more)) + "\n"


def with_head(field: str, value: str) -> str:
    """K1 with another list of streams or acts."""
    head = next(said for said in K1.splitlines() if said.startswith(f"{field} = "))
    return K1.replace(head, f"{field} = {value}", 1)


def test_a_model_says_on_which_streams_it_runs(tmp_path: Path) -> None:
    head = next(said for said in K1.splitlines() if said.startswith("streams = "))
    (told,) = problems(tmp_path, K1.replace(head + "\n", "", 1))
    assert told.startswith('None: "streams" is missing: say on which kinds of stream the service runs; known: contact')


@pytest.mark.parametrize("kind", ["client", "register"])
def test_no_service_runs_on_a_client_or_the_register(tmp_path: Path, kind: str) -> None:
    text = with_head("streams", f'["episode", "contact", "quality", "{kind}"]')
    (told,) = problems(tmp_path, text)
    assert told.startswith(f'{line(text, "streams = ")}: no service runs on a stream of kind "{kind}"')


def test_an_unknown_act_is_named_with_the_nearest(tmp_path: Path) -> None:
    text = with_head("acts", '["spell_opend"]')
    (told,) = problems(tmp_path, text)
    assert told.startswith(
        f'{line(text, "acts = ")}: there is no special act "spell_opend" (did you mean "spell_opened"?); known: '
    )
    assert loaded(tmp_path, text) == [told]


def test_an_act_that_is_common_to_all_is_not_listed(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, with_head("acts", '["meeting_held", "spell_opened"]'))
    assert 'there is no special act "meeting_held" (it is common to all, and not listed)' in told


def test_an_act_of_a_stream_where_the_service_does_not_run_is_a_fault(tmp_path: Path) -> None:
    text = with_head("streams", '["contact", "quality"]')
    assert f'{line(text, "acts = ")}: the act "spell_opened" is of a episode' in problems(tmp_path, text)[0]


def test_a_rule_on_an_act_that_the_service_does_not_know_is_named_at_its_line(tmp_path: Path) -> None:
    text = duty('{ fact = "episode_started" }', '{ fact = "screen_taken" }')
    words = 'rule "tried": the service does not know the act "screen_taken": list it in acts, or leave the rule out'
    assert problems(tmp_path, text) == [f"{line(text, 'screen_taken')}: {words}"]
    assert loaded(tmp_path, text) == [f"{line(text, 'screen_taken')}: {words}"]


def test_a_rule_of_a_stream_where_the_service_does_not_run_is_a_fault(tmp_path: Path) -> None:
    text = with_head("streams", '["episode", "quality"]')
    (told,) = {words.split(": ", 2)[2] for words in problems(tmp_path, text) if '"contact_received"' in words}
    assert told == 'the fact "contact_received" is of a contact, and the service does not run there (streams)'


def test_a_fault_of_a_frames_rule_is_told_where_the_frame_is_named(tmp_path: Path) -> None:
    text = K1.replace('streams = ["episode", "contact", "quality"]', 'frame = ["Q0"]\nstreams = ["episode", "contact"]')
    found = problems(tmp_path, text)
    assert found
    assert all(told.startswith(f'{line(text, "frame = ")}: rule "Q0.') for told in found)


GRANT = '{ fact = "decision_made", where = { kind = "granted" } }'
NEVER = [
    ('{ fact = "episode_started" }', '{ fact = "referral_received" }', "it can only begin the stream"),
    ('{ fact = "contact_answered" }', '{ fact = "contact_received" }', "it can only begin the stream"),
    ('{ fact = "episode_closed" }', GRANT, "a service is granted once"),
    ('{ fact = "episode_started" }', GRANT, "a service is granted once"),
    (GRANT, GRANT, "a service is granted once"),
    (
        '[{ fact = "report_written" }, { fact = "decision_made", where = { kind = ["extension", "end"] } }]',
        GRANT,
        "a service is granted once",
    ),
    ('{ fact = "episode_started" }', '{ fact = "episode_started" }', "work starts once"),
]


@pytest.mark.parametrize(("opens_on", "met_by", "why"), NEVER)
def test_a_duty_that_nothing_can_meet_is_refused_with_its_line_and_why(
    tmp_path: Path, opens_on: str, met_by: str, why: str
) -> None:
    text = duty(opens_on, met_by)
    (told,) = problems(tmp_path, text)
    assert told.startswith(f'{line(text, f"met_by = {met_by}")}: rule "tried": nothing can meet this duty by "')
    assert why in told


@pytest.mark.parametrize(
    ("opens_on", "met_by"),
    [
        ('{ fact = "referral_received" }', GRANT),
        ('{ fact = "meeting_held" }', GRANT),
        ('{ fact = "episode_closed" }', '{ fact = "decision_made", where = { kind = ["granted", "extension"] } }'),
        ('{ fact = "episode_closed" }', '{ fact = "decision_made" }'),
        ('{ fact = "referral_received" }', '{ fact = "episode_started" }'),
        ('{ fact = "meeting_held" }', '{ fact = "meeting_held" }'),
    ],
)
def test_a_duty_that_something_can_meet_is_in_order(tmp_path: Path, opens_on: str, met_by: str) -> None:
    assert problems(tmp_path, duty(opens_on, met_by)) == []


def test_what_came_before_may_meet_a_duty_that_says_so(tmp_path: Path) -> None:
    text = duty('{ fact = "episode_started" }', '{ fact = "referral_received" }', "met_before_counts = true")
    assert problems(tmp_path, text) == []


def test_a_duty_whose_facts_can_never_say_the_same_is_refused(tmp_path: Path) -> None:
    opening = '{ fact = "meeting_held", where = { meeting_kind = "client_meeting" } }'
    meeting = '{ fact = "meeting_held", where = { meeting_kind = "phone_call" } }'
    (told,) = problems(tmp_path, duty(opening, meeting, 'same = ["meeting_kind"]'))
    assert "it never says the same in meeting_kind as what opens the duty" in told
    assert problems(tmp_path, duty(opening, meeting)) == []


def test_a_duty_for_each_client_is_met_by_what_names_a_client(tmp_path: Path) -> None:
    clients = 'clients = { fact = "referral_received" }'
    (told,) = problems(tmp_path, duty('{ fact = "episode_started" }', '{ fact = "episode_closed" }', clients))
    assert "the duty is each client's, and the fact names no client" in told
    assert problems(tmp_path, duty('{ fact = "episode_started" }', '{ fact = "meeting_held" }', clients)) == []


@pytest.mark.parametrize(
    ("opens_on", "until", "ends_at_once"),
    [
        ('{ fact = "episode_started" }', '{ fact = "episode_started" }', True),
        (GRANT, '{ fact = "decision_made" }', True),
        (GRANT, '{ fact = "decision_made", where = { kind = ["granted", "end"] } }', True),
        (GRANT, '{ fact = "decision_made", where = { kind = "end" } }', False),
        ('{ fact = "decision_made" }', '{ fact = "decision_made", where = { kind = "end" } }', False),
        ('{ fact = "episode_started" }', '{ fact = "episode_closed" }', False),
    ],
)
def test_a_duty_does_not_end_with_what_opens_it(
    tmp_path: Path, opens_on: str, until: str, *, ends_at_once: bool
) -> None:
    text = duty(opens_on, '{ fact = "meeting_held" }', f"until = {until}")
    found = problems(tmp_path, text)
    assert bool(found) is ends_at_once
    if ends_at_once:
        (told,) = found
        assert told.startswith(f'{line(text, f"until = {until}")}: rule "tried": the duty ends when it opens')


def test_every_pair_of_acts_of_an_episode_is_judged_by_whether_the_one_can_follow_the_other() -> None:
    model = CATALOGUE["P2"]
    acts = [act for act in model.acts if FACTS_BY_NAME[act].stream is StreamKind.EPISODE]
    for opening, meeting in itertools.product(acts, acts):
        rule = Duty.model_validate(
            {
                "id": "tried",
                "kind": "duty",
                "strength": "must",
                "source": "own",
                "within_days": 3,
                "texts": Texts(fi="x", sv="x", en="x"),
                "opens_on": {"fact": opening},
                "met_by": {"fact": meeting},
            }
        )
        found = list(faults_of(model.model_copy(update={"rules": (rule,)})))
        never = meeting == "referral_received" or opening == meeting == "episode_started"
        assert bool(found) is never, (opening, meeting)


def test_what_begins_a_stream_and_what_needs_a_grant_is_as_the_commands_have_it() -> None:
    beginning = {kind for kind, commands in COMMANDS.items() if any(command.begins for command in commands)}
    of_no_service = {StreamKind.CLIENT, StreamKind.REGISTER}
    assert {FACTS_BY_NAME[fact].stream for fact in BEGINNINGS} == beginning - of_no_service
    told = {c for c in COMMANDS[StreamKind.EPISODE] if issubclass(c, Telling) and c.after_grant}
    needing = {command.tells.fact_name for command in told if command.tells}
    assert needing <= AFTER_A_GRANT


def test_what_is_refused_at_load_is_not_sound_to_publish_either() -> None:
    model = CATALOGUE["K1"]
    assert unsound(model) == []
    assert unsound(model.model_copy(update={"streams": ()})) == [
        "it does not say on which kinds of stream it runs (streams)"
    ]
    assert unsound(model.model_copy(update={"acts": (*model.acts, "no_such_act")})) == ['there is no act "no_such_act"']
    unknowing = model.model_copy(update={"acts": tuple(act for act in model.acts if act != "spell_opened")})
    assert all('the service does not know the act "spell_opened"' in words for words in unsound(unknowing))
    assert unsound(unknowing)
