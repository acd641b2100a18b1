"""Order of runs without a plan: by the keys of their grid."""

from collections.abc import Sequence

from runner.records.record import RunRecord


def grid_order(records: Sequence[RunRecord]) -> list[int]:
    """Return the positions of a grid's runs, sorted by its keys (numbers ascending); other runs keep their order.

    Words are in the order of their first runs. Runs are a grid if no study names their variants and all of them
    override the same keys, at least one of them with several numbers.
    """
    if any(record.label for record in records):
        return [*range(len(records))]
    from runner.reporting.figures.drawing.axes import overrides_frame, varying_axes  # imports pandas

    frame = overrides_frame(records)
    axes = varying_axes(frame)
    if frame.isna().any(axis=None) or not any(axis.is_number for axis in axes):
        return [*range(len(records))]
    places = [{level: place for place, level in enumerate(axis.levels)} for axis in axes]
    keys = [
        tuple(place[level] for place, level in zip(places, own, strict=True))
        for own in frame[[axis.key for axis in axes]].itertuples(index=False, name=None)
    ]
    return sorted(range(len(records)), key=keys.__getitem__)
