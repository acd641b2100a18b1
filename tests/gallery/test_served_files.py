"""Files that the server sends; no path escapes the served directory."""

import os

import pytest

from runner.gallery.served_files import NotServed, list_files, parts_of, read_file

SECRET = "the secret"
TRAVERSALS = [
    "/../secret.csv",
    "/studies/../../secret.csv",
    "/studies/done/../../../secret.csv",
    "/%2e%2e/secret.csv",
    "/%2E%2E%2Fsecret.csv",
    "/..%2fsecret.csv",
    "/..%5csecret.csv",
    "/..\\secret.csv",
    "/%252e%252e/secret.csv",
    "/%252e%252e%252fsecret.csv",
    "/%c0%ae%c0%ae/secret.csv",
    "/%u002e%u002e/secret.csv",
    "/....//secret.csv",
    "/.../secret.csv",
    "/;/../secret.csv",
    "//secret.csv",
    "//etc/passwd",
    "/%2fetc/passwd",
    "/{outside}/secret.csv",
    "//{outside}/secret.csv",
    "/file:///{outside}/secret.csv",
    "/studies/done/%00.csv",
    "/studies/done/summary.csv%00",
    "/studies/done/summary.csv\x00.png",
    "/studies/done/%0d%0aX: y.csv",
    "/studies//done/summary.csv",
    "/./studies/done/summary.csv",
    "/studies/done/.hidden.csv",
    "/studies/done/link.csv",
    "/studies/done/linked/summary.csv",
    "/studies/linked/summary.csv",
    "/studies/done/pipe.csv",
    "studies/done/summary.csv",
    "http://localhost/studies/done/summary.csv",
    "*",
    "",
]


@pytest.fixture
def site(outputs):
    """The served folder, which contains links to a secret outside it."""
    (outputs.parent / "secret.csv").write_text(SECRET)
    done = outputs / "studies" / "done"
    (done / ".hidden.csv").write_text(SECRET)
    (done / "link.csv").symlink_to(outputs.parent / "secret.csv")
    (done / "linked").symlink_to(outputs / "studies" / "wrong")
    os.mkfifo(done / "pipe.csv")
    return outputs


@pytest.mark.parametrize("target", TRAVERSALS)
def test_nothing_outside_and_nothing_odd_is_served(site, target):
    with pytest.raises(NotServed):
        read_file(site, parts_of(target.replace("{outside}", str(site.parent)).partition("?")[0]))


@pytest.mark.parametrize(
    "name", ["model.keras", "predictions.npz", "state.pkl", "x.py", "x.js", "x", ".lock", "x.csv.gz"]
)
def test_networks_arrays_pickles_and_programs_are_not_served(site, name):
    (site / "studies" / "done" / name).write_text("x")
    with pytest.raises(NotServed):
        read_file(site, ("studies", "done", name))


def test_files_of_runs_sweeps_and_reports_are_served_as_text_or_pictures(site):
    (site / "studies" / "done" / "a b%é.png").write_bytes(b"picture")
    assert read_file(site, parts_of("/studies/done/a%20b%25%C3%A9.png")) == (b"picture", "image/png")
    content, kind = read_file(site, parts_of("/runs/single/record.json"))
    assert (content[:1], kind) == (b"{", "text/plain; charset=utf-8")
    assert read_file(site, parts_of("/paper/index.html"))[1] == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", ["/notes/todo.html", "/notes/", "/", "/studies/"])
def test_a_folder_that_holds_neither_run_nor_report_is_nobodys_business(site, path):
    (site / "index.html").write_text("mine")
    with pytest.raises(NotServed):
        read_file(site, parts_of(path))
    with pytest.raises(NotServed):
        list_files(site, parts_of(path))


def test_a_list_has_what_is_served_and_the_runs(site):
    (site / "studies" / "done" / "model.keras").touch()
    (site / "studies" / "done" / "other").mkdir()
    files, below = list_files(site, ("studies", "done"))
    assert files == ["aggregate.csv", "comparisons.csv", "index.html", "plan.csv", "plan.json", "summary.csv"]
    assert below == ["adam-final-0", "adam-final-1", "sgd-final-0", "sgd-final-1"]


def test_the_runs_are_listed_in_natural_order(site):
    for seed in (1000, 9, 10):
        (site / "studies" / "done" / f"seed={seed}").mkdir()
        (site / "studies" / "done" / f"seed={seed}" / "record.json").touch()
    _, below = list_files(site, ("studies", "done"))
    assert [name for name in below if name.startswith("seed")] == ["seed=9", "seed=10", "seed=1000"]
