"""Group commit: what the threads of one process have to record at the same time goes into one transaction.

Two leaders at a time, each with a connection: while one waits for its commit to reach the disk, the other gathers and
sends the next group. A leader is the thread of one of the requests: it carries its own and what has gathered behind
it, then names the next leader. A thread alone is its own leader and waits for nobody.

A commit costs much the same for one request as for ten, so that beside a group under way the next one sets out only
when half of the crowd has gathered, or when the way is free: groups of half the crowd take turns. Without that a third
of all groups were of one request (docs/performance.md). Those of a group that is done are woken one by another: woken
all at once they would queue for the interpreter, and each queueing costs as much as the request itself.
Never here: SQL, retries. What to do with a group is given as a function.
"""

from collections import deque
from collections.abc import Callable, Sequence
from itertools import pairwise
from threading import Lock

from domain.ledger.errors import LedgerUnavailable
from domain.ledger.submission import Receipt, Submission

LEADERS = 2
GROUP_LIMIT_DRAFTS = 1000
MEMORY_GROUPS = 8
"""Over so many groups a crowd that has thinned is forgotten."""

Outcome = Receipt | Exception
Record = Callable[[Sequence[Submission]], Sequence[Outcome]]


class _Request:
    """A submission under way. `wake` is held until it has an outcome or its thread is to lead a `group`.

    `behind`: the next of its group, to be woken by this one's thread. `gone`: the thread no longer waits.
    """

    __slots__ = ("behind", "gone", "group", "outcome", "submission", "wake", "woken")

    def __init__(self, submission: Submission) -> None:
        self.submission = submission
        self.outcome: Outcome | None = None
        self.group: list[_Request] = []
        self.behind: _Request | None = None
        self.woken = self.gone = False
        self.wake = Lock()
        self.wake.acquire()


class GroupCommit:
    """Records submissions through `record`, which answers each submission of a group with its own outcome."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._lock = Lock()
        self._waiting: deque[_Request] = deque()
        self._leaders = 0
        self._under_way = 0
        self._crowd = 1.0
        """How many requests there were at once of late, waiting or under way: risen to at once, forgotten slowly."""

    def append(self, submission: Submission) -> Receipt:
        """The receipt for the submission, or its own refusal raised."""
        if self._leaders == 0:  # looked at without the lock, to be looked at again under it
            with self._lock:
                alone = self._leaders == 0 and not self._waiting
                if alone:
                    self._sets_out(1)
            if alone:
                return self._lead_nobody(submission)
        request = _Request(submission)
        with self._lock:
            self._waiting.append(request)
            self._crowd = max(self._crowd, self._under_way + len(self._waiting))
            if self._is_time():
                self._waiting.pop()
                self._gather_behind(request)
        if not request.group:
            self._wait(request)
        if request.group:
            self._lead(request)
        return _told(request.outcome)

    def _lead_nobody(self, submission: Submission) -> Receipt:
        """As a leader of nobody but itself, without a request for others to find: half of the way's own cost."""
        try:
            (outcome,) = self._record([submission])
        finally:
            self._hand_over(1)
        return _told(outcome)

    def _is_time(self) -> bool:
        """Whether the next group is to set out. The lock is held."""
        return self._leaders == 0 or (self._leaders < LEADERS and 2 * len(self._waiting) >= self._crowd)

    def _gather_behind(self, leader: _Request) -> None:
        """Make its group. The lock is held."""
        group, drafts = [leader], len(leader.submission.drafts)
        while self._waiting and drafts + len(self._waiting[0].submission.drafts) <= GROUP_LIMIT_DRAFTS:
            member = self._waiting.popleft()
            group.append(member)
            drafts += len(member.submission.drafts)
        leader.group = group
        self._sets_out(len(group))

    def _sets_out(self, size: int) -> None:
        """A group of so many sets out. The lock is held."""
        self._leaders += 1
        self._under_way += size
        self._crowd += min(0.0, self._under_way + len(self._waiting) - self._crowd) / MEMORY_GROUPS

    def _wait(self, request: _Request) -> None:
        try:
            request.wake.acquire()
            self._wake_behind(request)
        except BaseException:  # the thread is being interrupted: it must neither be waited for nor take others along
            with self._lock:
                request.gone = True
                if request in self._waiting:
                    self._waiting.remove(request)
            if request.group:
                self._hand_over(len(request.group), undone=request.group[1:])
            elif request.woken:
                self._wake_behind(request)
            raise

    def _wake_behind(self, request: _Request) -> None:
        """Wake the next of the group, past those that are gone; they may come here too, and wake nobody twice."""
        with self._lock:
            behind, request.behind = request.behind, None
            while behind is not None and behind.gone:
                behind = behind.behind
            if behind is not None:
                behind.woken = True
        if behind is not None:
            behind.wake.release()

    def _lead(self, request: _Request) -> None:
        group = request.group
        try:
            outcomes = self._record([member.submission for member in group])
        except BaseException as fault:
            self._fail(group, fault)
            raise
        else:
            for member, outcome in zip(group, outcomes, strict=True):
                member.outcome = outcome
        finally:
            self._hand_over(len(group))
            for member, behind in pairwise(group):
                member.behind = behind
            self._wake_behind(request)

    def _hand_over(self, size: int, *, undone: Sequence[_Request] = ()) -> None:
        """The group is done, or is to be led by somebody else; if it is time, the first that waits leads the next."""
        with self._lock:
            self._waiting.extendleft(member for member in reversed(undone) if not member.gone)
            self._under_way -= size
            self._leaders -= 1
            if not self._waiting or not self._is_time():
                return
            heir = self._waiting.popleft()
            self._gather_behind(heir)
        heir.wake.release()

    @staticmethod
    def _fail(group: Sequence[_Request], fault: BaseException) -> None:
        """A fault of the group is everybody's; an interrupt is the leader's own, the others may send theirs again."""
        for member in group[1:]:
            member.outcome = fault if isinstance(fault, Exception) else LedgerUnavailable("the leader was interrupted")


def _told(outcome: Outcome | None) -> Receipt:
    """The receipt; a refusal is raised."""
    if isinstance(outcome, Receipt):
        return outcome
    raise outcome or LedgerUnavailable("the submission was given up")
