// Shared by the charts: their data, colours, axes, and links to runs.
const source = document.getElementById("chart-data");
const data = source ? JSON.parse(source.textContent) : null;
if (data) {
  document.getElementById("charts").hidden = false;
  document.documentElement.classList.add("charted", "scripted");
}
const DASHES = { "-": [], "--": [7, 4], ":": [2, 3], "-.": [7, 3, 2, 3] };
const HEIGHT = 300;
const NEAR = 24; // maximum distance in pixels from the pointer to its target
const isDark = () => matchMedia("(prefers-color-scheme: dark)").matches;
const cssColor = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Colours are chosen for white paper; in the dark scheme, white is added until they are visible. Very dark ones become
// bright first, so that they keep their hue.
const tone = (color) => {
  if (!isDark()) return color;
  const parts = [1, 3, 5].map((start) => parseInt(color.slice(start, start + 2), 16));
  const light = (0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]) / 255;
  const isBlackish = light < 0.1;
  const brightness = isBlackish ? 255 / (Math.max(...parts) || 255) : 1;
  const white = isBlackish ? 0.55 : light < 0.3 ? 0.45 : light < 0.5 ? 0.2 : 0;
  return `rgb(${parts.map((part) => Math.round(brightness * part + (255 - brightness * part) * white)).join(",")})`;
};
const faded = (color, alpha) => {
  const [red, green, blue] = color.startsWith("#")
    ? [1, 3, 5].map((start) => parseInt(color.slice(start, start + 2), 16))
    : color.match(/\d+/g);
  return `rgba(${red},${green},${blue},${alpha})`;
};
// The number in a cell; null without one.
const numberOfCell = (cell) => {
  const text = plainText(cell).replace(/[,%]/g, "");
  return text === "" || Number.isNaN(Number(text)) ? null : Number(text);
};
const short = (value) => `${Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4))}`.replaceAll("-", MINUS);
// Powers of ten or, over few decades, round numbers between the ends of a logarithmic axis.
const logSplits = (_, __, low, high) => {
  const decades = Math.log10(high / low);
  const steps = decades > 3 ? [1] : decades > 1.2 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
    found.push(...steps.map((step) => Number(`${step}e${power}`)).filter((tick) => tick >= low && tick <= high));
  }
  return found.length > 1 ? found : [low, high];
};
const axis = (label, options = {}) => ({
  label,
  labelSize: 22,
  labelFont: "13px system-ui, sans-serif",
  font: "12px system-ui, sans-serif",
  stroke: cssColor("--ink"),
  grid: { stroke: cssColor("--line"), width: 1 },
  ticks: { stroke: cssColor("--line"), width: 1, size: 4 },
  ...options,
});

// The caption of losses, which are not comparable between all variants.
const penaltyNote = (name) => (/(^|[_ ])loss( |$)/.test(name) ? [data.penalty] : []);
const note = () => Object.assign(document.createElement("p"), { className: "note" });

const goTo = (row) => {
  if (!row) return;
  row.tabIndex = -1;
  row.closest(".scroll").dispatchEvent(new CustomEvent("reveal", { detail: row }));
  row.scrollIntoView({ block: "center" });
  row.focus({ preventScroll: true });
};
const rowOfRun = (run) => document.getElementById(`run-${run}`);
const goToRun = (run) => goTo(rowOfRun(run));
const goToVariant = (variant) => goTo(document.querySelector(`#table-variants tr[data-variant="${variant}"]`));

// The row with the pointer or the keyboard focus; charts draw its line or dot thick.
let marked = null;
const markers = [];
const mark = (row) => {
  if (row === marked) return;
  marked = row;
  markers.forEach((draw) => draw());
};
for (const body of document.querySelectorAll("#table-runs tbody, #table-trials tbody")) {
  body.addEventListener("pointerover", (event) => mark(event.target.closest("tr")));
  body.addEventListener("pointerleave", () => mark(null));
  body.addEventListener("focusin", (event) => mark(event.target.closest("tr")));
  body.addEventListener("focusout", () => mark(null));
}

// A click that does not end a drag; the library does not pass on some click events.
const onClick = (plot, act) => {
  let from = null;
  plot.over.addEventListener("mousedown", (event) => (from = [event.clientX, event.clientY]));
  plot.over.addEventListener("mouseup", (event) => {
    if (from && Math.hypot(event.clientX - from[0], event.clientY - from[1]) < 4) act();
  });
};
const field = (text, input) => {
  const label = document.createElement("label");
  label.append(text, " ", input);
  return label;
};
const choice = (options, chosen, act) => {
  const select = document.createElement("select");
  select.append(...options.map(([value, text]) => new Option(text, value, false, value === chosen)));
  select.addEventListener("change", () => act(select.value));
  return select;
};
const check = (checked, act) => {
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = checked;
  box.addEventListener("change", () => act(box.checked));
  return box;
};
const press = (text, act) => {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  button.addEventListener("click", act);
  return button;
};
// Figures that a chart replaces stay available for print and on demand.
const statics = document.querySelectorAll("figure.replaced");
if (data && statics.length) {
  const box = check(false, (checked) => document.documentElement.classList.toggle("charted", !checked));
  const tools = document.createElement("div");
  tools.className = "tools";
  tools.append(field(box, `also show the ${statics.length === 1 ? "figure" : `${statics.length} figures`} that the charts above replace`));
  document.querySelector("#figures h2").after(tools);
}
const isDashed = (style) => style !== undefined && DASHES[style.dash].length > 0;
const swatch = ({ color, dash, isDot = false }) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", isDot ? "circle" : "line");
  svg.classList.add("swatch");
  svg.setAttribute("aria-hidden", "true");
  const stroke = { stroke: tone(color), "stroke-width": isDot ? 1.5 : 2.5 };
  const fill = isDashed({ dash }) ? "none" : tone(color);
  const shape = isDot ? { cx: 11, cy: 6, r: 4, fill, ...stroke } : { x1: 0, x2: 22, y1: 6, y2: 6, ...stroke };
  for (const [name, value] of Object.entries(shape)) line.setAttribute(name, value);
  if (!isDot && isDashed({ dash })) line.setAttribute("stroke-dasharray", DASHES[dash].join(" "));
  svg.append(line);
  return svg;
};
