from funnelsim.core.errors import FunnelSimError as FunnelSimError
from funnelsim.core.errors import FunnelSimWarning as FunnelSimWarning
from funnelsim.engines.run import simulate as simulate
from funnelsim.experiments.compare import compare as compare
from funnelsim.experiments.friction.friction import friction as friction
from funnelsim.experiments.reverse.reverse import reverse_funnel as reverse_funnel
from funnelsim.experiments.sensitivity.analysis import sensitivity as sensitivity
from funnelsim.experiments.staff import staff as staff
from funnelsim.fitting.funnel import fit_funnel as fit_funnel
from funnelsim.forecasting.backtest import backtest as backtest
from funnelsim.forecasting.forecast import forecast as forecast
from funnelsim.history.cleaning.as_of import cut as cut
from funnelsim.history.files.events import History as History
from funnelsim.history.files.folder import read_history as read_history
from funnelsim.history.files.folder import write_history as write_history
from funnelsim.history.imports import import_history as import_history
from funnelsim.metrics.kpi.kpi import kpi as kpi
from funnelsim.metrics.names import metric_names as metric_names
from funnelsim.metrics.names import metric_values as metric_values
from funnelsim.metrics.summary import metric_summaries as metric_summaries
from funnelsim.model.changes.changes import RemoveStage as RemoveStage
from funnelsim.model.changes.changes import Scenario as Scenario
from funnelsim.model.changes.changes import SetValue as SetValue
from funnelsim.model.files.model_files import Funnel as Funnel
from funnelsim.model.files.model_files import funnel_of as funnel_of
from funnelsim.model.files.model_files import read_funnel
from funnelsim.model.files.model_files import write_model as write_model
from funnelsim.model.parts import Model as Model
from funnelsim.model.scenarios.read import parse_set as parse_set
from funnelsim.model.scenarios.read import read_scenario as read_scenario
from funnelsim.results.run import Run as Run

__version__: str
read_model = read_funnel
