"""Group commit: what the threads of one process have to record at the same time goes into one transaction.

Two leaders at a time, each with a connection: while one waits for its commit to reach the disk, the other gathers and
sends the next group. A leader is the thread of one of the requests: it carries its own and what has gathered behind
it, then names the next leader. A thread alone is its own leader and waits for nobody.
Never here: SQL, retries. What to do with a group is given as a function.
"""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock

from domain.ledger.errors import LedgerUnavailable
from domain.ledger.submission import Receipt, Submission

LEADERS = 2
GROUP_LIMIT_DRAFTS = 1000

Outcome = Receipt | Exception
Record = Callable[[Sequence[Submission]], Sequence[Outcome]]


class _Request:
    """A submission under way. `wake` is held until it has an outcome or its thread is to lead."""

    __slots__ = ("leads", "outcome", "submission", "wake")

    def __init__(self, submission: Submission) -> None:
        self.submission = submission
        self.outcome: Outcome | None = None
        self.leads = False
        self.wake = Lock()
        self.wake.acquire()


class GroupCommit:
    """Records submissions through `record`, which answers each submission of a group with its own outcome."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._lock = Lock()
        self._waiting: deque[_Request] = deque()
        self._leaders = 0

    def append(self, submission: Submission) -> Receipt:
        """The receipt for the submission, or its own refusal raised."""
        request = _Request(submission)
        with self._lock:
            if self._leaders < LEADERS:
                self._leaders += 1
                request.leads = True
            else:
                self._waiting.append(request)
        if not request.leads:
            self._wait(request)
        if request.leads:
            self._lead(request)
        if isinstance(request.outcome, Receipt):
            return request.outcome
        raise request.outcome or LedgerUnavailable("the submission was given up")

    def _wait(self, request: _Request) -> None:
        try:
            request.wake.acquire()
        except BaseException:  # the thread is being interrupted: it must neither be waited for nor take the lead along
            with self._lock:
                if request in self._waiting:
                    self._waiting.remove(request)
            if request.leads:
                self._hand_over()
            raise

    def _lead(self, request: _Request) -> None:
        group = self._gathered(request)
        try:
            outcomes = self._record([member.submission for member in group])
        except BaseException as fault:
            self._fail(group, fault)
            raise
        finally:
            self._hand_over()
        for member, outcome in zip(group, outcomes, strict=True):
            member.outcome = outcome
            if member is not request:
                member.wake.release()

    def _gathered(self, request: _Request) -> list[_Request]:
        group, drafts = [request], len(request.submission.drafts)
        with self._lock:
            while self._waiting and drafts + len(self._waiting[0].submission.drafts) <= GROUP_LIMIT_DRAFTS:
                member = self._waiting.popleft()
                group.append(member)
                drafts += len(member.submission.drafts)
        return group

    def _hand_over(self) -> None:
        with self._lock:
            if not self._waiting:
                self._leaders -= 1
                return
            heir = self._waiting.popleft()
            heir.leads = True
        heir.wake.release()

    @staticmethod
    def _fail(group: Sequence[_Request], fault: BaseException) -> None:
        """A fault of the group is everybody's; an interrupt is the leader's own, the others may send theirs again."""
        for member in group[1:]:
            member.outcome = fault if isinstance(fault, Exception) else LedgerUnavailable("the leader was interrupted")
            member.wake.release()
