import hashlib

import pytest

from runner.data.dataset import DataError, DataNotFound
from runner.data.storage.archives import find_archive

CONTENT = b"an archive of images" * 50
CHECKSUMS = {
    "images.zip": f"sha256:{hashlib.sha256(CONTENT).hexdigest()}",
    "same.tar.gz": f"md5:{hashlib.md5(CONTENT).hexdigest()}",
}
NOWHERE = "http://127.0.0.1:9/"


@pytest.fixture
def server(tmp_path, serve):
    """A server with the archive."""
    (tmp_path / "root").mkdir()
    published = tmp_path / "published"
    published.mkdir()
    (published / "images.zip").write_bytes(CONTENT)
    return serve(published)


def find(tmp_path, url=NOWHERE, **keywords):
    return find_archive("big_set", str(tmp_path / "root"), url, CHECKSUMS, **keywords)


def test_the_first_archive_is_downloaded_once_into_the_folder_of_its_name(server, tmp_path):
    path = find(tmp_path, server.url)
    assert path == tmp_path / "root/big_set/images.zip"
    assert path.read_bytes() == CONTENT
    assert find(tmp_path, server.url) == path
    assert server.handler.requests == ["/images.zip"]


def test_another_file_under_its_address_is_refused_and_leaves_nothing(server, tmp_path):
    (tmp_path / "published/images.zip").write_bytes(CONTENT[:-1])
    with pytest.raises(DataError, match="the downloaded file is not big_set"):
        find(tmp_path, server.url)
    assert not [path for path in (tmp_path / "root").rglob("*") if path.is_file()]


def test_a_download_that_breaks_leaves_nothing(server, tmp_path):
    server.handler.cut = "/"
    with pytest.raises(DataNotFound, match=r"Put images\.zip or same\.tar\.gz into .*RUNNER_DATA_DIR="):
        find(tmp_path, server.url)
    assert list((tmp_path / "root").iterdir()) == []


@pytest.mark.parametrize("folder", ["big_set", ".", "Big-Set", "BIGSET/raw"])
@pytest.mark.parametrize("file", CHECKSUMS)
def test_either_archive_is_found_where_people_have_it(tmp_path, folder, file):
    path = tmp_path / "root" / folder / file
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    assert find(tmp_path).samefile(path)


def test_half_an_archive_on_the_disk_is_refused_with_both_checksums(tmp_path):
    path = tmp_path / "root/big_set/same.tar.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT[: len(CONTENT) // 2])
    half = hashlib.md5(path.read_bytes()).hexdigest()
    with pytest.raises(
        DataError, match=rf"same\.tar\.gz: not the published archive of big_set: .*{half}, not "
    ) as caught:
        find(tmp_path)
    assert CHECKSUMS["same.tar.gz"].removeprefix("md5:") in str(caught.value)


def test_a_copy_elsewhere_is_taken_under_another_name_but_only_the_published_one(tmp_path):
    (tmp_path / "root").mkdir()
    copy = tmp_path / "cache_archive"
    copy.write_bytes(CONTENT)
    assert find(tmp_path, copies=[(tmp_path / "none", "images.zip"), (copy, "same.tar.gz")]) == copy
    copy.write_bytes(b"")
    with pytest.raises(DataError, match="cache_archive: not the published archive"):
        find(tmp_path, copies=[(copy, "same.tar.gz")])
