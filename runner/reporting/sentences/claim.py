"""Claim of a comparison, with and without the names of the compared variants."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """Claim about a variant and its baseline, in parts: "is", "significantly better", "than sgd", and the rest."""

    verb: str
    core: str
    relation: str  # names the baseline
    rest: str = ""

    @property
    def finding(self) -> str:
        """The claim without the names of the variants."""
        return f"{self.core}{self.rest}"

    def __str__(self) -> str:
        """Return the claim without its subject."""
        return " ".join(filter(None, [self.verb, self.core, self.relation])) + self.rest
