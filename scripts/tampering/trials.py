"""Trials: a way of tampering is tried at a drawn place, and the verifier asked four times, with more in hand each time.

What an auditor may have in hand: nothing; the log's public key; a checkpoint as well; tiles kept from before as well.
Where the first bad event is, is found by comparing the rows themselves, without the verifier.
Never here: how a table is printed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from api.evidence import made_again
from domain.ledger.live import LiveRegister
from domain.ledger.proof.export import Export
from domain.ledger.proof.faults import ProofFault
from domain.ledger.proof.findings import Finding
from domain.ledger.proof.formats import verify_files
from domain.ledger.proof.given import Options, Trust
from domain.ledger.proof.records import unframed
from domain.ledger.proof.verify import verify
from domain.registry import REGISTRY
from scripts.tampering import bundles, files, records, rows, seals  # each enters its ways
from scripts.tampering.scratch import Row, Scratch
from scripts.tampering.way import WAYS, Way

IN_HAND = ("nothing", "key", "checkpoint", "tiles")
Progress = Callable[[int, int], None]
__all__ = ["IN_HAND", "WAYS", "Tried", "bundles", "clean", "files", "records", "rows", "seals", "try_all", "try_way"]


@dataclass(slots=True)
class Tried:
    """What came of so many trials of one way: in how many it was found, by what is in hand, and by which codes.

    `placed`: in how many of them the first bad event was told rightly: as that very position, or as one within the
    range told. `exact`: as that very position. `misplaced` tells each time that neither was so.
    """

    way: Way
    times: int = 0
    found: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    placed: Counter[str] = field(default_factory=Counter)
    exact: Counter[str] = field(default_factory=Counter)
    placeable: int = 0
    misplaced: list[str] = field(default_factory=list)

    def always(self, in_hand: str) -> bool:
        """Whether every trial was found."""
        return self.times > 0 and self.found[in_hand] == self.times

    def never(self, in_hand: str) -> bool:
        """Whether none was."""
        return self.found[in_hand] == 0


def try_all(
    scratch: Scratch, *, times: int, seed: int, ways: Sequence[Way] = (), progress: Progress = lambda done, total: None
) -> Iterator[Tried]:
    """Try every way so many times, at places drawn from the seed."""
    chosen = ways or WAYS
    for number, way in enumerate(chosen):
        yield try_way(scratch, way, times=times, seed=seed)
        progress(number + 1, len(chosen))


def try_way(scratch: Scratch, way: Way, *, times: int, seed: int) -> Tried:
    """Try one way so many times. The register is put back after each."""
    tried = Tried(way)
    for number in range(times):
        drawn = Random(f"{seed} {way.name} {number}")
        try:
            path = way.deed(scratch, drawn)
            first = _first_difference(scratch.rows, scratch.rows_now()) if path is None else _in_export(scratch, path)
            findings = _in_database(scratch) if path is None else _in_files(scratch, path)
        finally:
            scratch.put_back()
        _count(tried, findings, first, f"seed {seed}, trial {number}")
    return tried


def clean(scratch: Scratch) -> list[str]:
    """What is found in the register, an export and a bundle of it, when nobody tampered: nothing, if all is well."""
    made = (files.exported(scratch), bundles.sound_bundle(scratch, 0))
    findings = [
        *_in_database(scratch).values(),
        *(found for path in made for found in _in_files(scratch, path).values()),
    ]
    return [str(finding) for finding in findings if finding is not None]


def _count(tried: Tried, findings: dict[str, Finding | None], first: int | None, told: str) -> None:
    tried.times += 1
    tried.placeable += first is not None
    for in_hand, finding in findings.items():
        if finding is None:
            continue
        tried.found[in_hand] += 1
        tried.codes[finding.code] += 1
        if first is None or finding.position is None:
            continue
        if (finding.earliest or finding.position) <= first <= (finding.last_position or finding.position):
            tried.placed[in_hand] += 1
            told_exactly = finding.last_position in (first, None) or finding.code == "cut_off"
            tried.exact[in_hand] += finding.position == first and told_exactly
        else:
            tried.misplaced.append(f"{told}, {in_hand} in hand: it is position {first}, not: {finding}")


def _trusts(scratch: Scratch) -> dict[str, Trust]:
    held = scratch.held
    return dict(zip(IN_HAND, (Trust(), held.key, held.checkpoint, held.tiles), strict=True))


def _in_database(scratch: Scratch) -> dict[str, Finding | None]:
    findings: dict[str, Finding | None] = {}
    for in_hand, trust in _trusts(scratch).items():
        with LiveRegister(scratch.dsn, scratch.register) as live:
            findings[in_hand] = verify(live, trust).finding
    return findings


def _in_files(scratch: Scratch, path: Path) -> dict[str, Finding | None]:
    findings: dict[str, Finding | None] = {}
    options = Options(names=[*REGISTRY.facts, *REGISTRY.upcasters], made_again=made_again())
    for in_hand, trust in _trusts(scratch).items():
        try:
            findings[in_hand] = verify_files(path, trust, options).finding
        except ProofFault as fault:
            findings[in_hand] = Finding(fault.code, str(fault))
    return findings


def _first_difference(before: Sequence[Row], after: Sequence[Row]) -> int | None:
    """The place, from 1, of the first row that is another than it was; None when none is."""
    if len(before) == len(after) and list(before) == list(after):
        return None
    known = set(before)
    after = sorted(after, key=lambda row: (row[0], row not in known))  # of two at a position, the one put in is bad
    same = (one == other for one, other in zip(before, after, strict=False))
    return next((at for at, is_same in enumerate(same, 1) if not is_same), min(len(before), len(after)) + 1)


def _in_export(scratch: Scratch, path: Path) -> int | None:
    """The same for an export, as far as its records can be read at all."""
    read: list[bytes] = []
    try:
        export = Export(path)
        while block := export.block(len(read)):
            read += unframed(block)
    except ProofFault:
        return None
    same = (one == other for one, other in zip(scratch.records, read, strict=False))
    return next((at for at, is_same in enumerate(same, 1) if not is_same), len(read) + 1)
