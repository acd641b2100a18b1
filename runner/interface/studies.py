"""Studies given as a file or a dict: they are saved as options, so that the recorded command can be repeated."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from runner.core.errors import EnvironmentFault, UserError
from runner.core.write import write_bytes
from runner.interface.overrides import Location, given_path

if TYPE_CHECKING:
    from runner.sweeps.planning.study import Study

    Asked = Location | Mapping[str, Any] | Study  # a study's name, file or content

_HOME = Path("outputs") / "conf"


@contextmanager
def study_option(
    study: "Asked", name: str, config_dir: Location | None, *, keep: bool
) -> Iterator[tuple[str, Location | None]]:
    """Yield the name of a study and the directory of the options that contain it.

    A study that is not yet an option becomes one below outputs/conf.

    Args:
        name: name of a study that is given as a dict.
        config_dir: directory of the user's own options.
        keep: keep the file after the block; a rejected study leaves the previous file unchanged.

    Raises:
        UserError: if the study cannot be read or saved.
    """
    if isinstance(study, str) and Path(study).suffix not in (".yaml", ".yml"):
        yield study, config_dir
        return
    if isinstance(study, str | PathLike):
        file = given_path(study)
        name, content = file.stem, _read(file)
    elif isinstance(study, Mapping) or hasattr(study, "model_dump"):
        values = dict(study) if isinstance(study, Mapping) else study.model_dump(mode="json", exclude_unset=True)
        content = yaml.safe_dump(values, sort_keys=False, allow_unicode=True).encode()
    else:
        raise UserError(f"{study!r}: not a study; give its name, its file or a dict")
    if not isinstance(name, str) or name in ("", "..") or Path(name).name != name:
        raise UserError(f"name={name}: must be the name of a file, without / (such as momentum)")
    if config_dir is not None:
        raise UserError(f"config_dir={config_dir}: save the study there as study/{name}.yaml, and give its name")
    path = _HOME / "study" / f"{name}.yaml"
    before = path.read_bytes() if path.exists() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, content)
    try:
        yield name, _HOME
    except EnvironmentFault:
        raise
    except UserError:
        _put_back(path, before)
        raise
    if not keep:
        _put_back(path, before)


def _read(file: Path) -> bytes:
    if not file.is_file():
        raise UserError(f"{file}: no such file")
    content = file.read_bytes()
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise UserError(f"{file}: not UTF-8 text ({error.reason})") from error
    return content


def _put_back(path: Path, before: bytes | None) -> None:
    if before is None:
        path.unlink()
    else:
        write_bytes(path, before)
