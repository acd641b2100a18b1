// Parallel coordinates of the trials of one variant. A drag along an axis selects the trials with these values.
const AXIS_HEIGHT = 190;
const AXIS_TOP = 44; // the names of the axes
const AXIS_SIDE = 70; // room beside the first and the last axis
const LINE_NEAR = 10; // maximum distance in pixels from the pointer to a line

const drawShape = (parent, name, attributes, text = "") => {
  const shape = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value);
  shape.textContent = text;
  parent.append(shape);
  return shape;
};
const roundTicks = (low, high) => {
  const power = 10 ** Math.floor(Math.log10((high - low) / 2));
  const step = [5, 2, 1].map((factor) => factor * power).find((size) => (high - low) / size >= 2);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, place) => Number(((first + place) * step).toPrecision(12)));
};
// The axis of a column: the share of its height at which each value stands, and its ticks. Options are equidistant.
const parallelAxis = (name, cells) => {
  const texts = cells.map(plainText);
  const levels = [...new Set(texts)];
  const numbers = cells.map(numberOfCell);
  const isNumeric = !numbers.includes(null);
  const values = isNumeric ? numbers : texts.map((text) => levels.indexOf(text));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const scaled = isNumeric && low > 0 && high > 20 * low ? Math.log : (value) => value;
  const share = (value) => (scaled(value) - scaled(low)) / (scaled(high) - scaled(low));
  const rounded = () => (scaled === Math.log ? spacedTicks(logSplits(null, 0, low, high), low, high, 4 * APART, true) : roundTicks(low, high));
  const isConstant = low === high;
  const numeric = () => (isConstant ? [] : rounded()).map((tick) => [share(tick), short(tick)]);
  const ticks = isNumeric ? numeric() : levels.map((level, place) => [share(place), level]);
  return { name, ticks, shares: values.map(share), texts, isConstant };
};
const parallelChart = (place, table) => {
  const heads = [...table.tHead.rows[0].cells];
  const [score, ...keys] = heads.flatMap((head, position) => (position > 1 && head.classList.contains("number") ? [position] : []));
  const chosenAt = heads.findIndex((head) => head.dataset.name === "choice");
  // The trials of a variant with a score, and its axes: the keys that differ, and the score.
  const chartOf = (variant) => {
    const rows = [...table.tBodies[0].rows].filter((row) => row.cells[0].textContent === variant && numberOfCell(row.cells[score]) !== null);
    const known = [...keys, score].filter((position) => rows.every((row) => plainText(row.cells[position])));
    const axes = known.map((position) => parallelAxis(heads[position].dataset.name, rows.map((row) => row.cells[position])));
    return { rows, axes: axes.filter(({ isConstant }) => !isConstant) };
  };
  const names = [...new Set([...table.tBodies[0].rows].map((row) => row.cells[0].textContent))];
  const charts = new Map(names.map((name) => [name, chartOf(name)]).filter(([, { axes, rows }]) => axes.length > 2 && rows.length > 1));
  if (!charts.size) return null;
  const state = { variant: charts.keys().next().value, brushes: new Map(), nearest: null };
  const box = document.createElement("div");
  const explanation = note();
  const chart = () => charts.get(state.variant);
  const isSelected = (trial) =>
    [...state.brushes].every(([axis, [low, high]]) => chart().axes[axis].shares[trial] >= low && chart().axes[axis].shares[trial] <= high);
  const across = (axis) => AXIS_SIDE + (axis / (chart().axes.length - 1)) * (box.clientWidth - 2 * AXIS_SIDE);
  const down = (share) => AXIS_TOP + (1 - share) * AXIS_HEIGHT;
  const describe = (trial) => {
    const values = chart().axes.map(({ name, texts }) => `${name}: ${texts[trial]}`);
    return [`${state.variant}, trial ${plainText(chart().rows[trial].cells[1])}`, ...values].join("\n");
  };
  const near = (x, y) => {
    const left = Math.min(chart().axes.length - 2, Math.max(0, Math.floor(((x - AXIS_SIDE) / (box.clientWidth - 2 * AXIS_SIDE)) * (chart().axes.length - 1))));
    const along = Math.min(1, Math.max(0, (x - across(left)) / (across(left + 1) - across(left))));
    let [best, distance] = [null, LINE_NEAR];
    chart().rows.forEach((_, trial) => {
      const [from, to] = [left, left + 1].map((axis) => down(chart().axes[axis].shares[trial]));
      const away = Math.abs(from + along * (to - from) - y);
      if (isSelected(trial) && away < distance) [best, distance] = [trial, away];
    });
    return best;
  };
  const drawTrial = (svg, trial) => {
    const { axes, rows } = chart();
    const points = axes.map(({ shares }, axis) => `${across(axis).toFixed(1)},${down(shares[trial]).toFixed(1)}`).join(" ");
    const isChosen = plainText(rows[trial].cells[chosenAt]) !== "";
    const isMarked = trial === state.nearest || rows[trial] === marked;
    const line = drawShape(svg, "polyline", { points, fill: "none", "stroke-width": isMarked ? 5 : isChosen ? 3 : 1.5, "data-trial": trial });
    const share = Math.round(25 + 75 * axes.at(-1).shares[trial]);
    line.style.stroke = isChosen ? cssColor("--bad") : `color-mix(in srgb, ${cssColor("--link")} ${share}%, ${cssColor("--line")})`;
    line.style.opacity = isSelected(trial) ? 1 : 0.12;
  };
  const drawAxis = (svg, { name, ticks }, axis) => {
    const x = across(axis);
    drawShape(svg, "line", { x1: x, x2: x, y1: down(1), y2: down(0), stroke: cssColor("--ink") });
    const anchor = axis === chart().axes.length - 1 ? "end" : axis ? "middle" : "start";
    const isNarrow = across(1) - across(0) < 150;
    const ends = { start: x - 30, middle: x, end: box.clientWidth };
    drawShape(svg, "text", { x: ends[anchor], y: AXIS_TOP - 16 - 15 * (isNarrow && axis % 2), "text-anchor": anchor }, name.split(".").at(-1));
    for (const [share, text] of ticks) {
      drawShape(svg, "line", { x1: x - 4, x2: x, y1: down(share), y2: down(share), stroke: cssColor("--ink") });
      drawShape(svg, "text", { x: x - 7, y: down(share) + 4, "text-anchor": "end", class: "tick" }, text);
    }
    const brush = state.brushes.get(axis);
    if (brush) drawShape(svg, "rect", { x: x - 8, width: 16, y: down(brush[1]), height: (brush[1] - brush[0]) * AXIS_HEIGHT, class: "brush" });
    drawShape(svg, "rect", { x: x - 14, width: 28, y: AXIS_TOP - 8, height: AXIS_HEIGHT + 16, class: "grip", "data-axis": axis });
  };
  const draw = () => {
    const { axes, rows } = chart();
    const svg = drawShape(document.createElement("div"), "svg", { role: "img", width: box.clientWidth, height: AXIS_TOP + AXIS_HEIGHT + 16, class: "parallel" });
    svg.setAttribute("aria-label", `Trials of ${state.variant} in parallel coordinates; the table has the numbers`);
    const inFront = (trial) => (trial === state.nearest ? 2 : plainText(rows[trial].cells[chosenAt]) !== "" ? 1 : 0);
    [...rows.keys()].sort((one, other) => inFront(one) - inFront(other)).forEach((trial) => drawTrial(svg, trial));
    axes.forEach((axis, position) => drawAxis(svg, axis, position));
    box.replaceChildren(svg);
    const count = [...rows.keys()].filter(isSelected).length;
    explanation.textContent =
      `Each line is a trial; stronger colours are higher values of the last axis, and the orange line is the chosen trial. ` +
      `Drag along an axis to select trials, and click the axis to select all. Selected: ${count} of ${rows.length}.`;
  };
  const shareAt = (event) => Math.min(1, Math.max(0, 1 - (event.clientY - box.getBoundingClientRect().top - AXIS_TOP) / AXIS_HEIGHT));
  let dragged = null; // the axis, and where the drag began
  box.addEventListener("pointerdown", (event) => {
    if (!event.target.dataset.axis) return;
    dragged = [Number(event.target.dataset.axis), shareAt(event)];
    box.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  box.addEventListener("pointermove", (event) => {
    if (dragged) state.brushes.set(dragged[0], [dragged[1], shareAt(event)].sort((one, other) => one - other));
    const { left, top } = box.getBoundingClientRect();
    state.nearest = dragged || event.target.dataset.axis ? null : near(event.clientX - left, event.clientY - top);
    draw();
    if (state.nearest === null) hideTip();
    else showTip(describe(state.nearest), event.clientX, event.clientY);
  });
  box.addEventListener("pointerup", (event) => {
    if (dragged && Math.abs(shareAt(event) - dragged[1]) < 0.02) state.brushes.delete(dragged[0]);
    else if (!dragged && state.nearest !== null) goTo(chart().rows[state.nearest]);
    dragged = null;
    draw();
  });
  box.addEventListener("pointerleave", () => {
    state.nearest = null;
    hideTip();
    draw();
  });
  const show = (variant) => {
    state.variant = variant;
    state.brushes.clear();
    draw();
  };
  const tools = document.createElement("div");
  tools.className = "tools";
  if (charts.size > 1) tools.append(field("Trials of", choice([...charts.keys()].map((name) => [name, name]), state.variant, show)));
  tools.append(press("Reset", () => show(state.variant)));
  place.append(tools, box, explanation);
  markers.push(draw);
  new ResizeObserver(draw).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  return { state, isSelected };
};
const parallelPlace = document.getElementById("trials-parallel");
const parallel = data && parallelPlace ? parallelChart(parallelPlace, document.getElementById("table-trials")) : null;
