"""What one cluster consists of: its files, its settings, its role and database."""

import os
import secrets
import shutil
import subprocess
from pathlib import Path

from backend.postgres.place import PORT, Place, PostgresUnavailable

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements and their details hold personal data; the log must not.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}

# psql runs each row of these answers as a statement of its own.
ROLE_AND_DATABASE = r"""
\getenv password PGPASSWORD
SELECT format('CREATE ROLE cunbao LOGIN CREATEDB PASSWORD %L', :'password')
    WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cunbao') \gexec
SELECT 'CREATE DATABASE cunbao OWNER cunbao'
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'cunbao') \gexec
"""


def make_cluster(place: Place) -> None:
    """initdb beside its final place, so that a half-made cluster never counts as one."""
    password, data, half_made = place.password_file, place.data, place.folder / "data.new"
    if data.exists():
        if not password.exists():
            raise PostgresUnavailable(
                f"{password} is missing: put it back, or move {place.folder} away to start empty"
            )
        return
    shutil.rmtree(half_made, ignore_errors=True)
    password.touch(mode=0o600)
    password.write_text(secrets.token_hex(32), encoding="ascii")
    os.chown(password, place.uid, place.gid)
    options = "--encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8"
    options += " --data-checksums --auth=scram-sha-256 --username=postgres"
    run(place, "initdb", *options.split(), f"--pwfile={password}", "-D", half_made)
    half_made.rename(data)


def make_role_and_database(place: Place, sockets: Path) -> None:
    """The application's own role is no superuser: a hole in it stays within its database."""
    command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "postgres"]
    command += ["-p", str(PORT), "-h", str(sockets)]
    run(place, *command, given=ROLE_AND_DATABASE, PGPASSWORD=place.password())


def run(
    place: Place, program: str, *arguments: str | Path, given: str = "", **environment: str
) -> None:
    done = subprocess.run(
        [place.program(program), *arguments],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        **place.as_runner(**environment),
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise PostgresUnavailable(f"{program} failed: {said[-1]} (folder {place.folder})")
