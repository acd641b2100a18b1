// Curves: a mean and a band for each group, a line for each run, or differences from the baseline.

// Multiples of a round step, and the first and last epoch if they are visible and not close to another tick; at least two
// ticks, if need be the ends of the axis.
const epochTicks = (epochs, low, high, step) => {
  const ticks = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) ticks.push(tick);
  if (ticks.length < 2) {
    const inside = epochs.filter((epoch) => epoch >= low && epoch <= high);
    const [first, last] = inside.length > 1 ? [inside[0], inside.at(-1)] : [Math.ceil(low * 100) / 100, inside[0] ?? Math.floor(high * 100) / 100];
    return first < last ? [first, last] : [first];
  }
  const isFree = (epoch) => epoch >= low && epoch <= high && ticks.every((tick) => Math.abs(tick - epoch) >= 0.6 * step);
  return [...ticks, ...[epochs[0], epochs.at(-1)].filter(isFree)].sort((one, other) => one - other);
};

const CHOICES = `runner:charts:${location.pathname}`; // key of the choices that this page remembers
const state = data && {
  metric: data.metrics[0],
  log: data.metrics[0].log,
  seeds: false,
  all: false, // whether the axis of a proportion holds all values
  by: BY_VARIANT,
  second: NO_KEY,
  x: "epoch",
  smoothing: 0,
  groups: [],
  pointed: null, // name of the group, run and index of the epoch under the pointer
  off: new Set(), // names of hidden groups of a key
  plots: [],
};
const isDifference = () => state.metric.name === "difference";
const axisShown = () => AXES[isDifference() ? "epoch" : state.x];
const unitShown = () => (state.metric.share ? "%" : "");
const positive = (value) => (value === null || value === undefined || (state.log && value <= 0) ? null : value);

const differenceOf = (curve) =>
  curve && { ...curve, ...(curve.n <= FEW_RUNS && { low: [], high: [] }), x: data.epochs, runs: [], isVariant: true };

// The curves of a panel: one for each visible group, and one for each of its runs.
const curvesOf = (panel) =>
  state.groups.flatMap((group) => {
    if (group.variant === undefined ? state.off.has(group.name) : hidden.has(group.variant)) return [];
    const runs = group.runs.filter((run) => !hidden.has(data.runs[run][0]));
    const curve = isDifference()
      ? differenceOf(panel.curves[group.variant])
      : meanOf(panel.values, runs, axisShown());
    return curve?.mean.length ? [{ group, ...smoothCurve(curve, state.smoothing) }] : [];
  });
const lineOfRun = (panel, run) => ({
  x: panel.values[run].map((_, at) => axisShown().of(run, at)),
  y: smoothed(panel.values[run], state.smoothing),
});
const isFewRuns = ({ n }) => n > 1 && n <= FEW_RUNS;
// The lines of runs: of all, or of those groups that have too few for a band.
const linesOfRuns = (panel, curves) =>
  (state.seeds ? curves : curves.filter(isFewRuns)).flatMap(({ group, runs }) => runs.map((run) => ({ group, run, ...lineOfRun(panel, run) })));
const linesOfDifferences = (curves) =>
  curves.filter(isFewRuns).flatMap(({ group, x, seeds }) =>
    seeds.map((y) => ({ group, x: x.slice(0, y.length), y: smoothed(y, state.smoothing) })),
  );
const linesOf = (panel, curves) => (isDifference() ? linesOfDifferences(curves) : linesOfRuns(panel, curves));

const FEW = 10; // with fewer epochs in view, no early value is cut off
// The vertical range for the given horizontal one. For a proportion, it may cut off early values far below the others, but
// never a final value, except that of a curve that ends before half of the longest, because its runs diverged.
const rangeOf = ({ curves, lines, metric, across: [from, to] }) => {
  const inside = ({ x, y }) => y.filter((value, at) => positive(value) !== null && x[at] >= from && x[at] <= to);
  const drawn = curves.flatMap(({ x, mean, raw }) => [{ x, y: mean }, { x, y: raw }]); // equal without smoothing
  const shown = [...drawn, ...lines].map(inside).filter((values) => values.length);
  const all = shown.flat().sort((one, other) => one - other);
  if (!all.length) {
    const places = curves.flatMap(({ x }) => x); // a zoom between two epochs shows the lines that join them
    const around = [Math.max(...places.filter((x) => x < from)), Math.min(...places.filter((x) => x > to))];
    return around.every(Number.isFinite) ? rangeOf({ curves, lines, metric, across: around }) : [state.log ? 0.1 : 0, 1];
  }
  let [low, high] = [all[0], all.at(-1)];
  if (state.log) return [low / 1.1, high * 1.1];
  const longest = Math.max(...shown.map((values) => values.length));
  const isLong = (values) => state.all || values.length >= longest / 2;
  const isFew = longest < FEW;
  if (metric.share && !state.all) {
    const lasting = shown.filter(isLong);
    const cut = Math.min(all[Math.floor(all.length * 0.1)], ...lasting.map((values) => values.at(-1)));
    low = isFew ? Math.min(...lasting.flat()) : Math.max(low, cut);
  }
  for (const curve of curves.filter(({ x, mean }) => isLong(inside({ x, y: mean })))) {
    const band = (y) => inside({ x: curve.x, y }).slice(state.all || (metric.share && isFew) ? 0 : -1);
    high = Math.max(high, ...band(curve.high));
    low = Math.min(low, ...band(curve.low));
  }
  if (isDifference()) [low, high] = [Math.min(low, 0), Math.max(high, 0)];
  const room = (high - low || Math.abs(high) || 1) * 0.06;
  return metric.share ? [Math.max(low - room, -0.3), Math.min(high + room, 100.3)] : [low - room, high + room];
};

// Whether a curve has values below the axis in view; triangles mark them.
const isBelow = (plot, { x, mean }, at) => {
  const { min, max } = plot.scales.x;
  return positive(mean[at]) !== null && x[at] >= min && x[at] <= max && mean[at] < plot.scales.y.min;
};
const drawBelow = (plot, curve) => {
  const { ctx: context, bbox } = plot;
  const [bottom, size] = [bbox.top + bbox.height, 5 * devicePixelRatio];
  context.fillStyle = tone(curve.group.color);
  curve.mean.forEach((_, at) => {
    if (!isBelow(plot, curve, at)) return;
    const x = plot.valToPos(curve.x[at], "x", true);
    context.beginPath();
    for (const [right, up] of [[0, 0], [-size, 1.6 * size], [size, 1.6 * size]]) context.lineTo(x + right, bottom - up);
    context.fill();
  });
};
const namesBelow = () => {
  const below = state.plots.flatMap((plot) =>
    plot.drawn.curves.filter((curve) => curve.mean.some((_, at) => isBelow(plot, curve, at))).map(({ group }) => group.name),
  );
  return [...new Set(below)];
};

const drawLine = (plot, { color, dash }, x, y, width, alpha) => {
  const { ctx: context } = plot;
  const points = y.flatMap((value, at) => (positive(value) === null ? [null] : [[plot.valToPos(x[at], "x", true), plot.valToPos(value, "y", true)]]));
  context.beginPath();
  points.forEach((point, at) => {
    if (point) context[at > 0 && points[at - 1] ? "lineTo" : "moveTo"](...point);
  });
  context.strokeStyle = context.fillStyle = faded(tone(color), alpha);
  context.lineWidth = width * devicePixelRatio;
  context.setLineDash(DASHES[dash].map((length) => length * devicePixelRatio));
  context.stroke();
  if (points.length !== 1 || !points[0]) return;
  context.beginPath(); // a single point draws no line
  context.arc(...points[0], 3 * devicePixelRatio, 0, 2 * Math.PI);
  context.fill();
};
const meanPointed = ({ curves }) => {
  const found = curves.find(({ group }) => group.name === state.pointed?.group);
  return found && { group: found.group, x: found.x, y: found.mean };
};
const drawPoint = (plot, line) => {
  const at = state.pointed?.at;
  if (!line || positive(line.y[at]) === null) return;
  const { ctx: context } = plot;
  context.beginPath();
  context.arc(plot.valToPos(line.x[at], "x", true), plot.valToPos(line.y[at], "y", true), 5 * devicePixelRatio, 0, 2 * Math.PI);
  context.fillStyle = tone(line.group.color);
  context.strokeStyle = cssColor("--paper");
  context.lineWidth = 1.5 * devicePixelRatio;
  context.setLineDash([]);
  context.fill();
  context.stroke();
};
const drawBand = (plot, { color }, { x, low, high }) => {
  const places = x.map((_, at) => at).filter((at) => positive(low[at]) !== null && positive(high[at]) !== null);
  const { ctx: context } = plot;
  context.beginPath();
  const point = (at, value) => context.lineTo(plot.valToPos(x[at], "x", true), plot.valToPos(value, "y", true));
  places.forEach((at) => point(at, high[at]));
  places.reverse().forEach((at) => point(at, low[at]));
  context.fillStyle = faded(tone(color), 0.15);
  context.fill();
};
// Zero, and the margin within which differences do not matter.
const drawReference = (plot, margin) => {
  const { ctx: context, bbox } = plot;
  const place = (value) => plot.valToPos(value, "y", true);
  context.fillStyle = cssColor("--band");
  if (margin) context.fillRect(bbox.left, place(margin), bbox.width, place(-margin) - place(margin));
  context.fillStyle = cssColor("--ink");
  context.fillRect(bbox.left, place(0), bbox.width, devicePixelRatio);
};
const drawPanel = (plot, drawn) => {
  const { ctx: context, bbox } = plot;
  context.save();
  context.beginPath();
  context.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  context.clip();
  if (isDifference()) drawReference(plot, state.metric.margin);
  const curves = [...drawn.curves].sort((one, other) => one.group.shown - other.group.shown); // faint ones behind
  for (const curve of curves) if (curve.group.shown) drawBand(plot, curve.group, curve);
  for (const { group, x, y } of drawn.lines) drawLine(plot, group, x, y, 1, 0.45);
  for (const { group, x, raw, mean } of curves) {
    if (state.smoothing) drawLine(plot, { ...group, dash: "-" }, x, raw, 1, 0.35);
    drawLine(plot, group, x, mean, group.shown ? 2 : 1, 1);
  }
  const run = state.pointed?.run ?? (isDifference() ? undefined : marked?.dataset.run);
  const owner = run === undefined ? null : drawn.curves.find(({ runs }) => runs.includes(Number(run)));
  const line = owner && { group: owner.group, ...lineOfRun(drawn.panel, Number(run)) };
  if (line) drawLine(plot, line.group, line.x, line.y, 3, 1);
  drawPoint(plot, state.pointed?.run === undefined ? meanPointed(drawn) : line);
  context.restore();
  for (const curve of curves) drawBelow(plot, curve);
};

// The curve under the pointer: that of a group, or of a run if runs are drawn.
const nearestCurve = (plot, { curves, lines }) => {
  const { left, top } = plot.cursor;
  if (left < 0) return null;
  const wanted = plot.posToVal(left, "x");
  let best = { distance: NEAR };
  const consider = (x, y, found) => {
    const at = nearestPlace(x, wanted);
    if (positive(y[at]) === null) return;
    const isBeyond = wanted < x[0] || wanted > x[y.length - 1];
    const away = isBeyond ? plot.valToPos(x[at], "x") - left : 0;
    const distance = Math.hypot(plot.valToPos(y[at], "y") - top, away);
    if (distance < best.distance) best = { ...found, distance, at };
  };
  for (const curve of curves) consider(curve.x.slice(0, curve.mean.length), curve.mean, { curve });
  for (const line of state.seeds && !isDifference() ? lines : []) consider(line.x, line.y, { run: line.run, curve: curves.find(({ group }) => group === line.group) });
  return best.curve ? best : null;
};
// The values of the other panels at the same epoch.
const elsewhere = (panel, { curve, run, at }) =>
  state.plots.filter(({ drawn }) => drawn.panel !== panel).flatMap(({ drawn }) => {
    const mean = drawn.curves.find(({ group }) => group.name === curve.group.name)?.raw[at];
    const value = run === undefined ? mean : drawn.panel.values[run][at];
    return value === null || value === undefined ? [] : [`${drawn.panel.label}: ${short(value)}`];
  });
// The values of the curves at the place of the given one, in descending order: all, or those next to it.
const MOST_LISTED = 12;
const listed = ({ curves }, { curve, at }) => {
  const isBeyond = ({ x }) => curve.x[at] > x.at(-1) || curve.x[at] < x[0];
  const found = curves
    .filter((own) => own === curve || !isBeyond(own))
    .map((own) => [own, own.raw[nearestPlace(own.x, curve.x[at])]])
    .filter(([, value]) => positive(value) !== null)
    .sort(([, one], [, other]) => other - one);
  const place = found.findIndex(([own]) => own === curve);
  const start = Math.max(0, Math.min(place - MOST_LISTED / 2, found.length - MOST_LISTED));
  const digits = Math.max(...found.map(([, value]) => (short(value).split(".")[1] ?? "").length));
  return found.slice(start, start + MOST_LISTED).map(([own, value]) => {
    const line = document.createElement(own === curve ? "strong" : "span");
    line.append(swatch(own.group), ` ${own.group.name}: ${value.toFixed(digits).replace("-", MINUS)}${unitShown()}`);
    return line;
  });
};
const describe = (drawn, nearest) => {
  const { panel, curves } = drawn;
  const { curve, run, at } = nearest;
  const header = `epoch ${data.epochs[at]}, ${panel.label}`;
  const details = (run === undefined ? detailsOfGroup : detailsOfRun)(panel, nearest).join("\n");
  if (curves.length < 2) return [`${header}\n${curve.group.name}\n${details}`];
  return [header, ...listed(drawn, nearest), `${curve.group.name}\n${details}`];
};
const valueShown = (value) => (value === null || value === undefined ? "–" : short(value));
const detailsOfRun = (panel, { curve, run, at }) => {
  const where = state.x === "epoch" ? [] : [`${axisShown().label}: ${short(axisShown().of(run, at))}`];
  const own = `${data.unit} ${data.runs[run][1]}: ${valueShown(panel.values[run][at])}${unitShown()}`;
  return [...where, own, ...elsewhere(panel, { curve, run, at })];
};
const detailsOfGroup = (panel, { curve, at }) => {
  const { group, n, x, raw, mean, low, high, runs, isVariant } = curve;
  const lines = axisShown() === AXES.epoch ? [] : [`${axisShown().label}: ${short(x[at])}`];
  lines.push(`mean of ${n}: ${valueShown(raw[at])}${unitShown()}`);
  if (state.smoothing) lines.push(`smoothed: ${valueShown(mean[at])}${unitShown()}`);
  const kind = isVariant ? `${data.confidence} interval` : "mean ± standard deviation";
  if (low[at] !== null && low[at] !== undefined) lines.push(`${kind}: ${short(low[at])} to ${short(high[at])}`);
  lines.push(...elsewhere(panel, { curve, at }));
  if (group.variant === undefined) return lines;
  lines.push(...runs.slice(0, 12).map((own) => `${data.unit} ${data.runs[own][1]}: ${valueShown(panel.values[own][at])}`));
  return runs.length > 12 ? [...lines, `and ${runs.length - 12} more`] : lines;
};
// What lines and bands mean, below the charts.
const caption = () => {
  const shown = state.plots.flatMap(({ drawn }) => drawn.curves);
  const counts = new Set(shown.map(({ n }) => n));
  const n = counts.size === 1 ? ` (n = ${[...counts][0]})` : "";
  const means = isDifference() ? "means of the paired differences" : `means over ${data.unit === "fold" ? "folds" : "runs"}`;
  const banded = shown.filter(({ n }) => n > FEW_RUNS);
  const kinds = new Set(banded.map(({ isVariant }) => isVariant));
  const interval = `their ${data.confidence} intervals`;
  const spread = "one standard deviation on either side for groups of several variants";
  const bands = [...(kinds.has(true) ? [interval] : []), ...(kinds.has(false) ? [spread] : [])].join(", or ");
  const parts = [`Lines are ${means}${n}${bands && `, bands ${bands}`}.`];
  if (shown.some(isFewRuns)) {
    const few = `up to ${FEW_RUNS} ${data.unit}s`;
    parts.push(`With ${few}, thin lines are single ${data.unit}s instead of a band.`);
  }
  if (isDifference() && state.metric.margin) parts.push("The grey area is the margin.");
  if (state.smoothing && !isDifference()) parts.push("Thin lines are not smoothed.");
  parts.push(...penaltyNote(state.metric.name));
  if (state.metric.panels.length > 1) parts.push(data.running);
  const below = namesBelow();
  if (below.length) parts.push(`Triangles mark values below the axis (“all values” shows them): ${below.join("; ")}.`);
  return parts.join(" ");
};
const spoken = ({ panel, curves }) => {
  const ends = curves.map(({ group, mean }) => `${group.name} ends at ${short(mean.at(-1))}`);
  return `${panel.label} by ${axisShown().label}: ${ends.join(", ")}`;
};
