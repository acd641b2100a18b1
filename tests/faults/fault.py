"""A seeded fault: one wrong line in the program."""

from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Fault:
    """A line and its wrong replacement, both without their indentation."""

    name: str
    kind: str
    file: str
    line: str
    becomes: str

    def number(self, checkout: Path) -> int:
        """Return the number of its line, from 1.

        Raises:
            ValueError: if the line is not there exactly once.
        """
        lines = (checkout / self.file).read_text().splitlines()
        found = [number for number, line in enumerate(lines, start=1) if line.strip() == self.line]
        if len(found) != 1:
            raise ValueError(f"{self.name}: {self.file} contains its line {len(found)} times, not once")
        return found[0]

    def plant(self, checkout: Path) -> None:
        """Write the wrong line."""
        path, number = checkout / self.file, self.number(checkout)
        lines = path.read_text().splitlines(keepends=True)
        lines[number - 1] = lines[number - 1].replace(self.line, self.becomes)
        path.write_text("".join(lines))


def read_faults() -> list[Fault]:
    """Read the list."""
    return [Fault(**item) for item in yaml.safe_load(Path(__file__).with_name("faults.yaml").read_text())]
