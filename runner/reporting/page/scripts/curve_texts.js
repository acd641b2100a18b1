// Words of the charts of curves: tooltips, captions and spoken descriptions.

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
