"""The offline verification of a whole register, against checkpoints that the auditor brings.

Records are hashed as they are stored, in order; at each checkpoint's size the root must be the checkpoint's. Never
here: a database, key files, printing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from domain.ledger.proof.chain import Chain
from domain.ledger.proof.checkpoint import CLOCK_TOLERANCE_SECONDS
from domain.ledger.proof.faults import NoKnownSignature, ProofFault
from domain.ledger.proof.findings import Finding, Refuted
from domain.ledger.proof.given import Options, Source, Trust
from domain.ledger.proof.inspection import LATEST, named, of_json
from domain.ledger.proof.kept import KeptLeaves
from domain.ledger.proof.left import LeftHistory, restores_in
from domain.ledger.proof.logfacts import Adoption, Restore
from domain.ledger.proof.marks import Mark, Marks
from domain.ledger.proof.records import unframed
from domain.ledger.proof.report import Report
from domain.ledger.proof.scan import Scan
from domain.ledger.proof.statement import TreeHead
from domain.ledger.proof.tree import CompactTree
from domain.ledger.record import unpack

PASSES = 3
"""A source is gone through so often again at most, to see which of the restores that it records hold."""
_TOLERANCE = CLOCK_TOLERANCE_SECONDS * 1_000_000


def verify(source: Source, trust: Trust, options: Options | None = None) -> Report:
    """Verify a source. Raises ProofFault when what the auditor brings is itself unsound, or a file cannot be read.

    When something is found and the source records a restore, it is gone through again: whether a signed restore, of
    which the source makes no secret, is all that it is. That is told as `restored`, never as sound.
    """
    opted = options or Options()
    first = _Verification(source, trust, opted).run()
    if first.sound:
        return first
    stated = restores_in(source)
    for _ in range(PASSES):
        if not stated:
            break
        again = _Verification(source, trust, replace(opted, keep=None), stated).run()
        holding = [each.restore for each in again.restores if each.holds]
        if len(holding) == len(stated):
            return again
        stated = holding  # what does not hold explains nothing: gone through again without it
    return first


class _Verification:
    def __init__(self, source: Source, trust: Trust, options: Options, stated: Sequence[Restore] = ()) -> None:
        self.source, self.trust, self.options = source, trust, options
        self.left = LeftHistory(stated)
        self.chain = Chain(trust.keys or source.keys, keys_are_its_own=not trust.keys)
        self.report = Report(source.told, source.origin)
        self.scan = Scan(source.origin, source.names if options.names is None else options.names)
        self.tree = CompactTree()
        self.kept = KeptLeaves(trust.tiles)
        self.marks = Marks(trust.checkpoints, source.checkpoints(), self.chain)
        self._block, self._at = b"", 0
        self._facts_taken = 0
        self._brought_ahead = len(trust.checkpoints)
        self._by_replaced: list[Mark] = []

    def run(self) -> Report:
        """From checkpoint to checkpoint, then to the end."""
        report = self.report
        try:
            report.finding = self._walk()
        except Refuted as refuted:
            report.finding = self.scan.finding or refuted.finding
        except ProofFault as fault:
            report.finding = self.scan.finding or Finding(fault.code, f"{fault}.")
        report.events, report.root, report.passed_over = self.tree.size, self.tree.root(), self.marks.passed_over
        report.adoptions = self.chain.all_told()
        report.restores = self.left.told(self.scan.log_facts, self.chain)
        if report.finding is None:
            report.finding = self.left.finding(report.restores)
        self._tell_of_notes_not_opened()
        self._tell_what_is_not_proved()
        if report.finding is None and self.options.keep is not None:
            self.options.keep.flush()
        return report

    def _walk(self) -> Finding | None:
        matched: Mark | None = None
        for mark in self.marks:
            if self.left.may_hold(mark) and not self._is_here(mark):
                self.left.marks.append(mark)
                self._brought_ahead -= mark.brought
                continue
            fault = self._out_of_place(mark, matched)
            if fault is not None and not (mark.brought and fault.code == "checkpoint_backdated"):
                return fault  # a time alone is told after what was brought has said what was changed
            self._brought_ahead -= mark.brought
            self.scan.so_far.ceiling = LATEST if mark.latest is None else mark.latest
            self._advance(mark.size)
            if self.tree.size < mark.size:
                return self.scan.finding or self._cut_off(mark)
            if self.tree.root() != mark.checkpoint.root:
                return self._changed(matched, mark)
            if fault is not None:
                return fault
            self._count(mark)
            matched = mark
            if self.scan.finding is not None and not self._brought_ahead:
                self.report.notes.append(f"It was so when it was sealed: {mark} covers that event as it stands here.")
                return self.scan.finding
        self.scan.so_far.ceiling = LATEST
        self._advance(self.source.size)
        words = "this is not the event of which the tiles that were brought tell."
        return self._first_seen(matched.size + 1 if matched else 1, words) or self._at_the_end()

    def _is_here(self, mark: Mark) -> bool:
        """Whether a checkpoint from before a restore is of what stands here, too. Its time binds nothing."""
        self.scan.so_far.ceiling = LATEST
        self._advance(mark.size)
        return self.tree.size == mark.size and self.tree.root() == mark.checkpoint.root

    def _out_of_place(self, mark: Mark, before: Mark | None) -> Finding | None:
        if mark.checkpoint.origin != self.source.origin:
            words = f"a checkpoint is of the log {mark.checkpoint.origin!r}, not of {self.source.origin!r}."
            return Finding("foreign_origin", words)
        if (
            before
            and before.sealed is not None
            and mark.sealed is not None
            and mark.sealed < before.sealed - _TOLERANCE
        ):
            return Finding("checkpoint_backdated", f"{mark} says that it was sealed before {before}.")
        return None

    def _count(self, mark: Mark) -> None:
        self.report.checkpoints += 1
        if self.chain.replaced(mark.seen.log_keys, mark.size, mark.checkpoint.sealed_at):
            self._by_replaced.append(mark)
        self.chain.vouch(mark.size, brought=mark.brought)
        if mark.brought:
            self.report.proved_to = mark.size
        else:
            self.report.sealed_to = mark.size
        if mark.sealed is not None:
            self.report.sealed_at = mark.checkpoint.sealed_at
            earliest = mark.sealed - _TOLERANCE
            so_far = self.scan.so_far
            if earliest > so_far.floor:
                so_far.floor, so_far.sealed_floor = earliest, (mark.size, earliest)

    def _advance(self, until: int) -> None:
        for head in self.left.heads_up_to(until):
            self._go(head.size)
            self.left.pass_by(TreeHead.of(self.tree), head)
        self._go(until)

    def _go(self, until: int) -> None:
        until = min(until, self.source.size)
        while self.tree.size < until:
            if self._at >= len(self._block):
                self._block, self._at = b"", 0  # let go of first: the next one takes the same memory
                self._block = self.source.block(self.tree.size) or b""
            start, size = self._at, self.tree.size
            self._at, leaves = self.scan.run(self._block, start, until)
            if not leaves:
                return
            if self.options.thorough and self.scan.finding is None:
                self._read_states(self._block[start : self._at])
            self._take_log_facts()
            self.kept.compare(leaves, size, self._block, start)
            self.tree.extend(leaves)
            if self.options.keep is not None:
                self.options.keep.extend(leaves)
            self.options.progress(self.tree.size, self.source.size)

    def _take_log_facts(self) -> None:
        new, self._facts_taken = self.scan.log_facts[self._facts_taken :], len(self.scan.log_facts)
        for fact in new:
            if isinstance(fact, Adoption):
                self.chain.met(fact)

    def _read_states(self, part: bytes) -> None:
        for record in unframed(part):
            if finding := of_json(unpack(record)[1]):
                self.scan.finding = finding
                return

    def _cut_off(self, mark: Mark) -> Finding:
        there = self.tree.size
        words = f"{mark} covers events that are not there: the last one here is at position {there}."
        return Finding("cut_off", words, there + 1, mark.size)

    def _changed(self, matched: Mark | None, mark: Mark) -> Finding:
        """The root is another than the checkpoint's: which event it is, as nearly as the hashes at hand tell.

        What the source's own checkpoints say counts for nothing against one that was brought.
        """
        before = self.report.proved_to if mark.brought else matched.size if matched else 0
        first = before + 1
        if mark.brought and matched and matched.size > before:
            self.report.notes.append(
                f"The source's own checkpoints up to that of {matched.size} events fit what stands here, and this one"
                " does not: either the log's key has signed two histories, or the change lies after them."
            )
        words = f"this is not what {mark} covers: changed, put in, left out or moved since it was sealed."
        kept = self.kept.first
        if kept is not None and kept.position <= mark.size and not self.kept.are_of(mark.checkpoint):
            self.report.notes.append(f"The tiles that were brought are not those of {mark} either.")
            self.kept.first = None
        if self.scan.finding is not None:
            self.report.notes.append(f"Since it was sealed: the root is not that of {mark}.")
        if finding := self._first_seen(first, words):
            return finding
        if first == mark.size:
            return named(self._last_record(), first, "changed", words)
        self.report.notes.append(
            "Hashes tell no more than this range; a checkpoint from between, or tiles kept from an earlier"
            " verification (--tiles), would tell which event is the first."
        )
        return Finding("changed", words, first, mark.size)

    def _first_seen(self, first: int, words: str) -> Finding | None:
        """What is wrong by itself, or differs from the kept leaves: whichever is first. None: neither."""
        seen, kept = self.scan.finding, self.kept.first
        if kept is not None and (seen is None or seen.position is None or kept.position < seen.position):
            return named(kept.record, kept.position, "changed", words)
        if seen is None or seen.position is None or kept is not None or first >= seen.position:
            return seen
        return replace(seen, earliest=first)

    def _last_record(self) -> bytes:
        """The record that was hashed last."""
        return list(unframed(self._block[: self._at]))[-1]

    def _at_the_end(self) -> Finding | None:
        there = self.tree.size
        if there < self.source.size:
            words = f"{self.source.size} events are said to be here, but the last one is at position {there}."
            return Finding("cut_off", words, there + 1, self.source.size)
        if self._at < len(self._block) or self.source.block(there):
            return Finding("surplus", f"more than the {there} events are here that are said to be.", there + 1)
        if self.kept.size > there:
            words = f"the tiles that were brought tell of {self.kept.size} events, but the last one is at {there}."
            return Finding("cut_off", words, there + 1, self.kept.size)
        if self.marks.passed_over and not self.report.checkpoints:
            whose = "that you trust" if self.trust.keys else "that the source lists"
            return Finding("no_known_signature", f"none of the checkpoints is signed by a key {whose}.")
        return None

    def _tell_of_notes_not_opened(self) -> None:
        """Raises NoKnownSignature when nothing else was found: a checkpoint that was brought counts, or is refused."""
        for fault in self.marks.not_opened:
            words = f"{fault}. A key that an event adopts counts once that event is under a checkpoint of a trusted key"
            if self.report.finding is None or self.report.finding.code == NoKnownSignature.code:
                raise NoKnownSignature(words)
            self.report.notes.append(f"A checkpoint that was brought was not compared: {words}.")

    def _tell_what_is_not_proved(self) -> None:
        report, trust = self.report, self.trust
        if not trust.checkpoints:
            report.notes.append(
                "No checkpoint was brought from outside: who can change the whole source, its checkpoints and keys too,"
                " would not be noticed."
            )
        elif report.finding is None and report.proved_to < report.events:
            report.notes.append(f"No checkpoint that was brought covers the events after position {report.proved_to}.")
        if not trust.keys:
            report.notes.append("No key was brought: signatures were tried with the keys that the source lists.")
        if self._by_replaced:
            report.notes.append(
                f"{len(self._by_replaced)} checkpoints, the first of them {self._by_replaced[0]}, are signed only by a"
                " key in whose place another had been adopted: whoever has that key now can have made them."
            )
        if report.passed_over:
            report.notes.append(f"{report.passed_over} of the source's checkpoints are signed by no trusted key.")
        covered = max(report.proved_to, report.sealed_to)
        if report.finding is None and covered < report.events:
            report.notes.append(f"No checkpoint at all covers the events after position {covered}.")
