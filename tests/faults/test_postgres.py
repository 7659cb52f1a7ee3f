"""The embedded database under what machines do to it: kills, races, power cuts, damage."""

import contextlib
import os
import shutil
import signal
import subprocess
import threading
from pathlib import Path

import asyncpg
import pytest

from backend.postgres import PostgresUnavailable, Server, running, start
from tests.faults.embedded import AS_ROOT, gone, keep_a_row, moved_away, postmaster, sql, starter

pytestmark = pytest.mark.slow


def test_first_start_gives_a_durable_private_server(new_home: Path) -> None:
    server = start(new_home)

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


def test_killed_postmaster_and_its_pid_taken_by_another_process(home: Path) -> None:
    keep_a_row(start(home))
    pid = postmaster(home)
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)
    pid_file = home / "postgres" / "data" / "postmaster.pid"
    same_user = pid_file.stat().st_uid if AS_ROOT else None
    with subprocess.Popen(["sleep", "60"], user=same_user) as other:
        pid_file.write_text(pid_file.read_text().replace(str(pid), str(other.pid), 1))

        server = start(home)
        other.kill()

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


def test_forked_worker_that_lives_on_does_not_keep_the_database(home: Path) -> None:
    with starter(home, "and fork") as (process, _):
        pid = postmaster(home)
        process.kill()
    assert gone(pid)

    assert start(home).started_here


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


def test_two_processes_starting_at_once_share_one_server(new_home: Path) -> None:
    with starter(new_home) as (_, one), starter(new_home) as (_, other):
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


def test_half_made_cluster_is_made_again(home: Path) -> None:
    data, half_made = home / "postgres" / "data", home / "postgres" / "data.new"
    shutil.rmtree(data)
    half_made.mkdir()
    (half_made / "left").touch()

    assert sql(start(home), "SELECT 1") == [1]
    assert not half_made.exists()


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
