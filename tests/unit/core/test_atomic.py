"""Files replaced whole: old or new after a kill before any operation, and after any refusal of the system."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from funnelsim.core.errors import OutputError
from funnelsim.core.files import atomic, hidden
from funnelsim.core.files.atomic import finish_replacing, replace_file, replace_files, replace_folder
from tests.fuzz.kills import KILLED, Countdown, forked

Work = Callable[[Path], None]
OLD = {"a.txt": b"old a", "b.txt": b"old b", "gone.txt": b"old c"}
NEW = {"a.txt": b"new a", "b.txt": b"new b", "more.txt": b"new d"}


@pytest.fixture(autouse=True)
def _waits_for_no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}


def write_set(folder: Path) -> None:
    replace_files({folder / name: NEW.get(name) for name in {**OLD, **NEW}})


def write_folder(folder: Path) -> None:
    replace_folder(folder, NEW)


def write_folder_in_two_steps(folder: Path) -> None:
    atomic._exchange = lambda one, other: False  # type: ignore[assignment]
    replace_folder(folder, NEW)


def ended(work: Work, folder: Path, place: int, *, interrupt: bool) -> int:
    """Run in a process of its own; how it ended: 0 done, 9 killed, 77 raised."""

    def watched() -> None:
        Countdown(folder.parent, place, interrupt=interrupt).start()
        work(folder)

    code, _ = forked(watched)
    return code


def old_folder(tmp_path: Path, place: int) -> Path:
    folder = tmp_path / f"{place}" / "set"
    folder.mkdir(parents=True)
    for name, text in OLD.items():
        (folder / name).write_bytes(text)
    return folder


@pytest.mark.parametrize("interrupt", [False, True])
@pytest.mark.parametrize("work", [write_set, write_folder, write_folder_in_two_steps])
def test_old_or_new_is_there_after_a_kill_before_any_operation(
    work: Work, interrupt: bool, tmp_path: Path
) -> None:
    """Catches two renames without a journal, and a journal that stands before its files are on disk."""
    found, codes = [], []
    for place in range(1, 200):
        folder = old_folder(tmp_path, place)
        codes.append(ended(work, folder, place, interrupt=interrupt))
        finish_replacing(folder)
        finish_replacing(folder / "a.txt")
        found.append(content(folder))
        work(folder)
        assert content(folder) == NEW
        assert not [path.name for path in folder.parent.rglob(".*")], place
        if codes[-1] == 0:
            break
    assert set(codes) == {0, 77 if interrupt else KILLED}
    assert len(codes) > 8
    assert all(state in (OLD, NEW) for state in found)
    assert OLD in found
    assert NEW in found


def test_what_is_to_be_finished_is_finished_after_a_kill_of_its_own(tmp_path: Path) -> None:
    """From where there is a journal, each operation of the finishing: before, it has nothing to do."""
    finishing: list[int] = []
    for place in range(1, 60):
        code = KILLED
        for again in range(1, 30):
            folder = old_folder(tmp_path, place * 100 + again)
            code = ended(write_set, folder, place, interrupt=False)
            killed = ended(lambda inner: finish_replacing(inner / "a.txt"), folder, again, interrupt=False)
            finish_replacing(folder / "a.txt")
            assert content(folder) in (OLD, NEW)
            if killed == 0:
                finishing.append(again - 1)
                break
        if code == 0:
            break
    assert code == 0
    assert sum(number > 0 for number in finishing) > 3, finishing


@pytest.mark.parametrize("place", range(1, 40))
@pytest.mark.parametrize("work", [write_set, write_folder])
def test_the_old_files_are_there_after_any_refusal_of_the_system(
    work: Work, place: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every operation in turn fails, as on a full disk or in a folder without rights."""
    folder = old_folder(tmp_path, place)
    done = 0

    def refusing(name: str) -> Callable[..., object]:
        real = getattr(os, name)

        def refused(*args: object, **options: object) -> object:
            nonlocal done
            if name != "open" or int(str(args[1])) & os.O_CREAT:
                done += 1
                if done == place:
                    raise OSError(errno.ENOSPC, "No space left on device")
            return real(*args, **options)

        return refused

    for name in ("open", "write", "fsync", "rename", "replace", "mkdir", "chmod"):
        monkeypatch.setattr(os, name, refusing(name))
    message, expected = "", NEW
    try:
        work(folder)
    except OutputError as error:
        message, expected = str(error), OLD
    monkeypatch.undo()
    assert content(folder) == expected
    assert not message or "cannot be written: No space left on device" in message
    assert not [path.name for path in folder.parent.rglob(".*")]


def test_a_file_of_a_set_that_may_not_change_leaves_the_others_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = old_folder(tmp_path, 0)
    real = Path.replace

    def fixed(path: Path, target: Path) -> Path:
        if target.name == "b.txt":
            raise PermissionError(errno.EPERM, "Operation not permitted")
        return real(path, target)

    monkeypatch.setattr(Path, "replace", fixed)
    with pytest.raises(OutputError, match="Operation not permitted"):
        replace_files({folder / name: NEW[name] for name in NEW})
    assert content(folder) == OLD
    assert not list(folder.glob(".*"))


def test_a_symbolic_link_stays_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    target, link = tmp_path / "deep" / "real.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    replace_file(link, b"new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    (tmp_path / "folder").mkdir()
    (tmp_path / "h").symlink_to(tmp_path / "folder")
    replace_folder(tmp_path / "h", {"x": b"1"})
    assert (tmp_path / "h").is_symlink()
    assert (tmp_path / "folder" / "x").read_bytes() == b"1"


def test_a_device_is_written_to_and_stays_a_device() -> None:
    replace_file(Path("/dev/null"), b"anything")
    assert Path("/dev/null").is_char_device()
    with pytest.raises(OutputError, match=r"/dev/full: cannot be written: No space left"):
        replace_file(Path("/dev/full"), b"anything")


def test_standard_output_is_written_to_as_a_pipe_and_as_a_file(tmp_path: Path) -> None:
    """Catches a file that takes the place of the one that the shell has opened."""
    work = "from pathlib import Path; from funnelsim.core.files.atomic import replace_file as r"
    words = [sys.executable, "-c", f"{work}; r(Path('/dev/stdout'), b'text')"]
    assert subprocess.run(words, capture_output=True, check=True).stdout == b"text"
    with (tmp_path / "out").open("w+b") as file:
        subprocess.run(words, stdout=file, check=True)
        file.seek(0)
        assert file.read() == b"text"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("place", [".", "..", "/", "", "a/..", "missing/x"])
def test_whatever_a_person_may_name_can_be_looked_after(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a name of its own that ``.`` does not have, as in ``funnelsim fit .``."""
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    finish_replacing(Path(place))


def test_rights_of_a_replaced_file_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "secret.txt"
    file.write_text("old")
    file.chmod(0o600)
    replace_file(file, b"new")
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_folder_where_a_file_should_be_is_refused_and_the_current_folder_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="Is a directory"):
        replace_files({tmp_path / "a": b"1", tmp_path / "folder": b"2"})
    monkeypatch.chdir(tmp_path / "folder")
    with pytest.raises(OutputError, match="is the current folder"):
        replace_folder(Path(), {"x": b"1"})
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_folders_made_for_what_cannot_be_written_are_gone_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hidden.os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    with pytest.raises(OutputError):
        replace_folder(tmp_path / "a" / "b" / "c", {"x": b"1"})
    assert not list(tmp_path.iterdir())


def test_a_journal_that_names_other_folders_is_left_alone(tmp_path: Path) -> None:
    """Catches a file in a folder of exports that makes a reader move files elsewhere."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / ".x.1-1.new").write_text("evil")
    journal = tmp_path / "here" / ".x.1-1.replacing"
    for text in ('{"../out.txt": ".x.1-1.new"}', '{"a": "../here/.x.1-1.new"}', "[1]", "nothing", '{"a": 1}'):
        journal.write_text(text)
        finish_replacing(tmp_path / "here" / "a")
        assert journal.exists()
    assert not (tmp_path / "out.txt").exists()
    assert not (tmp_path / "here" / "a").exists()


def test_a_name_as_long_as_the_file_system_allows_can_be_written(tmp_path: Path) -> None:
    name = "ä" * 125 + ".txt"
    replace_file(tmp_path / name, b"1")
    assert [path.name for path in tmp_path.iterdir()] == [name]
