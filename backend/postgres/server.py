"""The embedded PostgreSQL 18: one private server per home, on a Unix socket only.

`<home>/postgres` (0700; see place.py for what root does) holds the cluster in `data/`, the
`password` of both roles and two locks:

- `owner.lock` is held by the process that started the server. Its text names the socket folder
  once the server can be used.
- `server.lock` is held by the watcher and inherited by every process of the server, so whoever
  holds it knows that no process of an earlier run is left, whatever the pid file says.

The watcher is a shell in its own session. It stops the server (fast shutdown) when the pipe from
the owner closes, and that happens however the owner ends, `kill -9` included.
"""

import contextlib
import fcntl
import logging
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from backend.postgres.cluster import SETTINGS, make_cluster, make_role_and_database, run
from backend.postgres.place import PORT, Log, Place, PostgresUnavailable, place_of, socket_folder

PATIENCE_S = 120.0  # crash recovery of a full WAL included
NO_PID = str(2**22 + 1)  # above the highest any kernel gives

# Its standard input is the pipe from the owner and its standard output the open server.lock, which
# the server inherits as descriptor 3. The signal is repeated: a server not yet ready ignores it.
WATCHER = """
trap '' HUP INT TERM
exec 3<&0
"$@" </dev/null 3>&1 >&2 &
server=$!
{ read -r _; while kill -INT "$server"; do sleep 1; done; } <&3 3<&- >/dev/null 2>&1 &
watch=$!
wait "$server"
kill -KILL "$watch"
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A server ready for connections. `dsn` suits asyncpg and libpq."""

    dsn: str
    started_here: bool


@dataclass(frozen=True, slots=True)
class _Own:
    """A server this process started."""

    lock: int
    watcher: subprocess.Popen[bytes]
    sockets: Path
    dsn: str


_log = logging.getLogger(__name__).info
_own: dict[Path, _Own] = {}
_one_at_a_time = threading.RLock()


def start(home: Path, *, log: Log = _log) -> Server:
    """Start the server of `home`, or find the one already running there.

    Raises PostgresUnavailable with one line saying what to do. Blocks: about 1 s the first
    time, 0.1 s later.
    """
    home = Path(home).resolve()
    with _one_at_a_time:
        mine = _own.get(home)
        if mine is not None:
            if mine.watcher.poll() is None and _answers(mine.sockets):
                return Server(mine.dsn, started_here=False)
            stop(home)  # it crashed
        try:
            return _start_or_find(home, place_of(home, log))
        except OSError as error:
            raise PostgresUnavailable(
                f"the database folder below {home} can't be used ({error}): "
                "make room, or set CUNBAO_HOME to a folder of your own"
            ) from error


def stop(home: Path) -> None:
    """Fast shutdown of the server that this process started; anyone else's is left alone."""
    home = Path(home).resolve()
    with _one_at_a_time:
        mine = _own.pop(home, None)
        if mine is None:
            return
        os.ftruncate(mine.lock, 0)
        try:
            _end(mine.watcher)
            with contextlib.suppress(OSError):
                mine.sockets.rmdir()  # it may be in the shared temporary folder
        finally:
            os.close(mine.lock)


@contextlib.contextmanager
def running(home: Path, *, log: Log = _log) -> Iterator[Server]:
    """The server of `home`, stopped at the end if it was started here."""
    server = start(home, log=log)
    try:
        yield server
    finally:
        if server.started_here:
            stop(home)


def _disown() -> None:
    """A forked worker lets go: the server ends with its starter, though the worker lives on."""
    for mine in _own.values():
        os.close(mine.lock)
        assert mine.watcher.stdin is not None
        mine.watcher.stdin.close()
        mine.watcher.returncode = 0  # not this process's child, so nothing to wait for
    _own.clear()


os.register_at_fork(after_in_child=_disown)


def _start_or_find(home: Path, place: Place) -> Server:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        lock = _lock(place, "owner.lock")
        if lock is not None:
            try:
                _own[home] = mine = _launch(place, lock)
            except BaseException:
                os.close(lock)
                raise
            return Server(mine.dsn, started_here=True)
        named = os.fsdecode((place.folder / "owner.lock").read_bytes())
        if named and _answers(Path(named)):
            return Server(_dsn(place, Path(named)), started_here=False)
        time.sleep(0.05)
    raise PostgresUnavailable(
        f"another process holds the database in {place.folder}, which doesn't answer: "
        "stop that process, then start again"
    )


def _launch(place: Place, lock: int) -> _Own:
    os.ftruncate(lock, 0)
    server_lock = _sole_lock(place)
    try:
        make_cluster(place)
        sockets = socket_folder(place)
        _disown_pid_files(place, sockets)
        watcher = _watcher(place, sockets, server_lock)
    finally:
        os.close(server_lock)
    try:
        _wait_until_ready(place, watcher)
        make_role_and_database(place, sockets)
    except BaseException:
        _end(watcher)
        raise
    os.pwrite(lock, os.fsencode(sockets), 0)
    return _Own(lock, watcher, sockets, _dsn(place, sockets))


def _sole_lock(place: Place) -> int:
    """Wait for an earlier run to end; a server that lost its watcher is told to."""
    begun, told = time.monotonic(), False
    while (lock := _lock(place, "server.lock")) is None:
        waited = time.monotonic() - begun
        if waited > 1 and not told:
            with contextlib.suppress(PostgresUnavailable):  # it may have ended just now
                run(place, "pg_ctl", "stop", "--mode=fast", "--no-wait", "-D", place.data)
            told = True
        if waited > PATIENCE_S:
            raise PostgresUnavailable(
                f"an earlier PostgreSQL still runs in {place.data} and doesn't stop: end it by hand"
            )
        time.sleep(0.02)
    return lock


def _lock(place: Place, name: str) -> int | None:
    """The locked file, or None while another process holds it."""
    handle = os.open(place.folder / name, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.fchown(handle, place.uid, place.gid)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _disown_pid_files(place: Place, sockets: Path) -> None:
    """Let the server start although the pid of a killed one is someone else's by now.

    We hold server.lock, so none of ours lives. A pid that can't exist takes the place of the old
    one; the key of its shared memory (line 7) stays for PostgreSQL's own check of its use.
    """
    pid_file = place.data / "postmaster.pid"
    lines = pid_file.read_text(encoding="utf-8").splitlines() if pid_file.exists() else []
    if len(lines) > 4 and _answers(Path(lines[4]), int(lines[3])):
        raise PostgresUnavailable(
            f"another program runs the database in {place.data} (process {lines[0]}): "
            "stop it, then start again"
        )
    if lines:
        pid_file.write_text("\n".join([NO_PID, *lines[1:7], ""]), encoding="utf-8")
    else:
        pid_file.unlink(missing_ok=True)  # an empty one is what a power cut can leave
    for stale in sockets.glob(".s.PGSQL.*.lock"):
        stale.unlink()


def _watcher(place: Place, sockets: Path, server_lock: int) -> subprocess.Popen[bytes]:
    settings = SETTINGS | {"unix_socket_directories": str(sockets)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    postgres = [place.program("postgres"), "-D", str(place.data), *options]
    if place.server_log.exists():
        place.server_log.replace(place.server_log.with_suffix(".log.1"))
    with place.server_log.open("wb") as log:
        os.fchown(log.fileno(), place.uid, place.gid)
        return subprocess.Popen(
            ["/bin/sh", "-c", WATCHER, "cunbao-database", *postgres],
            stdin=subprocess.PIPE,
            stdout=server_lock,
            stderr=log,
            start_new_session=True,
            **place.as_runner(),
        )


def _wait_until_ready(place: Place, watcher: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while watcher.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError, IndexError):
            lines = (place.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            if lines[7].strip() == "ready":
                return
        time.sleep(0.01)
    said = place.server_log.read_text(encoding="utf-8", errors="replace").splitlines()
    reason = " ".join([line for line in said if "FATAL" in line][-1:] or said[-3:])
    raise PostgresUnavailable(
        f"PostgreSQL does not start, the data is untouched: {reason} (see {place.server_log})"
    )


def _end(watcher: subprocess.Popen[bytes]) -> None:
    """Tell the watcher to stop the server, and wait until it did."""
    assert watcher.stdin is not None
    watcher.stdin.close()
    try:
        watcher.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        raise PostgresUnavailable("PostgreSQL does not stop: see its server.log") from None


def _answers(sockets: Path, port: int = PORT) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(sockets / f".s.PGSQL.{port}"))
        except OSError:
            return False
        return True


def _dsn(place: Place, sockets: Path) -> str:
    where = quote(str(sockets), safe="")
    return f"postgresql://cunbao:{place.password()}@/cunbao?host={where}&port={PORT}"
