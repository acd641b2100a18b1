"""The download, from a real server on this machine."""

import hashlib

import pytest

from runner.data.dataset import DataError, DataNotFound
from runner.data.mnist import load_mnist


@pytest.fixture
def server(tmp_path, write_idx, arrays, serve):
    """A server with four small files."""
    published = write_idx(tmp_path / "published")
    (tmp_path / "root").mkdir()
    running = serve(published)
    running.checksums = {
        stem: f"{kind}:{hashlib.new(kind, (published / f'{stem}.gz').read_bytes()).hexdigest()}"
        for stem, kind in zip(arrays, ("sha256", "md5", "sha256", "md5"), strict=True)
    }
    return running


def test_what_is_missing_is_downloaded_once(server, tmp_path, arrays):
    first = load(server, tmp_path)
    assert len(server.handler.requests) == 4
    assert (first.train_inputs[..., 0] == arrays["train-images-idx3-ubyte"]).all()
    second = load(server, tmp_path)
    assert len(server.handler.requests) == 4
    assert second.fingerprint == first.fingerprint


def load(server, tmp_path, url=None):
    return load_mnist("mnist", str(tmp_path / "root"), url or server.url, None, server.checksums)


def left_behind(root):
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.mark.parametrize("wrong", ["sha256:" + "0" * 64, "md5:" + "0" * 32])
def test_a_wrong_checksum_is_an_error_and_leaves_no_file(server, tmp_path, wrong):
    server.checksums["t10k-labels-idx1-ubyte"] = wrong
    with pytest.raises(DataError, match="the downloaded file is not mnist"):
        load(server, tmp_path)
    assert left_behind(tmp_path / "root") == []


def test_a_connection_that_breaks_leaves_no_file(server, tmp_path):
    server.handler.cut = "/"
    with pytest.raises(DataNotFound, match=r"RUNNER_DATA_DIR=\.\.\. or dataset.root"):
        load(server, tmp_path)
    assert list((tmp_path / "root").iterdir()) == []


def test_a_download_that_breaks_between_files_is_done_again(server, tmp_path, arrays):
    server.handler.cut = "/t10k-images"  # the third
    with pytest.raises(DataNotFound):
        load(server, tmp_path)
    assert len(server.handler.requests) == 3
    assert left_behind(tmp_path / "root") == []
    server.handler.cut = None
    dataset = load(server, tmp_path)
    assert (dataset.test_inputs[..., 0] == arrays["t10k-images-idx3-ubyte"]).all()
    assert {path.name for path in left_behind(tmp_path / "root")} == {f"{stem}.gz" for stem in arrays}


@pytest.mark.parametrize("path", ["nothing/here/", None], ids=["not found", "refused"])
def test_no_answer_says_how_to_get_the_data(server, tmp_path, path):
    url = server.url + path if path else "http://127.0.0.1:9/"
    with pytest.raises(DataNotFound, match="Put its four IDX files"):
        load(server, tmp_path, url)
    assert list((tmp_path / "root").iterdir()) == []
