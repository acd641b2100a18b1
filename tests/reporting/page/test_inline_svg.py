import re
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from runner.reporting.figures.drawing.canvas import as_svg, canvas
from runner.reporting.page.inline_svg import data_address


@pytest.fixture
def svg():
    figure, axes = canvas("a <b> & 'c' \"d\" 100%")
    axes.plot([0, 0.123456789, 1e6], [1e-9, -2.5, 3])
    return as_svg(figure)


def shapes(text):
    """Return each element with the numbers in its attributes except 0; `x` and `y` shift it like `translate`."""
    return [
        (
            element.tag,
            [
                float(number)
                for name, value in element.attrib.items()
                if name != "id" and "#" not in value
                for number in re.findall(r"-?\d+\.?\d*", value)
                if float(number)
            ],
        )
        for element in ET.fromstring(text).iter()
        if "metadata" not in element.tag and "w3.org/2000" in element.tag
    ]


def test_the_address_holds_the_same_shapes_to_a_hundredth_of_a_point(svg):
    address = data_address(svg)
    begin = "data:image/svg+xml,"
    assert address.startswith(begin)
    found, wanted = shapes(unquote(address.removeprefix(begin))), shapes(svg.decode())
    assert [tag for tag, _ in found] == [tag for tag, _ in wanted]
    for (_, own), (_, others) in zip(found, wanted, strict=True):
        assert own == pytest.approx(others, abs=0.0101)
    assert len(address) < 0.75 * len(svg)


def test_the_address_cannot_leave_its_attribute(svg):
    assert not re.search(r'["&#\n]', data_address(svg))


def test_references_still_meet_their_elements(svg):
    text = unquote(data_address(svg))
    names = re.findall(r" id='([^']+)'", text)
    assert {*re.findall(r"#(n\d+)", text)} == {*names}
    assert len(names) == len({*names}) > 3


def test_every_letter_is_read_back_from_its_escape():
    letters = "".join(map(chr, range(33, 127))) + "µ日🙂"
    assert unquote(data_address(f"<svg>{letters}</svg>".encode())).endswith(f"<svg>{letters}</svg>")
