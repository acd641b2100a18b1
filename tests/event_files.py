"""TensorBoard's event files, read by its own backends."""

from pathlib import Path

from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams import api_pb2
from tensorboard.plugins.hparams.backend_context import Context
from tensorboard.plugins.hparams.list_session_groups import Handler
from tensorboard.util.tensor_util import make_ndarray


def scalars(run: Path) -> dict[str, list[tuple[int, float]]]:
    """Each scalar's steps and values, in the order of the file."""
    events = EventAccumulator(str(run / "tensorboard"), size_guidance={"tensors": 0})
    events.Reload()
    return {
        tag: [(event.step, float(make_ndarray(event.tensor_proto))) for event in events.Tensors(tag)]
        for tag in events.Tags()["tensors"]
        if not tag.startswith("_hparams_/")
    }


def session_groups(folder: Path) -> list[api_pb2.SessionGroup]:
    """The content of the HParams view for all runs below a folder."""
    runs = EventMultiplexer().AddRunsFromDirectory(str(folder))
    runs.Reload()
    provider = MultiplexerDataProvider(runs, str(folder))
    context = Context(TBContext(logdir=str(folder), multiplexer=runs, data_provider=provider))
    wanted = api_pb2.ListSessionGroupsRequest(slice_size=1000, allowed_statuses=api_pb2.Status.values())
    return list(Handler(RequestContext(), context, "", wanted).run().session_groups)


def hyperparameters(group: api_pb2.SessionGroup) -> dict[str, float | str]:
    return {name: getattr(value, value.WhichOneof("kind")) for name, value in group.hparams.items()}
