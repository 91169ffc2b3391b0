"""The parts of the page that ``funnelsim report MODEL`` makes itself, by the functions of the commands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from funnelsim.cli.progress import progress_bar
from funnelsim.core.errors import FunnelSimError, InputError

if TYPE_CHECKING:
    from funnelsim.history.files.events import History
    from funnelsim.model.files.model_files import Funnel
    from funnelsim.model.parts import Model

Document = dict[str, Any]
Progress = Callable[[int, int], None] | None
#: Futures of each small improvement: enough for the larger ones, which are all that a page needs.
FRICTION_FUTURES = 1000
FRICTION_TOP = 5


@dataclass(kw_only=True)
class Parts:
    """Documents for a page, in the order in which they were made.

    Attributes
    ----------
    model, history : Path
        The history may be None: the one stored in the model, if any.
    period, quota, replications
        As the options of the command.
    documents : list of dict
    left_out : list of str
        A sentence for each part that could not be made.
    audit : list of str
        Warnings of the import that made the history.
    """

    model: Path
    history: Path | None = None
    period: str | None = None
    quota: float | None = None
    replications: int = 10_000
    quiet: bool = False
    documents: list[Document] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    audit: list[str] = field(default_factory=list)

    def make(self, funnel: Funnel, *, given: Collection[str] = (), only: Collection[str] = ()) -> None:
        """Make all parts, or `only` some, but those that are `given` as documents.

        Raises
        ------
        FunnelSimError
            If there is no forecast: a page without one answers nothing.
        """
        from funnelsim.metrics.past import load_past

        past = load_past(funnel, self.history).history
        if past is None and not only:
            self.left_out.append("What happened in the past: the model stores no history; give --history.")
        for name, title, make in self._recipes(funnel, past):
            if name in given or (only and name not in only):
                continue
            try:
                with progress_bar(f"report: {title}", silent=self.quiet) as progress:
                    self.documents.append(make(progress))
            except FunnelSimError as error:
                if name == "forecast":
                    raise
                self.left_out.append(f"{title[:1].upper()}{title[1:]}: {_why(error)}.")
        if past is not None:
            self._add_audit(past)
        if funnel.model.roles and not only and "staff" not in given:
            self.left_out.append(
                "Capacity: takes long with roles; make it with funnelsim staff, and give it too."
            )
        if not only and "backtest" not in given:
            self.left_out.append(
                "Track record: not tested; make one with funnelsim backtest HISTORY --json, and give it too."
            )

    def make_from_history(self, path: Path) -> None:
        """The parts that a history alone can answer: map, pipeline and key figures."""
        from funnelsim.history.files.folder import read_history
        from funnelsim.metrics.kpi.kpi import kpi
        from funnelsim.processmap.of_history import history_map

        past = read_history(path)
        self.documents += [history_map(past).as_json(), _flow(past), kpi(past).document()]
        self._add_audit(past)

    def _add_audit(self, past: History) -> None:
        if past.meta.audit is not None:
            checks = past.meta.audit.get("checks", [])
            self.audit += [check["text"] for check in checks if check.get("level") == "warning"]

    def _recipes(
        self, funnel: Funnel, past: History | None
    ) -> Iterator[tuple[str, str, Callable[[Progress], Document]]]:
        yield "forecast", "forecast", lambda progress: self._forecast(funnel, progress)
        yield "map", "process map", lambda _: _map(funnel, past)
        if past is not None:
            yield "flow", "pipeline", lambda _: _flow(past, funnel.model)
        yield "friction", "friction", lambda progress: self._friction(funnel, progress)
        if past is not None and not funnel.model.roles:
            yield "staff", "capacity", lambda progress: self._staff(funnel, progress)
        if past is not None:
            yield "kpi", "key figures", lambda _: self._kpi(past)
        if (report := self._fit_report()) is not None:
            yield "fit", "model", lambda _: report

    def _forecast(self, funnel: Funnel, progress: Progress) -> Document:
        from funnelsim.forecasting.forecast import forecast

        return forecast(
            funnel,
            history=self.history,
            period=self.period,
            quota=self.quota,
            replications=self.replications,
            deals=funnel.pipeline is not None and funnel.pipeline.height > 0,
            progress=progress,
        ).document()

    def _friction(self, funnel: Funnel, progress: Progress) -> Document:
        from funnelsim.cli.options import processes_for_variants
        from funnelsim.experiments.friction.friction import friction
        from funnelsim.experiments.friction.too_short import too_short

        short = None if self.period else too_short(funnel, history=self.history)
        if short and short.days >= short.cycle_days:  # Long enough for the page to keep to one period.
            short = None
        found = friction(
            funnel,
            history=self.history,
            period=short.later_period if short else self.period,
            quota=None if short else self.quota,  # which is of the period that is too short
            top=FRICTION_TOP,
            most_futures=min(self.replications, FRICTION_FUTURES),
            executor=processes_for_variants(funnel),
            progress=progress,
        )
        if found.interrupted:
            raise KeyboardInterrupt
        document = found.document()
        if short:
            document["warnings"] = [short.words(), *document["warnings"]]
        return document

    def _staff(self, funnel: Funnel, progress: Progress) -> Document:
        from funnelsim.experiments.staff import staff

        tried = None if progress is None else (lambda plans: progress(plans, max(30, plans + 5)))
        return staff(
            funnel, history=self.history, period=self.period, quota=self.quota, tried=tried
        ).document()

    def _kpi(self, past: History) -> Document:
        from funnelsim.metrics.kpi.kpi import kpi

        return kpi(past, model=self.model).document()

    def _fit_report(self) -> Document | None:
        """What the fit wrote beside the model, unless it is of another fit."""
        from funnelsim.documents.read import read_document
        from funnelsim.model.files.sidecars import report_beside

        path = report_beside(self.model)
        if not path.is_file():
            return None
        try:
            return read_document(path)
        except InputError as error:
            self.left_out.append(f"Model: {path.name} {_why(error)}.")
            return None


def _map(funnel: Funnel, past: History | None) -> Document:
    if past is None:
        from funnelsim.processmap.of_model import model_map

        return model_map(funnel).as_json()
    from funnelsim.processmap.of_history import history_map

    return history_map(past).as_json()


def _flow(past: History, model: Model | None = None) -> Document:
    from funnelsim.metrics.flow.document import flow_document

    return flow_document(past, model).as_json()


def _why(error: FunnelSimError) -> str:
    """The first problem in one line, without the file, which may be anywhere."""
    if isinstance(error, InputError) and error.problems:
        return str(error.problems[0]).rstrip(".")
    return str(error).splitlines()[0].rstrip(".")
