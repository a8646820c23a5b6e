"""The offline verification of an evidence bundle: every record in the log, the log the one that the auditor knows.

What it cannot show: that the episode has no later entries than those that are here, and that nothing of the register's
own stream (adoptions, restores, controllers) was left out; only the whole register shows that.
Never here: how a bundle is read from files (bundle.py), the words of the account.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection
from contextlib import suppress
from itertools import pairwise

from domain.ledger.errors import MalformedRecord
from domain.ledger.proof import bundle_contents as contents
from domain.ledger.proof.bundle import (
    LOG_KEYS,
    WITNESS_KEYS,
    Bundle,
    checkpoint_name,
    consistency_name,
    proof_name,
    record_name,
)
from domain.ledger.proof.bundle_account import compare
from domain.ledger.proof.bundle_lists import keys_in
from domain.ledger.proof.chain import Chain
from domain.ledger.proof.checkpoint import CLOCK_TOLERANCE_SECONDS, Checkpoint, SeenCheckpoint, open_checkpoint
from domain.ledger.proof.faults import MalformedBundle, NoKnownSignature, ProofFault
from domain.ledger.proof.findings import Finding, Refuted
from domain.ledger.proof.given import Options, Trust
from domain.ledger.proof.inspection import finding_at, of_json, of_state
from domain.ledger.proof.left import LeftHistory
from domain.ledger.proof.logfacts import Adoption, Restore, log_fact_in
from domain.ledger.proof.marks import Mark
from domain.ledger.proof.note import SignedNote
from domain.ledger.proof.report import Report
from domain.ledger.proof.tlog_proof import TlogProof
from domain.ledger.proof.tree import check_consistency, check_inclusion, leaf_hash
from domain.ledger.record import unpack
from domain.ledger.submission import StoredRecord

_TOLERANCE = CLOCK_TOLERANCE_SECONDS * 1_000_000


def verify_bundle(bundle: Bundle, trust: Trust, options: Options) -> Report:
    """Verify a bundle. Raises ProofFault when what the auditor brings is itself unsound."""
    return _Verification(bundle, trust, options).run()


class _Verification:
    def __init__(self, bundle: Bundle, trust: Trust, options: Options) -> None:
        self.bundle, self.trust, self.options = bundle, trust, options
        self.manifest = bundle.manifest
        own = (*self.manifest.keys, *self.manifest.witnesses)
        self.chain = Chain(trust.keys or own, keys_are_its_own=not trust.keys)
        for note in trust.checkpoints:
            with suppress(NoKnownSignature):  # by a key that a record here adopts, perhaps
                open_checkpoint(note, self.chain.held)
        self.marks: dict[int, Mark] = {}
        self.facts = [fact for position in bundle.positions() if (fact := self._log_fact(position))]
        self.left = LeftHistory([fact for fact in self.facts if isinstance(fact, Restore)], roots_at_hand=False)
        self.not_here: list[Finding] = []
        self.report = Report(bundle.told, self.manifest.origin)

    def run(self) -> Report:
        """Checkpoints, then records, then what is made from them: the first that is wrong ends it."""
        try:
            self._open_checkpoints()
            self._tie_to_newest()
            self._tie_to_brought()
            records = self._open_records()
            contents.check(self.bundle, records)
            self._check_keys(records)
            compare(self.bundle, records, self.options.made_again)
        except NoKnownSignature:
            raise  # of what the auditor brings
        except Refuted as refuted:
            self.report.finding = refuted.finding
        except ProofFault as fault:
            self.report.finding = Finding(fault.code, f"{fault}.")
        self._tell_of_the_log()
        self._tell_what_is_not_proved()
        return self.report

    def _log_fact(self, position: int) -> Adoption | Restore | None:
        """What the record there says of the log. Raises MalformedBundle."""
        return log_fact_in(self.manifest.origin, self.bundle.read(record_name(position)))

    def _tell_of_the_log(self) -> None:
        """A checkpoint that does not fit is explained by a signed restore, or it is what it looks like."""
        report = self.report
        report.adoptions, report.restores = self.chain.all_told(), self.left.told((), self.chain)
        if report.finding is None and self.not_here:
            report.finding = self.left.finding(report.restores) or self.not_here[0]

    def _learn_keys(self, mark: Mark, covered: int) -> None:
        """Trust the keys that records adopt which are under a checkpoint of a key that is trusted already."""
        for fact in self.facts:
            if isinstance(fact, Adoption) and covered < fact.position <= mark.size:
                data = self.bundle.read(record_name(fact.position))
                self._check_inclusion(data, self._unpacked(data, fact.position), mark)
                self.chain.met(fact)
        self.chain.vouch(mark.size, brought=False)

    def _open_checkpoints(self) -> None:
        sizes = self.bundle.sizes()
        if not sizes or sizes[-1] != self.manifest.size:
            raise MalformedBundle(f"the newest checkpoint here is not the one of {self.manifest.size} events")
        for covered, size in pairwise((0, *sizes)):
            name = checkpoint_name(size)
            mark = self._opened(self.bundle.read(name), name, newest=size == sizes[-1])
            if mark.checkpoint.origin != self.manifest.origin:
                words = f"{name} is of the log {mark.checkpoint.origin!r}, not of {self.manifest.origin!r}."
                raise Refuted(Finding("foreign_origin", words))
            if mark.size != size:
                raise Refuted(Finding("malformed_bundle", f"{name} is the checkpoint of {mark.size} events."))
            self.marks[size] = mark
            if mark.seen.log_keys:
                self._learn_keys(mark, covered)
        for before, after in pairwise(self.marks.values()):
            if before.sealed is not None and after.sealed is not None and after.sealed < before.sealed - _TOLERANCE:
                words = f"{after} says that it was sealed before {before}."
                raise Refuted(Finding("checkpoint_backdated", words))
        newest = self.marks[self.manifest.size]
        self.report.root, self.report.sealed_to = newest.checkpoint.root, newest.size
        self.report.sealed_at = newest.checkpoint.sealed_at
        self.report.checkpoints = len(self.marks) - self.report.passed_over

    def _opened(self, data: bytes, name: str, *, newest: bool) -> Mark:
        """The checkpoint; one that no trusted key signed counts as a tree head only, that others must prove."""
        try:
            return self._signed(data, brought=False)
        except NoKnownSignature as fault:
            if newest:
                raise Refuted(Finding(fault.code, f"{name}: {fault}.")) from None
            self.report.passed_over += 1
            note = SignedNote.parse(data)
            checkpoint = Checkpoint.parse(note.text)
            untimed = Checkpoint(checkpoint.origin, checkpoint.size, checkpoint.root)
            return Mark(SeenCheckpoint(untimed, note, (), ()), brought=False)
        except ProofFault as fault:
            raise Refuted(Finding(fault.code, f"{name}: {fault}.")) from None

    def _signed(self, data: bytes, *, brought: bool) -> Mark:
        """The checkpoint, signed by a key that is trusted for it. Raises ProofFault."""
        checkpoint = Checkpoint.parse(SignedNote.parse(data).text)
        seen = open_checkpoint(data, self.chain.keys(checkpoint.size, checkpoint.sealed_at))
        self.chain.signed(seen.log_keys)
        return Mark(seen, brought=brought)

    def _tie_to_newest(self) -> None:
        newest = self.marks[self.manifest.size]
        for size, mark in self.marks.items():
            if size < newest.size:
                self._check_grown(mark, newest)

    def _check_grown(self, older: Mark, newer: Mark) -> None:
        name = consistency_name(older.size, newer.size)
        hashes = self.bundle.consistency(older.size, newer.size)
        try:
            check_consistency(older.size, newer.size, older.checkpoint.root, newer.checkpoint.root, hashes)
        except ProofFault as fault:
            words = f"{name}: {newer} is not shown to extend {older}: {fault}."
            raise Refuted(Finding("changed" if older.brought else fault.code, words)) from None

    def _tie_to_brought(self) -> None:
        """Raises NoKnownSignature, Refuted."""
        for note in self.trust.checkpoints:
            mark = self._signed(note, brought=True)
            try:
                self._tie(mark)
                self.report.proved_to = max(self.report.proved_to, mark.size)
            except Refuted as refuted:
                if not self.left.may_hold(mark):
                    raise
                self.left.marks.append(mark)
                self.not_here.append(refuted.finding)

    def _tie(self, mark: Mark) -> None:
        """Raises Refuted unless the newest checkpoint here extends the one that was brought."""
        newest, here = self.marks[self.manifest.size], self.marks.get(mark.size)
        if mark.checkpoint.origin != self.manifest.origin:
            words = f"a checkpoint is of the log {mark.checkpoint.origin!r}, not of {self.manifest.origin!r}."
            raise Refuted(Finding("foreign_origin", words))
        if here is not None and here.checkpoint.root != mark.checkpoint.root:
            words = f"{mark} that you brought has another root than the one here: this is another history."
            raise Refuted(Finding("changed", words))
        if here is None and not self.bundle.has(consistency_name(mark.size, newest.size)):
            raise Refuted(Finding("not_tied", _not_tied(mark, newest)))
        if here is None:
            self._check_grown(mark, newest)

    def _open_records(self) -> list[StoredRecord]:
        positions = self.bundle.positions()
        if positions != self.bundle.proofs():
            raise MalformedBundle("there is not a proof for each record, and a record for each proof")
        records: list[StoredRecord] = []
        for position in positions:
            data = self.bundle.read(record_name(position))
            record = self._unpacked(data, position)
            mark, before = self._covering(position)
            self._check_inclusion(data, record, mark)
            self._check_time(record, mark, before, records[-1] if records else None)
            if finding := of_state(record, position) or (of_json(record) if self.options.thorough else None):
                raise Refuted(finding)
            records.append(record)
            self.report.events = len(records)
            self.options.progress(len(records), len(positions))
        return records

    def _unpacked(self, data: bytes, position: int) -> StoredRecord:
        try:
            origin, record = unpack(data)
        except MalformedRecord as fault:
            words = f"the bytes are no record of a register: {fault}."
            raise Refuted(Finding("malformed_record", words, position, position)) from None
        if origin != self.manifest.origin:
            words = f"the record is of the log {origin!r}, not of {self.manifest.origin!r}."
            raise Refuted(finding_at(position, record, "foreign_origin", words))
        if record.position != position:
            words = f"the record says that it stands at {record.position}."
            raise Refuted(finding_at(position, record, "position_gap", words))
        names: Collection[str] | None = self.options.names
        if names is not None and record.name not in names:
            raise Refuted(finding_at(position, record, "unknown_name", "no fact of this name is known."))
        return record

    def _covering(self, position: int) -> tuple[Mark, Mark | None]:
        """The first checkpoint here that covers the position, and the one before it."""
        sizes = list(self.marks)
        at = bisect_left(sizes, position)
        if at == len(sizes):
            raise Refuted(Finding("not_sealed", "no checkpoint here covers this event.", position, position))
        return self.marks[sizes[at]], self.marks[sizes[at - 1]] if at else None

    def _check_inclusion(self, data: bytes, record: StoredRecord, mark: Mark) -> None:
        position = record.position
        proof = TlogProof.parse(self.bundle.read(proof_name(position)))
        if proof.index != position - 1 or proof.checkpoint != self.bundle.read(checkpoint_name(mark.size)):
            words = f"its proof is of another event, or not under the first checkpoint here that covers it ({mark})."
            raise Refuted(finding_at(position, record, "wrong_proof", words))
        try:
            check_inclusion(proof.index, mark.size, leaf_hash(data), proof.hashes, mark.checkpoint.root)
        except ProofFault as fault:
            words = f"this is not what {mark} covers: the record was changed, or its proof was ({fault})."
            raise Refuted(finding_at(position, record, "changed", words)) from None

    def _check_time(self, record: StoredRecord, mark: Mark, before: Mark | None, last: StoredRecord | None) -> None:
        moment = contents.microseconds(record.recorded_at)
        told = record.recorded_at.isoformat()
        if last is not None and record.recorded_at < last.recorded_at:
            words = f"it was recorded at {told}, before the event at {last.position}."
            raise Refuted(finding_at(record.position, record, "recorded_too_early", words))
        if before is not None and before.sealed is not None and moment < before.sealed - _TOLERANCE:
            words = f"it was recorded at {told}, before {before} was sealed, which does not cover it."
            raise Refuted(finding_at(record.position, record, "recorded_too_early", words))
        if mark.latest is not None and moment > mark.latest:
            words = f"it was recorded at {told}, after {mark} was sealed, which covers it."
            raise Refuted(finding_at(record.position, record, "recorded_too_late", words))

    def _check_keys(self, records: list[StoredRecord]) -> None:
        """The keys that are listed are those that the register says it adopted, wherever they are listed."""
        listed = [str(key) for key in self.manifest.keys]
        if listed != contents.adopted_keys(records) or listed != keys_in(self.bundle.read(LOG_KEYS)):
            raise Refuted(Finding("keys_differ", f"{LOG_KEYS} does not list the keys that the register adopted."))
        if keys_in(self.bundle.read(WITNESS_KEYS)) != [str(key) for key in self.manifest.witnesses]:
            raise Refuted(Finding("keys_differ", f"{WITNESS_KEYS} does not list the witnesses' keys."))

    def _tell_what_is_not_proved(self) -> None:
        report, notes = self.report, self.report.notes
        if report.finding is not None:
            return
        if self.options.made_again is None:
            notes.append("What people read was not made again from the records: it is not proved.")
        notes.append(
            "That the episode has no later entries than these, and that no adoption of a key, restore or change of"
            " controller was left out, is shown by the whole register only."
        )
        if not self.trust.checkpoints:
            notes.append("No checkpoint of yours was compared: whoever holds the log's key could have made all of it.")
        elif report.proved_to < max(self.bundle.positions()):
            notes.append(f"Positions above {report.proved_to} are sealed later than the checkpoints that you brought.")
        if not self.trust.keys:
            notes.append("The keys are those of the bundle itself: compare them with the ones you hold (--key).")
        if report.passed_over:
            notes.append(f"{report.passed_over} older checkpoints are signed by no key that you trust.")


def _not_tied(mark: Mark, newest: Mark) -> str:
    if mark.size > newest.size:
        return f"{mark} is newer than this bundle, which ends at {newest}: ask for one that is made now."
    return f"this bundle does not tie itself to {mark}: ask for one made with --against {mark.size}."
