// Groups of curves: the runs of a variant, or those that share a key's value; their means over epochs, steps or time.
const BY_VARIANT = "variant";
const NO_KEY = "-"; // in place of a second key to group by
const MOST_VALUES = 12; // maximum number of values of a key to group by; more lines cannot be distinguished

// The horizontal positions of a run's values: all runs share the epochs, but not the steps and seconds.
const AXES = {
  epoch: { label: "epoch", of: (_, at) => data.epochs[at] },
  step: { label: "step", of: (run, at) => data.epochs[at] * data.steps[run] },
  seconds: { label: "training time, without compilation (s)", of: (run, at) => data.seconds[run][at] ?? null },
};
const axesKnown = () => Object.keys(AXES).filter((name) => (name === "step" ? data.steps : name !== "seconds" || data.seconds));

const valuesOf = (key) => {
  const { keys, values, ofRuns } = data.settings;
  return ofRuns.map((configuration) => values[keys.indexOf(key)][configuration]);
};
const groupKeys = () => data.settings.keys.filter((key) => new Set(valuesOf(key)).size <= MOST_VALUES);
// The possible second keys for grouping, given the first.
const secondKeys = (first) => {
  if (first === BY_VARIANT) return [];
  const pairs = (key) => new Set(valuesOf(first).map((value, run) => JSON.stringify([value, valuesOf(key)[run]])));
  return groupKeys().filter((key) => key !== first && pairs(key).size <= MOST_VALUES);
};

// Numbers in ascending order (1e-5 before 0.001 before 0.01), then words.
const byValue = (one, other) => {
  const [a, b] = [Number(one), Number(other)];
  return (a - b || Number.isNaN(a) - Number.isNaN(b)) || one.localeCompare(other, undefined, { numeric: true });
};
const byValues = (one, other) => one.reduce((order, value, at) => order || byValue(value, other[at]), 0);

// The data set in the charts: values on different data sets do not share an axis. Empty if there is only one.
const datasets = data ? [...new Set(data.datasets)] : [];
const scope = { dataset: datasets.length > 1 ? datasets[0] : "", rebuilds: [] };
const isInScope = (run) => !scope.dataset || data.datasets[run] === scope.dataset;
const variantsInScope = () => {
  const found = new Set(data.runs.flatMap(([variant], run) => (isInScope(run) ? [variant] : [])));
  return data.variants.map((_, variant) => variant).filter((variant) => !scope.dataset || found.has(variant));
};

// The values by which each run is grouped. Runs on different data sets are never averaged.
const partsBy = (keys) => {
  const columns = keys.map(valuesOf);
  if (new Set(data.datasets).size > 1 && !keys.includes("dataset")) columns.push(data.datasets);
  return data.runs.map((_, run) => columns.map((column) => column[run]));
};
// The values of a group; those of two keys are named: batch_size=32, optimizer=sgd.
const nameOf = (parts, keys) => {
  const [values, rest] = [parts.slice(0, keys.length), parts.slice(keys.length)];
  const shown = keys.length > 1 ? values.map((value, at) => `${keys[at].split(".").at(-1)}=${value}`) : values;
  return shown.join(", ") + rest.map((dataset) => ` [${dataset}]`).join("");
};
// Of two keys, the first determines the colour and the second the dashes, if there are enough of them.
const stylesBy = (ordered, keys) => {
  const [first, second] = [0, 1].map((at) => [...new Set(ordered.map((own) => own[at]))]);
  const colors = [...new Set(data.palette.map(({ color }) => color))];
  const dashes = Object.keys(DASHES);
  const isCrossed = keys.length === 2 && ordered[0].length === 2 && first.length <= colors.length && second.length <= dashes.length;
  return ordered.map((own, place) => ({
    ...data.palette[place % data.palette.length],
    ...(isCrossed && { color: colors[first.indexOf(own[0])], dash: dashes[second.indexOf(own[1])] }),
  }));
};
const groupsBy = (...keys) => {
  if (keys[0] === BY_VARIANT) {
    return data.variants.map((style, variant) => ({
      ...style,
      variant,
      runs: data.runs.flatMap(([of], run) => (of === variant ? [run] : [])),
    }));
  }
  const parts = partsBy(keys);
  const names = parts.map((own) => nameOf(own, keys));
  const ordered = [...new Map([...parts].sort(byValues).map((own) => [nameOf(own, keys), own]))];
  const styles = stylesBy(ordered.map(([, own]) => own), keys);
  return ordered.map(([name], place) => ({
    ...styles[place],
    name,
    runs: names.flatMap((own, run) => (own === name ? [run] : [])),
  }));
};

// Exponential moving average; divided by the sum of its weights, so that it does not begin at 0.
const smoothed = (values, weight) => {
  if (!weight) return values;
  let [sum, weights] = [0, 0];
  return values.map((value) => {
    if (value === null || value === undefined) return null;
    sum = weight * sum + (1 - weight) * value;
    weights = weight * weights + (1 - weight);
    return sum / weights;
  });
};

const FEW_RUNS = data?.few; // up to this number, single runs say more than the interval of their mean

// The mean of the given curves up to the end of the shortest, its positions, and a band: the interval of the mean of a
// variant's runs, or the standard deviation of runs of several variants; none for a few runs.
const meanOf = (values, runs, { of }) => {
  const isVariant = new Set(runs.map((run) => data.runs[run][0])).size < 2;
  const own = runs.filter((run) => values[run].length);
  const length = own.length ? Math.min(...own.map((run) => values[run].length)) : 0;
  const curve = { n: own.length, runs: own, isVariant, x: [], mean: [], low: [], high: [] };
  for (let at = 0; at < length; at += 1) {
    const known = own.filter((run) => values[run][at] !== null);
    const middle = known.length ? known.reduce((sum, run) => sum + values[run][at], 0) / known.length : null;
    const spread = known.reduce((sum, run) => sum + (values[run][at] - middle) ** 2, 0) / Math.max(1, known.length - 1);
    const reach = known.length > FEW_RUNS ? Math.sqrt(spread) * (isVariant ? data.reach[known.length] : 1) : null;
    curve.x.push(own.reduce((sum, run) => sum + of(run, at), 0) / own.length);
    curve.mean.push(middle);
    curve.low.push(reach === null ? null : middle - reach);
    curve.high.push(reach === null ? null : middle + reach);
  }
  return curve;
};
const smoothCurve = (curve, weight) => ({
  ...curve,
  raw: curve.mean,
  ...Object.fromEntries(["mean", "low", "high"].map((name) => [name, smoothed(curve[name], weight)])),
});

// The index of the nearest of the given ascending numbers.
const nearestPlace = (numbers, wanted) => {
  let [from, to] = [0, numbers.length - 1];
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if (numbers[middle] < wanted) from = middle;
    else to = middle;
  }
  return wanted - numbers[from] <= numbers[to] - wanted ? from : to;
};
