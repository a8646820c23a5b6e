"""That the page of codes has those that callers are told: a few that stand in the source in each of its ways."""

import pytest

from scripts.codes import codes_of_api, codes_of_command_line


@pytest.mark.parametrize(
    ("code", "beginning"),
    [
        ("malformed_id", "An id in this address is malformed"),
        ("malformed_request", "Something of the request is not as it should be"),
        ("unauthenticated", ""),
        ("client_index_astray", "The index of identity codes leads to a client"),
        ("unknown_event", "No event of that position"),
        ("unknown_projection", "There is no such projection."),
    ],
)
def test_a_code_of_the_api_is_found_with_what_it_means(code: str, beginning: str) -> None:
    assert codes_of_api()[code].startswith(beginning)


@pytest.mark.parametrize(
    ("code", "beginning"),
    [
        ("not_sealed_yet", "Position … is covered by no checkpoint yet."),
        ("not_a_replay", "… holds no replay"),
        ("wrong_proof", "The hashes do not lead to the root."),
        ("projections_astray", "Projections stand beyond the ledger's last event"),
        ("database_away", "The database cannot be reached."),
        ("beyond_head", "The register has no position …"),
    ],
)
def test_a_code_of_the_command_line_is_found_with_what_it_means(code: str, beginning: str) -> None:
    assert codes_of_command_line()[code].startswith(beginning)
