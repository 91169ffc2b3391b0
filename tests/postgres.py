"""A PostgreSQL server of our own on loopback, for the time of the tests.

Needs the binaries of PostgreSQL (Debian: ``postgresql``); without them the tests that use it are skipped.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

USER = "funnelsim"
#: What must never be printed or written; no other text of the tests has it.
PASSWORD = "s3cr3t-of-the-tests"
#: The server refuses to run as root; Debian's package brings this user.
_SERVER_USER = "postgres"


def binaries() -> Path | None:
    """The folder with ``initdb`` and ``postgres``: of Debian's newest version, or on the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path and shutil.which("postgres") else None


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a server, with its password, as a user who may create databases."""
    bin_ = binaries()
    if bin_ is None:
        pytest.skip("no PostgreSQL here: apt-get install postgresql, or make services")
    as_server: list[str] = []
    if os.geteuid() == 0:
        try:
            owner = pwd.getpwnam(_SERVER_USER)
        except KeyError:
            pytest.skip(f'PostgreSQL does not run as root, and there is no user "{_SERVER_USER}"')
        as_server = ["runuser", "-u", _SERVER_USER, "--"]
    folder = Path(tempfile.mkdtemp(prefix="funnelsim-postgres-"))
    try:
        password = folder / "password"
        password.write_text(PASSWORD, encoding="utf-8")
        if as_server:
            for path in (folder, password):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        data, port = folder / "data", _free_port()
        made = ("-U", USER, "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8", "--no-locale")
        _run([*as_server, str(bin_ / "initdb"), "-D", str(data), *made, "--no-sync"])
        settings = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off")
        options = [word for setting in settings for word in ("-c", setting)]
        with (folder / "log").open("wb") as log:
            command = [*as_server, str(bin_ / "postgres"), "-D", str(data), "-p", str(port), *options]
            server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
        try:
            url = f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/postgres"
            _wait_for(url, server, folder / "log")
            yield url
        finally:
            _run([*as_server, str(bin_ / "pg_ctl"), "stop", "-D", str(data), "-m", "immediate"])
            server.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The URL of a new, empty database."""
    import psycopg

    name = f"t_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload,unused-ignore]
    yield urlunsplit(urlsplit(postgres_url)._replace(path=f"/{name}"))
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[call-overload,unused-ignore]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Until it takes connections; one that has ended is an error with its last words."""
    import psycopg

    ends = time.monotonic() + 120
    while time.monotonic() < ends and server.poll() is None:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=5):
            return
        time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}")


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
    if done.returncode:
        raise RuntimeError(f"{Path(command[-1]).name}: {done.stderr[-2000:]}")
