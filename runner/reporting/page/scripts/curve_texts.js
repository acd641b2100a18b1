// Words of the charts of curves: tooltips, captions and spoken descriptions.

const MOST_LISTED = 8; // curves in the tooltip, and seeds of the nearest one

// Numbers of one tooltip have the same decimals.
const formatOf = (values) => {
  const lengths = values.map((value) => (short(value).split(".")[1] ?? "").length);
  const digits = state.metric.decimals ?? Math.min(6, Math.max(...lengths));
  return (value) => (value && Math.abs(value) < 10 ** -digits / 2 ? short(value) : value.toFixed(digits).replace("-", MINUS));
};
// The values of the other panels at the same epoch.
const elsewhere = (panel, { curve, run, at }, shown) =>
  state.plots.filter(({ drawn }) => drawn.panel !== panel).flatMap(({ drawn }) => {
    const mean = drawn.curves.find(({ group }) => group.name === curve.group.name)?.raw[at];
    const value = run === undefined ? mean : drawn.panel.values[run][at];
    return isNumber(value) ? [`${drawn.panel.label}: ${shown(value)}`] : [];
  });
const isNumber = (value) => value !== null && value !== undefined;
// The curves at the place of the given one, with their values in descending order: all, or those next to it.
const listed = ({ curves }, { curve, at }) => {
  const isBeyond = ({ x }) => curve.x[at] > x.at(-1) || curve.x[at] < x[0];
  const found = curves
    .filter((own) => own === curve || !isBeyond(own))
    .map((own) => [own, nearestPlace(own.x, curve.x[at])])
    .filter(([own, place]) => positive(own.raw[place]) !== null)
    .sort(([one, at], [other, place]) => other.raw[place] - one.raw[at]);
  const place = found.findIndex(([own]) => own === curve);
  const start = Math.max(0, Math.min(place - MOST_LISTED / 2, found.length - MOST_LISTED));
  return found.slice(start, start + MOST_LISTED);
};
const rowOf = (own, place, shown, isNearest) => {
  const row = document.createElement("tr");
  row.className = isNearest ? "nearest" : "";
  const [name, mean, band] = [0, 1, 2].map(() => row.insertCell());
  name.append(swatch(own.group), own.group.name);
  mean.textContent = `${shown(own.raw[place])}${unitShown()}`;
  if (isNumber(own.low[place])) band.textContent = `[${shown(own.low[place])}, ${shown(own.high[place])}]`;
  return row;
};
const describe = (drawn, nearest) => {
  const { panel, curves } = drawn;
  const { curve, run, at } = nearest;
  const found = listed(drawn, nearest);
  const shown = formatOf(found.map(([own, place]) => own.raw[place]));
  const band = curve.isVariant ? `, ${data.confidence} interval` : " ± standard deviation";
  const header = `epoch ${data.epochs[at]}, ${panel.label}: mean${isNumber(curve.low[at]) ? band : ""}`;
  const table = document.createElement("table");
  table.append(...found.map(([own, place]) => rowOf(own, place, shown, own === curve)));
  const left = curves.length - found.length;
  const details = run === undefined ? detailsOfGroup(panel, nearest, shown, found.length) : detailsOfRun(panel, nearest, shown);
  return [header, table, [...(left ? [`and ${left} more`] : []), ...details].join("\n")];
};
const whereOf = (x) => (axisShown() === AXES.epoch ? [] : [`${axisShown().label}: ${short(x)}`]);
const detailsOfRun = (panel, { curve, run, at }, shown) => {
  const value = panel.values[run][at];
  const own = `${data.unit} ${data.runs[run][1]}: ${isNumber(value) ? `${shown(value)}${unitShown()}` : "–"}`;
  return [...whereOf(axisShown().of(run, at)), own, ...elsewhere(panel, { curve, run, at }, shown)];
};
const detailsOfGroup = (panel, { curve, at }, shown, count) => {
  const { group, x, mean, runs } = curve;
  const lines = whereOf(x[at]);
  if (state.smoothing) lines.push(`smoothed: ${shown(mean[at])}${unitShown()}`);
  lines.push(...elsewhere(panel, { curve, at }, shown));
  const own = runs.filter((run) => isNumber(panel.values[run][at]));
  if (group.variant === undefined || !own.length || Math.max(own.length, count) > MOST_LISTED) return lines;
  return [...lines, own.map((run) => `${data.unit} ${data.runs[run][1]}: ${shown(panel.values[run][at])}`).join(", ")];
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
  if (state.plots.some((plot) => plot.drawn.curves.some((curve) => isBandCut(plot, curve)))) {
    parts.push("Bands reach beyond the axis (“all values” shows them whole).");
  }
  return parts.join(" ");
};
const spoken = ({ panel, curves }) => {
  const ends = curves.map(({ group, mean }) => `${group.name} ends at ${short(mean.at(-1))}`);
  return `${panel.label} by ${axisShown().label}: ${ends.join(", ")}`;
};
