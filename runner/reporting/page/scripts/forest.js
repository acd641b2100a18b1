// The axis of the forest plot follows the visible variants. Positions are percentages of the width of the plot.
const EDGE = 4; // margin on either side of the axis, as in forest_layout.py
const MOST_TICKS = 6;
const percent = (text) => Number.parseFloat(text);
const ROUND = [1, 2, 2.5, 5, 10];
const roundStep = (range) => {
  const power = 10 ** Math.floor(Math.log10(range / MOST_TICKS));
  return power * ROUND.find((step) => step * power >= range / MOST_TICKS);
};
const signed = (value) => `${value > 0 ? "+" : ""}${short(value)}`;
const shapesOf = (row) =>
  [...row.querySelectorAll(".plot :is(svg svg, line:not(.grid), rect)")].map((element) => ({
    element,
    start: percent(element.getAttribute("x") ?? element.getAttribute("x1")),
    end: percent(element.getAttribute("x2") ?? element.getAttribute("x")) + percent(element.getAttribute("width") ?? "0"),
    isBeyond: element.querySelector("path[d*='L3-4'], path[d*='L-3-4']") !== null,
  }));
const moveShape = ({ element, start, end }, moved) => {
  const [from, to] = [moved(start), moved(end)].map((place) => place.toFixed(2));
  if (element.hasAttribute("x1")) element.setAttribute("x2", `${to}%`);
  element.setAttribute(element.hasAttribute("x1") ? "x1" : "x", `${from}%`);
  if (element.hasAttribute("width")) element.setAttribute("width", `${(to - from).toFixed(2)}%`);
};
const drawTicks = (axis, rows, ticks) => {
  const make = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  axis.replaceChildren(...ticks.map(([place, text]) => Object.assign(make("text", { x: `${place}%`, y: 11 }), { textContent: text })));
  for (const { zero } of rows) {
    zero.parentElement.querySelectorAll(".grid").forEach((line) => line.remove());
    zero.before(...ticks.map(([place]) => make("line", { class: "grid", x1: `${place}%`, x2: `${place}%`, y1: 0, y2: "100%" })));
  }
};
const followVisible = (axis, found) => {
  const own = [...axis.children].map((tick) => [percent(tick.getAttribute("x")), tick.textContent]);
  const rows = found.map((row) => ({ row, shapes: shapesOf(row), zero: row.querySelector(".plot .zero") })).filter(({ zero }) => zero);
  if (own.length < 2 || !rows.length) return;
  const [[first, low], [last, high]] = [own[0], own.at(-1)].map(([place, text]) => [place, Number(text.replace(MINUS, "-"))]);
  const unit = (last - first) / (high - low);
  follow(() => {
    const visible = rows.filter(({ row }) => !row.classList.contains("off"));
    const places = visible.flatMap(({ shapes }) => shapes.filter(({ isBeyond }) => !isBeyond).flatMap(({ start, end }) => [start, end]));
    const range = Math.max(...places) - Math.min(...places);
    const isAll = visible.length === rows.length || !(range > 0); // or only differences of 0 are left
    const room = 0.03 * range;
    const from = isAll ? EDGE : Math.max(EDGE, Math.min(...places) - room);
    const to = isAll ? 100 - EDGE : Math.min(100 - EDGE, Math.max(...places) + room);
    const moved = (place) => Math.min(100 - EDGE, Math.max(EDGE, EDGE + ((place - from) / (to - from)) * (100 - 2 * EDGE)));
    for (const { shapes } of rows) shapes.forEach((shape) => moveShape(shape, moved));
    const step = roundStep((to - from) / unit);
    const start = Math.ceil((low + (from - first) / unit) / step);
    const end = Math.floor((low + (to - first) / unit) / step);
    const ticks = Array.from({ length: Math.max(0, end - start + 1) }, (_, at) => (start + at) * step);
    drawTicks(axis, rows, isAll ? own : ticks.map((value) => [moved(first + (value - low) * unit).toFixed(2), signed(value)]));
  });
};
for (const table of document.querySelectorAll(".forest")) {
  const shared = table.tHead.querySelector(".axis");
  const rows = [...table.tBodies[0].rows];
  if (shared) followVisible(shared, rows);
  const heads = rows.filter((row) => row.matches(".group:has(.axis)"));
  for (const head of heads) {
    const next = rows.findIndex((row, at) => at > rows.indexOf(head) && row.matches(".group"));
    followVisible(head.querySelector(".axis"), rows.slice(rows.indexOf(head) + 1, next < 0 ? undefined : next));
  }
}
