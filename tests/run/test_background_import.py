import builtins

from runner.run.background_import import import_ahead


def test_what_cannot_be_imported_ahead_is_left_to_where_it_is_used(monkeypatch, capsys):
    def refuse(name, *_, **__):
        raise ImportError(name)

    with monkeypatch.context() as patched:
        patched.setattr(builtins, "__import__", refuse)
        thread = import_ahead()
        thread.join()
    assert capsys.readouterr().err == ""
    assert thread.daemon  # an import does not delay the end of an interrupted run
