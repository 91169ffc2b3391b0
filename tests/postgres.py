"""A real PostgreSQL on loopback for tests: a cluster of its own in a temporary folder, gone afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

#: Of the test cluster alone; with letters that a URL must escape.
PASSWORD = "s3cret/p@ss:w%rd?#"
PASSWORD_IN_URL = "s3cret%2Fp%40ss%3Aw%25rd%3F%23"
USER = "tester"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """``postgresql://user:password@127.0.0.1:port/postgres``, an empty cluster; skips without PostgreSQL."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="funnelsim-postgres-"))
    account = _account()
    try:
        (folder / "password").write_text(PASSWORD)
        for path in (folder, folder / "password"):
            if account:
                shutil.chown(path, account)
        port = _free_port()
        _run(
            account,
            *(binaries / "initdb", "-D", folder / "data", "-U", USER, "--auth=scram-sha-256", "--no-sync"),
            *(f"--pwfile={folder / 'password'}", "--encoding=UTF8", "--locale=C"),
        )
        options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off -c full_page_writes=off"
        server = (binaries / "pg_ctl", "-D", folder / "data", "-w")
        _run(account, *server, "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql://{USER}:{PASSWORD_IN_URL}@127.0.0.1:{port}/postgres"
        finally:
            _run(account, *server, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path | None:
    """The folder of the newest installed server; Debian keeps it off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: float(one.parts[4]))
    name = shutil.which("initdb") or (found[-1] if found else None)
    return Path(name).resolve().parent if name else None


def _account() -> str:
    """The server refuses to run as root: then an account that Debian's package makes, or any other."""
    return "postgres" if os.geteuid() == 0 else ""


def _run(account: str, *words: object) -> None:
    command = [str(word) for word in words]
    done = subprocess.run(
        command,
        user=account or None,
        group=account or None,
        extra_groups=[] if account else None,
        cwd="/",
        stdin=subprocess.DEVNULL,
        # The server keeps its parent's output open, so that a pipe would never end.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        check=False,
    )
    assert done.returncode == 0, f"{command[0]} failed with {done.returncode}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
