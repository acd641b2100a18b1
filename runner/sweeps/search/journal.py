"""Journal file in which Optuna keeps a search."""

from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend


def open_search(journal: str, **options: Any) -> optuna.Study:
    """Open a search's journal, or create it."""
    storage = JournalStorage(JournalFileBackend(journal))
    return optuna.create_study(storage=storage, study_name="search", load_if_exists=True, **options)
