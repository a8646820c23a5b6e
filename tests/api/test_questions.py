"""Questions over HTTP: figures, what they stand on, rows of projections, what the register is."""

from typing import Any

import pytest

from api.commands import REGISTER_PATH
from api.figures import EXPLAINED, FIGURES, Figure
from domain.ledger.identity import new_id
from projections.pages import TABLES
from tests.api.caller import Caller, problem
from tests.api.test_a_days_work import Episode

PERIOD = {"from": "2022-01-01", "to": "2022-12-31"}
EVERY_FIGURE = [(name, by) for name, figure in FIGURES.items() for by in figure.by or ("",)]


@pytest.fixture(scope="module")
def worked(caller: Caller) -> Episode:
    """An episode that was granted, worked on and reflected in the projections."""
    episode = Episode(caller)
    episode.is_asked_for()
    episode.is_granted("K2")
    episode.is_worked_on(meetings=4)
    commitment = {"issuer": "county", "payer_service": "family_work", "cost_centre": "C1", "units": 6}
    days = {"received_on": "2022-03-01", "valid_from": "2022-03-01"}
    place = f"episodes/{episode.episode_id}/receive-payment-commitment"
    episode.answers.append(caller.tell(place, commitment_id=str(new_id()), **commitment, **days))
    caller.told("caseload", wait_for=str(episode.answers[-1]["position"]))
    return episode


def period_of(figure: Figure) -> dict[str, str]:
    return PERIOD if figure.takes("from") else {}


@pytest.mark.parametrize(("name", "by"), EVERY_FIGURE)
def test_every_figure_is_answered_with_what_it_reflects(name: str, by: str, worked: Episode, caller: Caller) -> None:
    answer = caller.told(name, **period_of(FIGURES[name]), **({"by": by} if by else {}))
    assert answer["rows"]
    assert answer["as_of"] <= answer["head"]
    assert answer["lag_events"] == answer["head"] - answer["as_of"]
    assert answer.keys() >= {"lag_seconds", "next_cursor", "stopped"}


@pytest.mark.parametrize("name", EXPLAINED)
def test_every_figure_is_explained_by_streams_and_events(name: str, worked: Episode, caller: Caller) -> None:
    answer = caller.told(f"explain/{name}", **period_of(EXPLAINED[name]))
    assert all(row["stream_id"] and row["event_positions"] for row in answer["rows"])
    assert answer["rows"] or name == "early-support-moved-on"


def test_a_group_is_explained_by_its_own_events(worked: Episode, caller: Caller) -> None:
    episode_id = str(worked.episode_id)
    rows = caller.told("explain/visits", by="episode", key=episode_id)["rows"]
    positions = {entry["position"] for entry in caller.told(f"episodes/{episode_id}/history")["entries"]}

    assert len(rows) == 4
    assert {row["stream_id"] for row in rows} == {episode_id}
    assert {position for row in rows for position in row["event_positions"]} <= positions


def test_what_a_figure_stands_on_comes_in_pages_of_one_answer(worked: Episode, caller: Caller) -> None:
    asked = {"by": "episode", "key": str(worked.episode_id)}
    whole = caller.told("explain/visits", **asked)
    first = caller.told("explain/visits", **asked, limit="3")
    caller.tell(f"clients/{new_id()}/register-client", born_on="2015-05-05")
    second = caller.told("explain/visits", **asked, limit="3", cursor=first["next_cursor"])
    assert (len(first["rows"]), len(second["rows"])) == (3, 1)
    assert first["rows"] + second["rows"] == whole["rows"]
    assert (second["as_of"], second["next_cursor"], whole["next_cursor"]) == (first["as_of"], None, None)


def test_an_event_beneath_a_figure_can_be_read(worked: Episode, caller: Caller) -> None:
    row = caller.told("explain/visits", by="episode", key=str(worked.episode_id))["rows"][0]
    event = caller.told(f"events/{row['event_positions'][0]}", lang="en")

    assert event["stream_id"] == str(worked.episode_id)
    assert event["kind"] == "episode"
    assert event["entry"]["name"] == "meeting_held"
    assert "note" not in event["entry"]["fact"]


def test_an_event_that_is_not_there_is_told_as_such(caller: Caller) -> None:
    answer = caller.ask("events/999999999")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_event")


def test_open_episodes_are_listed_for_a_worker(worked: Episode, caller: Caller) -> None:
    rows = caller.told("caseload/episodes", worker="worker-1")["rows"]
    assert str(worked.episode_id) in {row["episode_id"] for row in rows}
    assert caller.told("caseload/episodes", worker="worker-1", on="2000-01-01")["rows"] == []


@pytest.mark.parametrize("asked", ["caseload/episodes", "duties/open"])
@pytest.mark.parametrize("named", ["worker", "unit"])
def test_who_mistypes_a_worker_or_a_unit_is_told_so_and_not_that_nothing_is_to_be_done(
    asked: str, named: str, worked: Episode, caller: Caller
) -> None:
    answer = caller.ask(asked, **{named: "worker-l"})
    assert (answer.status_code, answer.json()["code"]) == (404, f"unknown_{named}")
    assert answer.json()["remedy"].startswith("Give the id of one")


def test_what_a_worker_owes_is_listed_with_the_words_of_its_rule(worked: Episode, caller: Caller) -> None:
    """K2 asks for a plan of its own kind: nobody has recorded one."""
    asked = {"worker": "worker-1", "on": "2022-05-02"}
    owed = [row for row in caller.told("duties/open", **asked)["rows"] if row["stream_id"] == str(worked.episode_id)]
    assert "plan" in {row["rule_id"] for row in owed}
    for row in owed:
        assert (row["rule"]["id"], row["rule"]["service"], row["stream_kind"]) == (row["rule_id"], "K2", "episode")
        assert all(row["rule"]["texts"][language] for language in ("fi", "sv", "en"))
        assert row["event_positions"]
    problem(caller.ask("duties/open", **{**asked, "worker": "nobody"}), 404, "unknown_worker")
    assert caller.told("duties/open", **asked, area="nowhere")["rows"] == []
    assert caller.told("duties/open", **asked, as_of="1")["rows"] == []


def test_what_was_known_and_what_was_so_are_asked_independently(worked: Episode, caller: Caller) -> None:
    def still_open(**asked: str) -> int:
        rows = caller.told("caseload", by="area", **asked)["rows"]
        return sum(row["open_episodes"] for row in rows if row["group_key"] == worked.area)

    assert still_open() == 1
    assert still_open(on="2022-03-01") == 0
    assert still_open(on="2022-03-05") == 1
    assert still_open(as_of="2020-01-01") == 0
    assert still_open(as_of="2199-01-01T00:00:00Z") == 1
    assert still_open(as_of=str(worked.answers[0]["position"] - 1), on="2022-03-05") == 0
    assert still_open(as_of=str(worked.answers[0]["position"]), on="2022-03-05") == 1


NARROWED = {"by": "", "on": "2022-03-01", "service": "K1", **PERIOD}


@pytest.mark.parametrize("name", FIGURES)
def test_what_a_figure_does_not_depend_on_is_refused_and_not_described(name: str, caller: Caller) -> None:
    figure = FIGURES[name]
    schema = caller.client.get("/openapi.json").json()
    described = {one["name"] for one in schema["paths"][f"{REGISTER_PATH}/{name}"]["get"]["parameters"]}
    for parameter, value in NARROWED.items():
        needed = PERIOD if figure.needs_period else {}
        for path in (name, f"explain/{name}"):
            answer = caller.ask(path, **{**needed, parameter: value or (*figure.by, "area")[0]})
            assert answer.status_code == (200 if figure.takes(parameter) else 422)
            assert answer.json().get("code") == (None if figure.takes(parameter) else "malformed_request")
        assert figure.takes(parameter) == (parameter in described)


@pytest.mark.parametrize("asked", [{"by": "nosense"}, {"key": "worker-1"}, {"by": "nosense", "key": "x"}])
def test_a_group_that_a_figure_does_not_have_is_refused_by_name(asked: dict[str, str], caller: Caller) -> None:
    answer = caller.ask("explain/visits", **asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_request")
    assert [error["field"] for error in answer.json()["errors"]] == ["by"]


@pytest.mark.parametrize("question", ["caseload?area=Kotka", "visits?worker=O1", "duties?asof=3", "explain/visits?k=1"])
def test_a_parameter_that_an_address_does_not_know_is_refused(question: str, caller: Caller) -> None:
    path, _, query = question.partition("?")
    name, _, value = query.partition("=")
    answer = caller.ask(path, **{name: value})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_request")
    assert "as_of" in answer.json()["remedy"]


def test_a_trail_refuses_unknown_parameters_too(worked: Episode, caller: Caller) -> None:
    answer = caller.ask(f"episodes/{worked.episode_id}/history", as_off="3")
    assert answer.status_code == 422


@pytest.mark.parametrize("name", TABLES)
def test_the_rows_of_every_projection_can_be_listed(name: str, worked: Episode, caller: Caller) -> None:
    answer = caller.told(f"projections/{name}", limit="1")
    assert len(answer["rows"]) <= 1


def test_rows_are_paged_through_once_each(worked: Episode, caller: Caller) -> None:
    seen: list[int] = []
    asked: dict[str, str] = {"limit": "3", "stream_id": str(worked.episode_id)}
    while True:
        answer = caller.told("projections/trail", **asked)
        assert len(answer["rows"]) <= 3
        seen += [row["version"] for row in answer["rows"]]
        if answer["next_cursor"] is None:
            break
        asked["cursor"] = answer["next_cursor"]
    assert seen == list(range(1, worked.answers[-1]["version"] + 1))


def test_rows_are_filtered_by_any_column(worked: Episode, caller: Caller) -> None:
    one = {"episode_id": str(worked.episode_id)}
    assert len(caller.told("projections/meetings", **one)["rows"]) == 4
    assert len(caller.told("projections/meetings", **one, worker_ids="worker-1")["rows"]) == 4
    assert caller.told("projections/meetings", **one, mode="video")["rows"] == []


def test_the_services_of_the_register_explain_themselves(caller: Caller) -> None:
    told = caller.told("services")
    assert {service["service"] for service in told["services"]} >= {"K0", "K1", "K2"}
    assert all(rule["texts"]["fi"] for service in told["services"] for rule in service["rules"])


def test_a_caller_is_told_of_its_own_registers(caller: Caller) -> None:
    assert caller.client.get("/v1/registers").json() == {"registers": [caller.register]}


def test_what_is_so_of_a_client_is_told_without_its_identity(worked: Episode, caller: Caller) -> None:
    answer = caller.ask(f"clients/{worked.client_id}")
    assert answer.json()["area"] == worked.area
    for hidden in ("identity", "150517", "2017-05-15", "born", "Tuuli", "Tuulentupa"):
        assert hidden not in answer.text.replace(str(worked.client_id), "")


def test_what_was_so_of_a_contact_is_told_as_of_then(worked: Episode, caller: Caller) -> None:
    place = f"contacts/{worked.contact_id}"
    received = caller.told(f"{place}/history")["entries"][0]["position"]
    assert caller.told(place)["answered"]["outcome"] == "guided"
    assert caller.told(place, as_of=str(received))["answered"] is None


def test_a_duty_is_opened_and_met_by_what_is_sent(caller: Caller) -> None:
    episode = Episode(caller)
    episode.is_asked_for()
    episode.is_granted("K2")
    started = episode.tell("start-episode", started_on="2022-03-07")
    (duty,) = started["duties_opened"]
    assert duty["rule_id"] == duty["rule"]["id"] == "plan"
    assert duty["rule"]["texts"]["fi"]

    planned = {"plan_kind": "family_work_plan", "made_on": "2022-03-08", "worker_id": "worker-1"}
    met = episode.tell("make-plan", plan_id=str(new_id()), **planned)["duties_met"]
    assert [one["duty_key"] for one in met] == [duty["duty_key"]]


def test_health_is_open_and_tells_how_far_the_projections_are(caller: Caller) -> None:
    answer = caller.client.get("/health", headers={"Authorization": ""})
    told: dict[str, Any] = next(one for one in answer.json()["registers"] if one["register"] == caller.register)
    assert answer.status_code == 200
    assert told["status"] == "up"
    assert {one["status"] for one in told["projections"]} == {"running"}


def test_the_page_of_addresses_is_open_and_loads_nothing(caller: Caller) -> None:
    page = caller.client.get("/", headers={"Authorization": ""})
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Jaksokirja" in page.text
    assert "src=" not in page.text
    assert "http" not in page.text.replace("https", "http").replace("http-equiv", "")


def test_the_framework_serves_no_pages_that_load_from_elsewhere(caller: Caller) -> None:
    for path in ("/docs", "/redoc"):
        assert caller.client.get(path).status_code == 404
