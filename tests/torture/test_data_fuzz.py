"""Random damage to files of every kind: a clear error, or valid data with their own fingerprint."""

import gzip
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import yaml

from runner.core.errors import UserError
from runner.core.paths import conf_directory
from runner.data.dataset import DataError, Dataset
from runner.data.mnist import load_mnist
from tests.torture.bounded import SECONDS, Call, bounded_process, peak_megabytes
from tests.torture.datasets import NOWHERE, STEMS, WRITERS, load, write_images, write_plain_npz

# As regular as drawings, for which Pillow reads some damaged PNG files without an error.
PATTERNS = np.add.outer(np.arange(6), np.add.outer(np.arange(28) ** 2, 3 * np.arange(28))).astype(np.uint8)
FORMATS = (".png", ".jpg", ".gif", ".bmp", ".tif", ".webp", ".ppm", ".jp2")
KINDS: dict[str, tuple[str, Callable[[Path], Path]]] = (
    {kind: (kind, write) for kind, write in WRITERS.items() if kind != "images"}
    | {"npz, not compressed": ("npz", write_plain_npz)}
    | {f"images {suffix}": ("images", partial(write_images, suffix=suffix, images=PATTERNS)) for suffix in FORMATS}
)
CHECKED = ("gzip", "mnist.npz", "npz", "npz, not compressed", "images .png")  # these files hold checksums
TELLING = (b"\0", b"\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\x80", b",", b"\n", b'"', b"-1", b"9" * 30)

pytestmark = pytest.mark.promise("Randomly damaged data are rejected, or are valid data with a different fingerprint")


@pytest.fixture(scope="module")
def call() -> Iterator[Call]:
    with bounded_process() as call:
        yield call


def flipped(content: bytes, bit: int) -> bytes:
    place = bit // 8
    return content[:place] + bytes([content[place] ^ (1 << bit % 8)]) + content[place + 1 :]


def damaged(content: bytes, attempt: int) -> bytes:
    """Return a file with one to four mutations of any kind."""
    generator = np.random.default_rng([8, attempt])
    for _ in range(generator.integers(1, 5)):
        start, end = sorted(generator.integers(0, len(content) + 1, 2))
        mutation = generator.choice(["flip", "flip", "cut", "drop", "repeat", "move", "telling"])
        if mutation == "flip" and start < len(content):
            content = flipped(content, 8 * start + generator.integers(8))
        elif mutation == "cut":
            content = content[:end]
        elif mutation == "drop":
            content = content[:start] + content[min(end, start + 64) :]
        elif mutation == "repeat":
            content = content[:end] + content[start:]
        elif mutation == "move":
            content = content[end:] + content[start:end] + content[:start]
        elif mutation == "telling":
            value = TELLING[generator.integers(len(TELLING))]
            content = content[:start] + value + content[start + len(value) :]
    return content


def refuse_unsound(dataset: Dataset, sound: Dataset) -> None:
    """Check the properties that every data set must have, and its fingerprint."""
    for inputs, labels in ((dataset.train_inputs, dataset.train_labels), (dataset.test_inputs, dataset.test_labels)):
        assert len(inputs) == len(labels) > 0
        assert inputs.dtype in (np.uint8, np.float32)
        assert np.isfinite(inputs).all()
        assert labels.dtype == np.int32
        assert labels.min() >= 0
        assert labels.max() < dataset.classes
    names = ("train_inputs", "train_labels", "test_inputs", "test_labels")
    same = all(np.array_equal(getattr(dataset, name), getattr(sound, name)) for name in names)
    assert same == (dataset.fingerprint == sound.fingerprint)


def load_damaged(name: str, folder: Path, attempts: range, damage: Callable[[bytes, int], bytes]) -> Counter[str]:
    """Return the numbers of damaged files that were rejected, read as different data, or read unchanged."""
    kind, write = KINDS[name]
    path = write(folder)
    content = path.read_bytes()
    sound = load(kind, folder)
    found: Counter[str] = Counter()
    for attempt in attempts:
        path.write_bytes(damage(content, attempt))
        began = time.process_time()
        try:
            dataset = load(kind, folder)
        except UserError as error:
            if str(folder) not in str(error) or "\n" in str(error):
                raise AssertionError(f"attempt {attempt}: not a line that names the file") from error
            found["rejected"] += 1
        except Exception as error:
            raise AssertionError(f"attempt {attempt}: {error!r}") from error
        else:
            refuse_unsound(dataset, sound)
            found["read unchanged" if dataset.fingerprint == sound.fingerprint else "read as different data"] += 1
        assert time.process_time() - began < SECONDS, f"attempt {attempt}"
    return found


def told(found: Counter[str]) -> str:
    return ", ".join(f"{found[what]} {what}" for what in ("rejected", "read as different data", "read unchanged"))


@pytest.mark.parametrize("name", KINDS)
def test_random_damage_is_an_error_or_sound_data_of_its_own(name, tmp_path, call, attempts, measured):
    number = attempts(40, 1000)
    found = call(load_damaged, name, tmp_path, range(number), damaged, seconds=240)
    assert found["rejected"] > number / 10
    assert found.total() == number
    measured(f"{number} damaged files of one format: {told(found)}; {call(peak_megabytes):.0f} MB at most")


@pytest.mark.parametrize("name", CHECKED)
def test_one_flipped_bit_is_never_other_data_where_files_hold_checksums(name, tmp_path, call, attempts, measured):
    bits = range(0, 8 * KINDS[name][1](tmp_path).stat().st_size, attempts(61, 5))
    found = call(load_damaged, name, tmp_path, bits, flipped, seconds=240)
    assert found["read as different data"] == 0
    assert found["rejected"] > len(bits) / 3
    measured(f"{len(bits)} flipped bits of one file with checksums: {told(found)}")


def test_where_the_fingerprint_is_known_no_flipped_bit_of_mnist_is_loaded(tmp_path, mnist_root, attempts, measured):
    """dataset=mnist promises its own files or a refusal; with fingerprint=null, the recorded one differs."""
    option = yaml.safe_load((conf_directory() / "dataset" / "mnist.yaml").read_text())
    for stem in STEMS:
        (tmp_path / stem).write_bytes(gzip.decompress((mnist_root / "mnist" / f"{stem}.gz").read_bytes()))
    generator = np.random.default_rng(9)
    places = [
        (stem, int(generator.integers(8 * 16, 8 * 7_840_000 if "images" in stem else 8 * 10_008)))
        for stem in STEMS
        for _ in range(attempts(1, 8))
    ]
    for stem, bit in places:
        sound = (tmp_path / stem).read_bytes()
        (tmp_path / stem).write_bytes(flipped(sound, bit))
        with pytest.raises(
            DataError, match=f"not mnist: .*{option['fingerprint']}|labels are not integers from 0 to 9"
        ):
            load_mnist("mnist", str(tmp_path), NOWHERE, option["fingerprint"])
        (tmp_path / stem).write_bytes(sound)
    assert load_mnist("mnist", str(tmp_path), NOWHERE, option["fingerprint"]).classes == 10
    measured(f"{len(places)} flipped bits of MNIST's own files, each rejected")
