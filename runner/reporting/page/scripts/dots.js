// Parts of the charts of dots: ticks at tried values, variants side by side, means with intervals, stars.
const MOST_TRIED = 12; // values of a column up to which each has a tick, and variants stand side by side
const APART = 44; // least distance of two ticks in pixels
const SHIFT = 9; // pixels between variants at the same value
const WIDE = 0.3; // half the width of a mean, in places of variants
const CAP = 0.12; // half the width of the caps of its interval

// The distinct values in ascending order; none if there are many.
const triedValues = (column) => {
  const values = [...new Set(column.filter((value) => value !== null))].sort((one, other) => one - other);
  return values.length <= MOST_TRIED ? values : [];
};
const spacedTicks = (values, low, high, width, isLog) => {
  const scaled = isLog ? Math.log : (value) => value;
  const place = (value) => ((scaled(value) - scaled(low)) / (scaled(high) - scaled(low))) * width;
  const inside = values.filter((value) => value >= low && value <= high);
  return inside.reduce((ticks, value) => (!ticks.length || place(value) - place(ticks.at(-1)) >= APART ? [...ticks, value] : ticks), []);
};
// How far the dots of each variant lie from the value that they share with others, in pixels.
const shiftsOf = (plot, values, variants) => {
  const places = values.map((value) => plot.valToPos(value, "x"));
  if (places.length < 2) return new Map();
  const gap = Math.min(...places.slice(1).map((place, position) => place - places[position]));
  const step = Math.min(12, (0.7 * gap) / variants.length);
  return new Map(variants.map((variant, position) => [variant, (position - (variants.length - 1) / 2) * step]));
};

// The mean, and the reach of its interval; 0 for a few values.
const meanWithReach = (values, hasInterval) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return { mean, reach: hasInterval && values.length > FEW_RUNS ? data.reach[values.length] * Math.sqrt(variance) : 0 };
};
const drawMean = (plot, context, place, { mean, reach }, isLog) => {
  const [left, right] = [place - WIDE, place + WIDE].map((end) => plot.valToPos(end, "x", true));
  const lowest = isLog ? Math.max(mean - reach, plot.scales.y.min) : mean - reach;
  const [low, middle, high] = [lowest, mean, mean + reach].map((value) => plot.valToPos(value, "y", true));
  const line = (width, ...ends) => {
    context.beginPath();
    ends.forEach((end) => context.lineTo(...end));
    context.lineWidth = width * devicePixelRatio;
    context.stroke();
  };
  context.strokeStyle = cssColor("--ink");
  line(2.5, [left, middle], [right, middle]);
  if (!reach) return;
  const [centre, ...caps] = [place, place - CAP, place + CAP].map((end) => plot.valToPos(end, "x", true));
  line(1.5, [centre, low], [centre, high]);
  for (const end of [low, high]) line(1.5, ...caps.map((cap) => [cap, end]));
};
const star = (context, x, y, radius) => {
  for (let corner = 0; corner < 10; corner += 1) {
    const [length, angle] = [corner % 2 ? 0.45 * radius : radius, (corner / 5 - 0.5) * Math.PI];
    context[corner ? "lineTo" : "moveTo"](x + length * Math.cos(angle), y + length * Math.sin(angle));
  }
  context.closePath();
};
