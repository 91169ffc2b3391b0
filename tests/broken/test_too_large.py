"""A run that no machine could hold is refused before anything is allocated, with the figure."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from funnelsim.cli.main import group
from funnelsim.engines.run import plan_builder, simulate
from funnelsim.engines.size import MOST_BYTES, MOST_VISITS, TooLargeError, refuse_too_large, size_of
from funnelsim.model.files.model_files import read_funnel

MODEL = """\
format = 1
name = "x"
start = 2026-01-01
[sources]
a = { enters = "s0", rate = "5 per day" }
[stages]
s0 = { exits = { won = { p = 0.5, after = "1d" }, lost = { p = 0.5, after = "1d" } } }
"""
RATE = 'rate = "5 per day"'
WORK = '[roles.ae]\nheadcount = 3\n[stages]\ns0 = { work = { role = "ae", effort = "1h" }, exits'


def model(folder: Path, old: str = "", new: str = "") -> Path:
    path = folder / "model.toml"
    assert old in MODEL
    path.write_text(MODEL.replace(old, new) if old else MODEL)
    return path


def run(*args: object) -> tuple[int, str]:
    result = CliRunner().invoke(group, [str(arg) for arg in args])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ('rate = "1e12 per day"', "sources.a: 9.8e+13 leads are expected over the run"),
        ("rate = 1e300", "sources.a: 9.8e+301 leads are expected"),
        ("rate = 1.7e308", "sources.a: inf leads are expected"),
        (
            f"{RATE}, campaigns = {{ c = {{ on = 2026-01-02, leads = 1e10 }} }}",
            "sources.a.campaigns.c: 1e+10 leads",
        ),
        (f'{RATE}, growth = "1e9% per month"', "sources.a: 6.58e+22 leads"),
        (f'{RATE}, growth = "1e300% per month"', "sources.a: inf leads"),
        ('rate = "1e7 per day"', "GB of memory"),
    ],
)
def test_too_many_leads_are_refused_by_check_and_by_every_run(new: str, said: str, tmp_path: Path) -> None:
    path = model(tmp_path, RATE, new)
    if 'rate = "1e7' in new:
        path.write_text(path.read_text().replace("[stages]\ns0 = { exits", WORK))
    for command in (
        ("check", path),
        ("simulate", path, "--days", 91),
        ("forecast", path),
        ("compare", path, "--set", "sources.a.rate=x2"),
    ):
        code, output = run(*command, *(() if command[0] == "check" else ("-n", 10_000)))
        assert code == 1, output
        assert output.startswith("Error: ")
        assert command[0] != "check" or said in output


def test_check_notes_a_model_whose_runs_need_fewer_futures(tmp_path: Path) -> None:
    """It is valid, and a run of some futures is possible."""
    path = model(tmp_path, RATE, 'rate = "3e4 per day"')
    path.write_text(path.read_text().replace("[stages]\ns0 = { exits", WORK))
    code, output = run("check", path)
    assert code == 0
    assert "valid" in output
    assert "note: 91 days: the run is too large: 10,000 futures of" in output


@pytest.mark.parametrize("value", ["x1e30", "1e30 per day"])
def test_a_change_to_too_many_leads_is_refused(value: str, tmp_path: Path) -> None:
    code, output = run(
        "compare", model(tmp_path), "--set", f"sources.a.rate={value}", "-n", 2, "--workers", 1
    )
    assert code == 1
    assert "leads are expected over the run" in output


def test_a_shock_has_an_end(tmp_path: Path) -> None:
    path = model(tmp_path)
    path.write_text(path.read_text() + '[shocks]\n"sources.a.rate" = { sd = 1e300, rho = 0.5 }\n')
    code, output = run("check", path)
    assert code == 1
    assert "shocks.sources.a.rate.sd: expected at most 5, found 1e+300" in output
    assert "is missing" not in output


@pytest.mark.parametrize("days", ["1e9", "40000", "1e300"])
def test_a_span_has_an_end(days: str, tmp_path: Path) -> None:
    code, output = run("simulate", model(tmp_path), "--days", days)
    assert code == 1
    assert "at most" in output
    code, output = run("simulate", model(tmp_path), "--days", 1, "--warmup", days)
    assert code == 1
    assert "36,525 days" in output


def test_the_way_round_is_named_and_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("funnelsim.engines.size.MOST_VISITS", 10.0)
    path = model(tmp_path)
    code, output = run("simulate", path, "--days", 9, "-n", 2)
    assert code == 1
    assert "--allow-large" in output
    assert run("simulate", path, "--days", 9, "-n", 2, "--allow-large")[0] == 0
    funnel = read_funnel(path)
    with pytest.raises(TooLargeError, match="allow_large=True"):
        simulate(funnel, days=9, replications=2)


def test_leads_that_lead_to_leads_and_loops_are_foreseen(tmp_path: Path) -> None:
    """Each lead brings 0.5 new ones, so 2 come in all; each goes round twice on average."""
    path = model(tmp_path)
    stage = (
        's0 = { spawns = { source = "a", leads = 0.25, after = "1d" }, '
        'exits = { s0 = { p = 0.5, after = "0d" }, won = { p = 0.5, after = "1d" } } }\n'
    )
    path.write_text(MODEL[: MODEL.index("s0 = { exits")] + stage)
    builder = plan_builder(read_funnel(path), 10.0, None, 0.0, None, ())
    built = builder.build()
    found = size_of(built.plan, 7, brought=built.brought)
    assert found.leads == pytest.approx(100)
    assert found.visits == pytest.approx(7 * 200)


def test_visits_of_a_loop_end_with_the_run(tmp_path: Path) -> None:
    """A client who renews for a thousand months is seen for one or two of them in a month."""
    path = model(tmp_path)
    stage = 's0 = { exits = { s0 = { p = 0.999, after = "30d" }, won = { p = 0.001, after = "30d" } } }\n'
    path.write_text(MODEL[: MODEL.index("s0 = { exits")] + stage)
    plan = plan_builder(read_funnel(path), 30.0, None, 0.0, None, ()).build().plan
    assert size_of(plan, 1).visits == pytest.approx(2 * 150, rel=1e-3)


def test_the_largest_map_passes_without_asking() -> None:
    """10,000 futures of a year of a whole sales process, some 500 million visits."""
    funnel = read_funnel(Path(__file__).parents[2] / "scenarios" / "sales_process_map.toml")
    plan = plan_builder(funnel, 365.0, None, 0.0, None, ()).build().plan
    size = size_of(plan, 10_000, workers=8)
    refuse_too_large(size, 10_000)
    assert 4e8 < size.visits < 1e9 < MOST_VISITS
    assert size.bytes < MOST_BYTES / 2


def calls(work: Callable[[], object]) -> int:
    """How many functions `work` calls: what it costs, on any machine."""
    counted = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counted


def test_four_times_the_stages_cost_about_four_times_the_work(tmp_path: Path) -> None:
    """Catches work that grows with the square of the number of stages: its share would be sixteen."""

    def cost(stages: int) -> int:
        lines = ["format = 1", "start = 2026-01-01", 'sources.a = { enters = "s0", rate = 5 }']
        for n in range(stages):
            onward = f"s{n + 1}" if n + 1 < stages else "won"
            exits = f"exits = {{ {onward} = {{ p = 0.99 }}, lost = {{ p = 0.01 }} }}"
            lines.append(f'stages.s{n} = {{ after = "lognormal(median={n + 1}d, sigma=0.5)", {exits} }}')
        path = tmp_path / "model.toml"
        path.write_text("\n".join(lines))
        return calls(lambda: run("check", path))

    cost(10)  # imports
    assert cost(400) < 5 * cost(100)


def test_sixty_tasks_are_checked_at_once(tmp_path: Path) -> None:
    task = '{ role = "ae", effort = "1min" }'
    work = f"[roles.ae]\nheadcount = 3\n[stages]\ns0 = {{ work = [{', '.join([task] * 60)}],"
    path = model(tmp_path, "[stages]\ns0 = {", work)
    run("check", path)
    assert calls(lambda: run("check", path)) < 400_000
