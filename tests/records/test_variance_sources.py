from typing import get_args

from runner.records.variance_sources import STREAMS, Source, label_of, variant_and_source


def test_a_label_gives_back_its_variant_and_source():
    """A variant's name may contain commas, or look like such a label."""
    for variant in ("mlp", "adam,dataset.label_noise=0.2", "mlp,vary=order"):
        assert variant_and_source(label_of(variant, "split")) == (variant, "split")


def test_the_sources_are_the_streams_with_a_seed_and_the_split():
    assert get_args(Source) == (*STREAMS, "split")
