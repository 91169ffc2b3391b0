"""A password is used to connect, and is in nothing that is shown or written."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from funnelsim.cli.main import group
from funnelsim.core.errors import HistoryError
from funnelsim.core.passwords import passwords_in, without_passwords
from funnelsim.history.databases.address import address_of
from tests.unit.history.databases.crm import PASSWORD, PASSWORD_IN_URL

#: Parts of the password that an error could quote: it holds all letters that divide a URL.
PARTS = (PASSWORD, PASSWORD_IN_URL, "s3cret", "w%rd", "w%25rd")
MAIN = "from funnelsim.cli.main import main; main()"


def run(
    folder: Path, *arguments: str, program: str = MAIN, **environment: str
) -> subprocess.CompletedProcess[str]:
    """``funnelsim import ARGUMENTS`` in a process of its own, whose outputs and files hold no password."""
    known = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    home = {"HOME": str(folder / "home"), "COLUMNS": "200"}
    command = [sys.executable, "-c", program, "import", *arguments]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env=known | home | environment, check=False
    )
    files = (path for path in folder.rglob("*") if path.is_file() and "home" not in path.parts)
    written = [path.read_bytes() for path in files]
    for part in PARTS:
        assert part not in done.stdout + done.stderr
        assert not any(part.encode() in content for content in written)
    return done


def test_a_password_in_the_url_works_and_is_warned_about(postgres_crm: str, tmp_path: Path) -> None:
    tables = ("--table", "deals", "--table", "stage_history", "--preset", "events")
    done = run(tmp_path, postgres_crm, *tables, "--out", "history")
    assert done.returncode == 0, done.stderr
    assert "warning: a password in a URL stays in the history of your shell" in done.stderr
    assert (tmp_path / "history" / "meta.json").exists()


def test_json_and_drafts_hold_no_password(postgres_crm: str, tmp_path: Path) -> None:
    query = ("--query", "SELECT * FROM stage_history")
    done = run(tmp_path, postgres_crm, *query, "--draft-mapping", "m.toml")
    assert done.returncode == 0, done.stderr
    assert "Next: funnelsim import postgresql://tester@127.0.0.1" in done.stdout
    assert run(tmp_path, postgres_crm, *query, "--out", "history", "--json").returncode == 0


@pytest.mark.parametrize("way", ["PGPASSWORD", "PGPASSFILE", "PGSERVICE"])
def test_the_driver_finds_the_password_itself(without_password: str, way: str, tmp_path: Path) -> None:
    """In the environment, in ``.pgpass``, in a service file."""
    host = without_password.split("@")[1]
    port, database = host.removeprefix("127.0.0.1:").split("/")
    home = tmp_path / "home"
    home.mkdir()
    source, environment = without_password, {way: PASSWORD}
    if way == "PGPASSFILE":
        file = home / "pgpass"
        file.write_text("*:*:*:*:" + PASSWORD.replace(":", r"\:") + "\n")
        file.chmod(0o600)
        environment = {way: str(file)}
    if way == "PGSERVICE":
        lines = ("[crm]", "host=127.0.0.1", f"port={port}", f"dbname={database}", "user=tester")
        (home / ".pg_service.conf").write_text("\n".join((*lines, f"password={PASSWORD}")) + "\n")
        source, environment = "postgresql://", {way: "crm", "PGSERVICEFILE": str(home / ".pg_service.conf")}
    options = ("--table", "stage_history", "--preset", "events", "--out", "history")
    done = run(tmp_path, source, *options, **environment)
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr


def test_what_goes_wrong_is_one_line_without_the_password(
    postgres_crm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutant: a URL that the driver splits in the password, and quotes a part of."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed_port = unused.getsockname()[1]
        head, _, tail = postgres_crm.partition("@")
        port = tail.split(":")[1].split("/")[0]
        raw = head.replace(PASSWORD_IN_URL, PASSWORD)
        cases = {
            f"{head}x@{tail}": 'password authentication failed for user "tester"; set PGPASSWORD',
            f"{head.split(':')[0]}://tester@{tail}": "no password supplied; set PGPASSWORD, or write the",
            f"{head}@{tail.replace(port, str(closed_port))}": "Connection refused",
            f"{head}@no-such-host.invalid/x": "could not translate host name",
            f"{head}@{tail}x": 'database "salesx" does not exist',
            f"{head}@{tail}?unknown=1": "invalid URI query parameter",
            f"{head}@{tail.replace(port, '99999')}": "port",
            f"{raw}@{tail}": "is not a URL of a database such as",
            f"{head}@{tail} x": "is not a URL of a database such as",
            f"mysql{head.removeprefix('postgresql')}@{tail}": "mysql:// is not read",
            f"{head}@{tail}?password={PASSWORD_IN_URL}&x=": "cannot be opened",
            f"host=127.0.0.1 password={PASSWORD}": "there is no such file",
        }
        for source, said in cases.items():
            arguments = ["import", source, "--table", "deals", "--out", str(tmp_path / "history")]
            done = CliRunner().invoke(group, arguments)
            assert done.exit_code == 1, done.output
            line = done.stderr.splitlines()[-1]
            assert line.startswith("Error: ")
            assert said in line
            assert len(done.stderr.splitlines()) <= 2, done.stderr
            assert not any(part in done.output for part in PARTS)
    assert not (tmp_path / "history").exists()


def test_a_report_of_a_bug_holds_no_password(postgres_crm: str, tmp_path: Path) -> None:
    """Exit 70 writes the command line and what the error says: both may hold the URL."""
    program = (
        "import sys, os\nimport funnelsim.history.imports as imports\n"
        "def fail(*args, **options): raise RuntimeError(f'lost {sys.argv}, {os.environ[\"PGPASSWORD\"]}')\n"
        "imports.import_history = fail\n" + MAIN
    )
    done = run(tmp_path, postgres_crm, "--out", "history", program=program, PGPASSWORD=PASSWORD)
    assert done.returncode == 70
    (report,) = tmp_path.glob("funnelsim-error-*.txt")
    assert "command: funnelsim import postgresql://tester@127.0.0.1" in report.read_text()


def test_a_message_of_the_server_that_quotes_the_password(postgres_crm: str, tmp_path: Path) -> None:
    """Mutant: the message of the driver as it is."""
    query = f"SELECT CAST('{PASSWORD}' AS integer)"
    done = CliRunner().invoke(group, ["import", postgres_crm, "--query", query, "--out", str(tmp_path / "h")])
    assert done.exit_code == 1
    assert 'Error: query: invalid input syntax for type integer: "***"' in done.stderr
    assert PASSWORD not in done.output


def test_a_url_where_another_command_expects_a_file(postgres_crm: str, tmp_path: Path) -> None:
    program = "import sys; sys.argv.pop(1)\n" + MAIN
    for words in (["fit"], ["forecast", "x.toml"]):
        done = run(tmp_path, *words, postgres_crm, program=program)
        assert done.returncode in (1, 2)


def test_a_connection_that_is_cut(without_password: str, tmp_path: Path) -> None:
    """Behind a wire that ends in the middle of the rows, as a network does."""
    host, _, rest = without_password.split("@")[1].partition(":")
    port, _, database = rest.partition("/")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_cut_wires, args=(listener, (host, int(port))), daemon=True)
        thread.start()
        source = f"postgresql://tester@127.0.0.1:{listener.getsockname()[1]}/{database}?sslmode=disable"
        query = (
            "SELECT g::text AS deal, 'Lead' AS stage, now() AS at FROM generate_series(1, 3000000) AS rows(g)"
        )
        done = run(tmp_path, source, "--query", query, "--out", "history", PGPASSWORD=PASSWORD)
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("Error: query: ")
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "history").exists()


def _cut_wires(listener: socket.socket, to: tuple[str, int]) -> None:
    """Pass on each connection; the driver opens several."""
    while True:
        try:
            client, _ = listener.accept()
        except OSError:  # the test is over
            return
        threading.Thread(target=_cut_wire, args=(client, to), daemon=True).start()


def _cut_wire(client: socket.socket, to: tuple[str, int]) -> None:
    """Pass a connection on, and end it after a million bytes from the server."""
    with client, socket.create_connection(to) as server:
        up = threading.Thread(target=_pass_on, args=(client, server, 2**40), daemon=True)
        up.start()
        _pass_on(server, client, 1_000_000)
        for one in (client, server):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def _pass_on(source: socket.socket, target: socket.socket, most: int) -> None:
    passed = 0
    try:
        while passed < most and (data := source.recv(65_536)):
            target.sendall(data)
            passed += len(data)
    except OSError:
        pass


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://u:p@h/d", "postgresql://u@h/d"),
        ("postgresql://u:p@ss@h/d", "postgresql://u@h/d"),
        ("postgresql:/u:p@h/d: no such file", "postgresql:/u@h/d: no such file"),
        ("postgresql://h:5432/d", "postgresql://h:5432/d"),
        ("postgresql://:p@h", "postgresql://@h"),
        ("postgresql://h/d?user=u&password=p&x=1", "postgresql://h/d?user=u&password=***&x=1"),
        ("host=h password='a b' user=u", "host=h password=*** user=u"),
        ("see https://example.com/a:b", "see https://example.com/a:b"),
        ("a.csv: row 3", "a.csv: row 3"),
    ],
)
def test_texts_without_passwords(text: str, shown: str) -> None:
    assert without_passwords(text) == shown


def test_known_passwords_are_found_as_written_and_as_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "from the environment")
    url = f"postgresql://u:{PASSWORD_IN_URL}@h/d"
    found = passwords_in([url])
    assert {PASSWORD, PASSWORD_IN_URL, "from the environment"} == set(found)
    said = f"no {PASSWORD} for {url} from the environment"
    assert without_passwords(said, found) == "no *** for postgresql://u@h/d ***"


def test_an_address_does_not_show_its_password() -> None:
    address = address_of(f"postgresql://u:{PASSWORD_IN_URL}@h/d")
    assert address is not None
    assert repr(address) == "Address(postgresql, postgresql://u@h/d)"


@pytest.mark.parametrize(
    ("source", "read_as"),
    [
        ("postgres://h/d", "Address(postgresql, postgres://h/d)"),
        ("POSTGRESQL+Psycopg://u:p@h:/d", "Address(postgresql, postgresql://u@h:/d)"),
        (
            "postgresql:///d?host=/var/run/postgresql",
            "Address(postgresql, postgresql:///d?host=/var/run/postgresql)",
        ),
        ("postgresql://u@[::1]:5432,h2:1/d", "Address(postgresql, postgresql://u@[::1]:5432,h2:1/d)"),
        ("duckdb:///new.duckdb", "Address(duckdb, new.duckdb)"),
        ("C:/exports/deals.csv", "None"),
        ("deals.csv", "None"),
    ],
)
def test_sources_that_are_databases(source: str, read_as: str) -> None:
    assert repr(address_of(source)) == read_as


def test_other_urls_say_what_to_do() -> None:
    with pytest.raises(HistoryError, match=r"https:// is not read.*; download the file and import it"):
        address_of("https://example.com/deals.csv")
    with pytest.raises(HistoryError, match=r"snowflake:// is not read.*; export the tables as CSV"):
        address_of("snowflake://account/crm")
