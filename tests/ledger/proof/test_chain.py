"""Whom an auditor trusts later on: keys that vouched history adopts; and a signed restore, told but never accepted."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from domain.ledger.identity import register_stream_id
from domain.ledger.proof.faults import NoKnownSignature
from domain.ledger.proof.given import Trust
from domain.ledger.proof.note import SignerKey, sign
from domain.ledger.proof.report import Report
from domain.ledger.proof.statement import Statement, TreeHead
from domain.ledger.proof.tree import CompactTree, leaf_hash
from domain.ledger.proof.verify import verify
from tests.ledger.proof.registers import BEGAN, KEY, NAMES, ORIGIN, OTHER_KEY, SECOND, Register, a_record, note_of

NEXT, THIRD, SECOND_KEY = OTHER_KEY, SignerKey(ORIGIN, bytes([3] * 32)), SignerKey(ORIGIN, bytes([4] * 32))
OF_REGISTER = register_stream_id("kymenlaakso")
KNOWN = NAMES | {"log_key_adopted.1", "log_restored.1", "register_opened.1"}


class Book:
    """Events one a second, of a stream of families and of the register's own."""

    def __init__(self, records: Sequence[bytes] = (), versions: Sequence[int] = (0, 0), late: float = 0) -> None:
        self.records, self.late = list(records), late
        self.of_family, self.of_register = versions

    def copy(self, size: int, *, late: float) -> Book:
        """Put back to that size, and going on so many seconds later."""
        copied = Book(self.records[:size], (0, 0), late)
        copied.of_register = sum(b"log_key_adopted" in each for each in copied.records)
        copied.of_family = size - copied.of_register
        return copied

    def moment(self) -> dt.datetime:
        return BEGAN + (len(self.records) + 1 + self.late) * SECOND

    def met(self, times: int = 1) -> Book:
        for _ in range(times):
            self.of_family += 1
            position = len(self.records) + 1
            self.records.append(a_record(position, UUID(int=7), self.of_family, recorded_at=self.moment()))
        return self

    def said(self, name: str, stream: UUID = OF_REGISTER, **plain: object) -> Book:
        self.of_register += 1
        state = {
            "occurred_at": self.moment().isoformat(), "actor": "O1", "correlation_id": str(UUID(int=1)), "plain": plain,
        }  # fmt: skip
        written = json.dumps(state, separators=(",", ":")).encode()
        version, position = self.of_register, len(self.records) + 1
        record = a_record(position, stream, version, name=name, recorded_at=self.moment(), state=written)
        self.records.append(record)
        return self

    def adopts(self, key: SignerKey, purpose: str = "checkpoints", overlap_to: dt.date | None = None) -> Book:
        vkey, day = str(key.verifier()), overlap_to.isoformat() if overlap_to else None
        size = len(self.records) + 1
        return self.said("log_key_adopted.1", verifier_key=vkey, purpose=purpose, from_size=size, overlap_to=day)

    def note(self, *keys: SignerKey) -> bytes:
        sealed_at = self.moment() - SECOND / 2
        return note_of(self.records, keys=keys or (KEY,), sealed_at=sealed_at)

    def register(self, *notes: bytes) -> Register:
        return Register(list(self.records), list(notes), names=KNOWN, keys=(KEY.verifier(),))

    def head(self, size: int) -> TreeHead:
        tree = CompactTree()
        tree.extend([leaf_hash(record) for record in self.records[:size]])
        return TreeHead.of(tree)


def holding(*notes: bytes, key: SignerKey = KEY) -> Trust:
    return Trust([key.verifier()], notes)


def code(report: Report) -> str | None:
    return report.finding.code if report.finding else None


# Keys that are adopted.


def test_who_holds_an_old_key_verifies_what_its_successor_signs_once_the_adoption_is_under_the_old_one() -> None:
    book = Book().adopts(KEY).met(3).adopts(NEXT)
    under_the_old = book.note(KEY)
    later = book.met(4).note(NEXT)
    report = verify(book.register(under_the_old, later), holding(later))
    assert (report.finding, report.passed_over, report.proved_to, report.checkpoints) == (None, 0, 9, 3)
    assert [(each.adoption.position, each.adoption.key, each.covered_by) for each in report.adoptions] == [
        (1, KEY.verifier(), 5),
        (5, NEXT.verifier(), 5),
    ]
    assert "Position 5 adopts" in str(report.adoptions[1])
    assert "vouched for by the source's checkpoint of 5 events" in str(report.adoptions[1])


def test_in_an_overlap_a_checkpoint_of_both_hands_trust_on() -> None:
    book = Book().adopts(KEY).met(2).adopts(NEXT, overlap_to=BEGAN.date())
    both = book.met().note(KEY, NEXT)
    later = book.met().note(NEXT)
    assert verify(book.register(both, later), holding(later)).proved_to == 6
    assert verify(book.register(later), holding(both, later)).proved_to == 6, "the auditor's own hands it on too"


def test_trust_is_handed_on_from_key_to_key() -> None:
    book = Book().adopts(KEY).met().adopts(NEXT)
    first = book.note(KEY)
    second = book.met().adopts(THIRD).note(NEXT)
    third = book.met().note(THIRD)
    report = verify(book.register(first, second, third), holding(third))
    assert (report.finding, report.sealed_to, report.proved_to) == (None, 6, 6)


def test_a_key_whose_adoption_no_trusted_checkpoint_covers_is_not_trusted_and_is_told() -> None:
    book = Book().adopts(KEY).met()
    before = book.note(KEY)
    after = book.adopts(NEXT).met().note(NEXT)
    with pytest.raises(NoKnownSignature, match="under a checkpoint of a trusted key"):
        verify(book.register(before, after), holding(after))
    report = verify(book.register(before, after), holding(before))
    assert (report.finding, report.passed_over, report.sealed_to) == (None, 1, 2)
    assert "NOT vouched for" in str(report.adoptions[1])


def test_a_key_adopted_by_an_event_that_was_changed_signs_nothing() -> None:
    book = Book().adopts(KEY).met().adopts(NEXT)
    first = book.note(KEY)
    forged = Book(book.records[:2], (1, 1)).adopts(THIRD).met(2)
    forgery = forged.note(THIRD)
    report = verify(forged.register(first, forgery), holding(first))
    assert code(report) == "changed"
    report = verify(forged.register(forgery), holding(first, forgery))
    assert code(report) == "changed"
    assert any("was not compared" in note for note in report.notes) or report.proved_to == 0


@pytest.mark.parametrize("stream", [UUID(int=8), register_stream_id("lapland")])
def test_a_key_is_adopted_in_the_register_s_own_stream_only(stream: UUID) -> None:
    vkey = str(NEXT.verifier())
    book = Book().met(2).said("log_key_adopted.1", stream, verifier_key=vkey, purpose="checkpoints", from_size=1)
    first = book.note(KEY)
    later = book.met().note(NEXT)
    with pytest.raises(NoKnownSignature):
        verify(book.register(first), holding(later))


def test_a_key_in_whose_place_another_came_signs_no_more() -> None:
    book = Book().adopts(KEY).adopts(NEXT)
    first = book.note(KEY)
    second = book.met().adopts(THIRD).note(NEXT)
    by_the_retired = book.met().note(NEXT)
    with pytest.raises(NoKnownSignature):
        verify(book.register(first, second), holding(by_the_retired))


@pytest.mark.parametrize("brought", [False, True])
def test_what_a_held_key_signs_after_another_came_in_its_place_is_told(*, brought: bool) -> None:
    book = Book().adopts(KEY).adopts(NEXT)
    first = book.note(KEY)
    by_both, by_the_retired = book.met().note(KEY, NEXT), book.met().note(KEY)
    assert not replaced(verify(book.register(first, by_both), holding(first)))
    known = (book.register(first), holding(first, by_the_retired)) if brought else (
        book.register(first, by_the_retired), holding(first),
    )  # fmt: skip
    (note,) = replaced(verify(*known))
    assert "1 checkpoints, the first of them the checkpoint of 4 events" in note


def replaced(report: Report) -> list[str]:
    return [note for note in report.notes if "in whose place another had been adopted" in note]


def test_a_key_adopted_for_restores_signs_no_checkpoint() -> None:
    book = Book().adopts(KEY).adopts(SECOND_KEY, "restores")
    first = book.note(KEY)
    later = book.met().note(SECOND_KEY)
    with pytest.raises(NoKnownSignature):
        verify(book.register(first), holding(later))


def test_an_adoption_of_what_is_no_key_is_an_event_like_any_other() -> None:
    book = Book().adopts(KEY).said("log_key_adopted.1", verifier_key="x", purpose="checkpoints", from_size=1).met()
    report = verify(book.register(book.note()), holding(book.note()))
    assert (report.finding, len(report.adoptions)) == (None, 1)


# Restores.


class Restored:
    """A log sealed at 6 and 10, put back to 8 of them, stated so by the second key, and going on."""

    def __init__(self, signer: SignerKey = SECOND_KEY, **stated: object) -> None:
        self.old = Book().adopts(KEY).adopts(SECOND_KEY, "restores").met(4)
        self.at_6 = self.old.note()
        self.old.met(4)
        self.at_10 = self.old.note()
        self.new = self.old.copy(8, late=100)
        statement = Statement(ORIGIN, self.old.head(10), self.old.head(8), self.old.head(6), self.new.moment())
        self.statement = replace(statement, **stated)  # type: ignore[arg-type] # fields of a statement, whichever
        sealed, went_on = self.statement.sealed, self.statement.restored
        self.new.said(
            "log_restored.1",
            sealed_size=sealed.size, sealed_root=sealed.root_text,
            restored_size=went_on.size, restored_root=went_on.root_text,
            statement=sign(self.statement.text, [signer]).to_bytes().decode(),
        )  # fmt: skip
        self.at_9 = self.new.note()
        self.new.met(4)
        self.at_13 = self.new.note()

    def verified(self, *brought: bytes, keys: Sequence[SignerKey] = (KEY,)) -> Report:
        register = self.new.register(self.at_6, self.at_9, self.at_13)
        return verify(register, Trust([key.verifier() for key in keys], brought))


def test_who_kept_a_checkpoint_of_the_history_that_was_left_is_told_of_the_restore_and_by_whom() -> None:
    case = Restored()
    report = case.verified(case.at_10)
    assert (report.sound, report.restored, code(report)) == (False, True, "restored")
    assert report.finding is not None
    assert (report.finding.position, report.finding.last_position) == (7, 10)
    assert "was replaced by a signed restore" in report.finding.message
    assert "the checkpoint of 10 events" in report.finding.message
    (restore,) = report.restores
    assert (restore.restore.position, restore.signed_by, restore.holds) == (9, (SECOND_KEY.verifier(),), True)
    assert "went back to 8" in str(restore)
    assert "only the source vouches" in str(restore), "no checkpoint that he brought covers its adoption"
    assert (report.events, report.sealed_to) == (13, 13), "the rest is verified"


@pytest.mark.parametrize("how", ["its key is held", "its adoption is under a checkpoint that was brought"])
def test_that_the_restore_s_key_is_known_from_outside_is_told(how: str) -> None:
    case = Restored()
    report = (
        case.verified(case.at_10, keys=(KEY, SECOND_KEY)) if "held" in how else case.verified(case.at_6, case.at_10)
    )
    assert report.restored
    assert "only the source vouches" not in str(report.restores[0])


def test_who_kept_none_of_the_history_that_was_left_is_told_of_the_restore_too() -> None:
    case = Restored()
    report = case.verified(case.at_6, case.at_13)
    assert (report.sound, len(report.restores)) == (True, 1)
    assert "Signed by" in str(report.restores[0])


def test_the_root_that_both_histories_have_is_no_sign_of_the_one_that_was_left() -> None:
    case = Restored()
    at_8 = note_of(case.old.records[:8])
    report = case.verified(at_8)
    assert (report.sound, report.proved_to) == (True, 8)


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (Restored(KEY), "the log's own key signed it"),
        (Restored(THIRD), "a key that was never adopted signed it"),
        (Restored(restored=TreeHead(8, bytes(32))), "it names other records than those here"),
        (Restored(common=TreeHead(6, bytes(32))), "it names another common history"),
        (Restored(sealed=TreeHead(9, bytes(32))), "it names less than had been sealed"),
        (Restored(stated_at=BEGAN), "it was stated before that was sealed"),
        (Restored(origin="jaksokirja/lapland"), "it is of another log"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_restore_that_shows_nothing_explains_nothing(case: Restored, why: str) -> None:
    assert why
    report = case.verified(case.at_10)
    assert not report.sound
    assert code(report) != "restored"


def test_one_restore_that_holds_explains_nothing_of_another_that_does_not() -> None:
    case = Restored()
    false = Restored(THIRD, sealed=TreeHead(13, bytes(32)), stated_at=BEGAN + 1000 * SECOND).new.records[8]
    told = json.loads(false[false.index(b'{"occurred_at"') :])["plain"]
    other = case.new.copy(13, late=100)
    other.of_register = 3
    other.said("log_restored.1", **told)
    strange = note_of([*case.new.records[:11], case.new.records[11]], sealed_at=BEGAN + 112.5 * SECOND)
    lost = note_of([*case.new.records[:11], case.new.records[10]], sealed_at=BEGAN + 112.5 * SECOND)
    assert verify(other.register(case.at_6), holding(strange)).sound
    assert code(verify(other.register(case.at_6), holding(case.at_10, lost))) == "changed"


def test_a_restore_explains_no_change_before_what_both_histories_have() -> None:
    case = Restored()
    at_4 = note_of([*case.old.records[:3], case.old.records[5]])
    report = case.verified(at_4, case.at_10)
    assert code(report) == "changed"


def test_a_change_after_the_restore_is_found_beside_it() -> None:
    case = Restored()
    register = case.new.register(case.at_6, case.at_9, case.at_13)
    register.records[10] = register.records[10][:-8] + b"X" + register.records[10][-7:]
    report = verify(register, holding(case.at_10))
    assert report.finding is not None
    assert (report.finding.code, report.finding.position) == ("changed", 10)


def test_a_register_that_was_cut_off_without_a_statement_is_cut_off() -> None:
    case = Restored()
    register = case.old.register(case.at_6)
    register.records[8:] = []
    assert code(verify(register, holding(case.at_10))) == "cut_off"
