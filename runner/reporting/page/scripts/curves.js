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

// A curve of the differences; without a band for few pairs, of which there is a line each.
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
  (state.seeds ? curves : curves.filter(isFewRuns)).flatMap(({ group, runs }) =>
    runs.map((run) => ({ group, run, ...lineOfRun(panel, run) })),
  );
const linesOfDifferences = (curves) =>
  curves.filter(isFewRuns).flatMap(({ group, x, seeds }) =>
    seeds.map((y) => ({ group, x: x.slice(0, y.length), y: smoothed(y, state.smoothing) })),
  );
const linesOf = (panel, curves) => (isDifference() ? linesOfDifferences(curves) : linesOfRuns(panel, curves));

// The value of a line at a place between two of its points; null elsewhere.
const crossing = (x, y, place) => {
  const at = x.findIndex((own) => own > place);
  if (at < 1 || x[at - 1] === place || positive(y[at - 1] ?? null) === null || positive(y[at] ?? null) === null) return null;
  const share = (place - x[at - 1]) / (x[at] - x[at - 1]);
  return state.log ? y[at - 1] ** (1 - share) * y[at] ** share : y[at - 1] * (1 - share) + y[at] * share;
};

const FEW = 10; // with fewer epochs in view, no early value is cut off
// The vertical range for the given horizontal one. For a proportion, it may cut off early values far below the others, but
// never a final value, except that of a curve that ends before half of the longest, because its runs diverged.
const rangeOf = ({ curves, lines, metric, across: [from, to] }) => {
  const inside = ({ x, y }) => {
    const found = y.filter((value, at) => positive(value) !== null && x[at] >= from && x[at] <= to);
    return [crossing(x, y, from), ...found, crossing(x, y, to)].filter((value) => value !== null);
  };
  const drawn = curves.flatMap(({ x, mean, raw }) => [{ x, y: mean }, { x, y: raw }]); // equal without smoothing
  const shown = [...drawn, ...lines].map(inside).filter((values) => values.length);
  const all = shown.flat().sort((one, other) => one - other);
  if (!all.length) return [state.log ? 0.1 : 0, 1];
  let [low, high] = [all[0], all.at(-1)];
  if (state.log && !state.all) return [low / 1.1, high * 1.1];
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
  if (state.log) return [low / 1.1, high * 1.1];
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
// Whether a band reaches beyond the axis in view.
const isBandCut = (plot, { group, x, low, high }) => {
  const { x: across, y } = plot.scales;
  const isBeyond = (value) => positive(value) !== null && (value < y.min || value > y.max);
  return group.shown && x.some((place, at) => place >= across.min && place <= across.max && [low[at], high[at]].some(isBeyond));
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

// The curve under the pointer: that of a group, or of a run if runs are drawn; only points in view are found.
const nearestCurve = (plot, { curves, lines }) => {
  const { left, top } = plot.cursor;
  if (left < 0) return null;
  const wanted = plot.posToVal(left, "x");
  const { min, max } = plot.scales.x;
  let best = { distance: NEAR };
  const consider = (x, y, found) => {
    const first = x.findIndex((place) => place >= min);
    const inView = x.filter((place) => place >= min && place <= max);
    if (!inView.length) return;
    const at = first + nearestPlace(inView, wanted);
    if (positive(y[at]) === null) return;
    const isBeyond = wanted < x[0] || wanted > x[y.length - 1];
    const away = isBeyond ? plot.valToPos(x[at], "x") - left : 0;
    const distance = Math.hypot(plot.valToPos(y[at], "y") - top, away);
    if (distance < best.distance) best = { ...found, distance, at, x: x[at], y: y[at] };
  };
  for (const curve of curves) consider(curve.x.slice(0, curve.mean.length), curve.mean, { curve });
  for (const { x, y, run, group: own } of state.seeds && !isDifference() ? lines : []) {
    consider(x, y, { run, curve: curves.find(({ group }) => group === own) });
  }
  return best.curve ? best : null;
};
