import gc
import sys

from runner.engine.setup.tensorflow_import import quick_import


def test_the_first_import_is_made_without_collections_and_stays_out_of_later_ones(monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    frozen = gc.get_freeze_count()
    made = []
    with quick_import():
        assert not gc.isenabled()
        made.append(["what an import leaves"])
    assert gc.isenabled()
    assert gc.get_freeze_count() > frozen


def test_later_ones_change_nothing(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", sys)
    frozen = gc.get_freeze_count()
    with quick_import():
        assert gc.isenabled()
    assert gc.get_freeze_count() == frozen


def test_collections_that_somebody_switched_off_stay_off(monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    gc.disable()
    try:
        with quick_import():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
