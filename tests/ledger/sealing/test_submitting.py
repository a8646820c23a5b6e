"""The sealer brings its checkpoints to witnesses; one that is away or refuses never stops it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.witness import create_witness_app
from domain.ledger.proof.checkpoint import SeenCheckpoint, open_checkpoint
from domain.ledger.proof.cosignature import WitnessSigner
from domain.ledger.proof.tree import CompactTree, LeafHashes, check_consistency, consistency_proof, leaf_hash, root_of
from domain.ledger.sealing.keyfiles import keys_in
from domain.ledger.sealing.leaves import proof_between
from domain.ledger.sealing.submitting import Answer, BadWitness, KnownWitness, Submitter, load_progress, witnesses_in
from domain.ledger.sealing.witness import Witness
from tests.ledger.sealing.calling import Caller
from tests.ledger.sealing.house import House

W1, W2 = WitnessSigner.generate("witness.example/w1"), WitnessSigner.generate("witness.example/w2")


class Network:
    """Witnesses by their addresses; those who are away answer nobody."""

    def __init__(self, house: House, folder: Path) -> None:
        logs = {house.origin: list(keys_in(house.workshop.keys))}
        self.house = house
        self.witnesses = [KnownWitness(key.verifier(), f"http://{key.name}") for key in (W1, W2)]  # type: ignore[arg-type] # a witness' key is a witness'
        self.folders = {key.name: folder / key.name for key in (W1, W2)}
        self.services = {
            f"http://{key.name}": Caller(create_witness_app(Witness(self.folders[key.name], key, logs)))
            for key in (W1, W2)
        }
        self.away: set[str] = set()
        self.sent: list[bytes] = []

    def send(self, address: str, body: bytes) -> Answer:
        prefix = address.removesuffix("/add-checkpoint")
        if prefix in self.away:
            raise TimeoutError("nobody answers")
        self.sent.append(body)
        answer = self.services[prefix].post("/add-checkpoint", content=body)
        return Answer(answer.status_code, answer.headers["content-type"].partition(";")[0], answer.content)

    def submit(self) -> list[str]:
        with self.house.store() as store:
            return list(Submitter(store, self.house.folder, self.witnesses, self.send).submit().values())

    def last(self) -> SeenCheckpoint:
        keys = [*keys_in(self.house.workshop.keys), W1.verifier(), W2.verifier()]
        with self.house.store() as store:
            return open_checkpoint(store.last_note() or b"", keys)


@pytest.fixture
def network(house: House, tmp_path: Path) -> Network:
    return Network(house, tmp_path / "witnesses")


def test_a_checkpoint_is_stored_with_the_cosignatures_of_all_its_witnesses(house: House, network: Network) -> None:
    for count in (1, 4, 9):
        house.write(count)
        house.seal()
        assert network.submit() == ["", ""]
        seen = network.last()
        assert seen.checkpoint.size == house.size()
        assert {key.name for key, _ in seen.witnessed} == {W1.name, W2.name}


def test_what_is_cosigned_already_is_not_sent_again(house: House, network: Network) -> None:
    house.seal()
    network.submit()
    network.sent.clear()
    assert network.submit() == ["", ""]
    assert network.sent == []


def test_a_witness_that_is_away_stops_nobody_and_is_caught_up_with_later(house: House, network: Network) -> None:
    network.away.add(f"http://{W1.name}")
    for _ in range(3):
        house.write(2)
        assert house.seal() is not None
        assert network.submit() == ["away", ""]
    assert {key.name for key, _ in network.last().witnessed} == {W2.name}
    network.away.clear()
    assert network.submit() == ["", ""]
    assert {key.name for key, _ in network.last().witnessed} == {W1.name, W2.name}


def test_a_witness_says_what_it_saw_last_when_that_was_forgotten_here(house: House, network: Network) -> None:
    house.seal()
    network.submit()
    for place in house.folder.glob("witness-*.json"):
        place.write_text("lost")
    house.write(5)
    house.seal()
    assert network.submit() == ["", ""]


def test_a_witness_that_saw_more_than_we_sealed_is_told(house: House, network: Network) -> None:
    house.seal()
    network.submit()
    state = (house.folder / "state.json").read_bytes()
    house.write(3)
    house.seal()
    network.submit()
    (house.folder / "state.json").write_bytes(state)
    assert network.submit() == ["witness_saw_more", "witness_saw_more"]


def test_what_does_not_lead_from_what_a_witness_saw_is_not_sent(house: House, network: Network) -> None:
    house.write(3)
    house.seal()
    network.submit()
    house.write(6)
    house.seal()
    house.spoil("UPDATE {s}.events SET record = set_byte(record, 80, 0) WHERE position = 8")
    network.sent.clear()
    assert network.submit() == ["records_differ", "records_differ"]
    assert network.sent == []


def test_a_witness_that_refuses_is_noted_by_its_status(house: House, network: Network) -> None:
    house.seal()
    network.submit()
    for folder in network.folders.values():
        for place in folder.glob("*.json"):
            told = json.loads(place.read_text())
            place.write_text(json.dumps({**told, "root": "A" * 43 + "="}))
    house.write()
    house.seal()
    assert network.submit() == ["status_422", "status_422"]
    assert load_progress(house.folder, network.witnesses[0]).fault == "status_422"


@pytest.mark.parametrize("body", ["", "— witness.example/w1 AAAAAAAA\n", "words", "9\n"])
def test_an_answer_that_is_no_cosignature_of_the_witness_is_not_stored(
    house: House, network: Network, body: str
) -> None:
    house.seal()
    with house.store() as store:
        submitter = Submitter(
            store, house.folder, network.witnesses[:1], lambda *_: Answer(200, "text/plain", body.encode())
        )
        assert list(submitter.submit().values()) == ["bad_cosignature"]
    assert len(house.notes()) == 1


def test_before_anything_is_sealed_nothing_is_sent(house: House, network: Network) -> None:
    assert network.submit() == []
    assert house.notes() == []


@given(st.integers(1, 200), st.integers(0, 200), st.integers(1, 40))
def test_the_proof_from_peaks_is_the_proof_from_all_leaves(older: int, more: int, chunk: int) -> None:
    leaves = [leaf_hash(number.to_bytes(2)) for number in range(older + more)]
    tree = CompactTree()
    tree.extend(leaves[:older])
    news = leaves[older:]
    chunks = [news[start : start + chunk] for start in range(0, len(news), chunk)]
    proof, newer = proof_between(tree, older + more, chunks)
    assert proof == consistency_proof(LeafHashes(leaves), older, older + more)
    assert newer.root() == root_of(LeafHashes(leaves), older + more)
    check_consistency(older, older + more, tree.root(), newer.root(), proof)


def test_the_file_of_witnesses_has_a_key_and_an_address_a_line(tmp_path: Path) -> None:
    path = tmp_path / "witnesses"
    path.write_text(f"# ours\n\n{W1.verifier()} https://witness.example/\n")
    (witness,) = witnesses_in(path)
    assert (str(witness.key), witness.address) == (str(W1.verifier()), "https://witness.example")
    for line in ("words", f"{W1.verifier()} ftp://x", f"x {W1.verifier()}", f"{W1.verifier()}"):
        path.write_text(f"# ours\n{line}\n")
        with pytest.raises(BadWitness, match="line 2"):
            witnesses_in(path)
