// Rows of a table as dots: any numeric column against any other, or by variant.
const scatterChart = (place, table, words, first) => {
  const rows = [...table.tBodies[0].rows];
  const variants = rows.map((row) => Number(row.dataset.variant));
  const colors = variants.map((variant) => data.variants[variant]?.color ?? "#777777");
  const heads = [...table.tHead.rows[0].cells];
  const numbers = heads.flatMap((head, position) => (head.classList.contains("number") ? [[head.dataset.name, position]] : []));
  const number = (row, position) => {
    const text = plainText(row.cells[position]).replace(/[,%]/g, "");
    return text === "" || Number.isNaN(Number(text)) ? null : Number(text);
  };
  const columns = new Map(numbers.map(([name, position]) => [name, rows.map((row) => number(row, position))]));
  for (const [name, values] of columns) if (values.every((value) => value === null)) columns.delete(name);
  if (!columns.size) return null;
  const usual = columns.has(table.dataset.metric) ? table.dataset.metric : columns.keys().next().value;
  const state = { x: columns.has(first) ? first : BY_VARIANT, y: usual, log: { x: false, y: false }, plot: null };
  const units = new Map(heads.map((head) => [head.dataset.name, head.dataset.unit]));
  const label = (name) => (units.get(name) ? `${name} (${units.get(name)})` : name);
  const isWide = (name) => {
    const values = (columns.get(name) ?? [0]).filter((value) => value !== null);
    return Math.min(...values) > 0 && Math.max(...values) > 50 * Math.min(...values);
  };
  state.log.x = isWide(state.x);
  let shown = variantsInScope(); // the variants along the axis, and those whose rows are dots
  const visible = (run) => !hidden.has(variants[run]) && (shown.includes(variants[run]) || !data.variants[variants[run]]);
  const jitter = (run) => ((run * 0.618034) % 1) * 0.5 - 0.25;
  const at = { x: [], y: [] };
  const placeOf = (run, key) => (state[key] === BY_VARIANT ? shown.indexOf(variants[run]) + jitter(run) : columns.get(state[key])[run]);
  const read = (key) => {
    at[key] = rows.map((_, run) => {
      const value = placeOf(run, key);
      return value !== null && state.log[key] && value <= 0 ? null : value;
    });
  };
  const range = (key) => () => {
    if (state[key] === BY_VARIANT) return [-0.6, shown.length - 0.4];
    const inside = at[key].filter((value, run) => value !== null && at.x[run] !== null && at.y[run] !== null && visible(run));
    if (!inside.length) return [0.1, 1];
    const [low, high] = [Math.min(...inside), Math.max(...inside)];
    if (state.log[key]) return [low / 1.1, high * 1.1];
    const room = (high - low || Math.abs(high) || 1) * 0.05;
    return [low - room, high + room];
  };
  const drawDots = (plot) => {
    const { ctx: context, bbox } = plot;
    context.save();
    context.beginPath();
    context.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    context.clip();
    const dot = (run, radius, alpha) => {
      if (at.x[run] === null || at.y[run] === null) return;
      context.beginPath();
      context.arc(plot.valToPos(at.x[run], "x", true), plot.valToPos(at.y[run], "y", true), radius * devicePixelRatio, 0, 2 * Math.PI);
      context.fillStyle = faded(tone(colors[run]), alpha);
      context.fill();
    };
    rows.forEach((_, run) => visible(run) && dot(run, 3.5, 0.65));
    if (state.x === BY_VARIANT) drawMeans(plot, context);
    const run = plot.nearest ?? rows.indexOf(marked);
    if (run >= 0) dot(run, 6, 1);
    context.restore();
  };
  const drawMeans = (plot, context) => {
    shown.forEach((variant, place) => {
      const own = at.y.filter((value, run) => value !== null && variants[run] === variant);
      if (!own.length || hidden.has(variant)) return;
      const y = plot.valToPos(own.reduce((sum, value) => sum + value, 0) / own.length, "y", true);
      context.beginPath();
      context.moveTo(plot.valToPos(place - 0.32, "x", true), y);
      context.lineTo(plot.valToPos(place + 0.32, "x", true), y);
      context.strokeStyle = cssColor("--ink");
      context.lineWidth = 2 * devicePixelRatio;
      context.stroke();
    });
  };
  const nearest = (plot) => {
    const { left, top } = plot.cursor;
    let [best, distance] = [null, NEAR];
    if (left < 0) return best;
    rows.forEach((_, run) => {
      if (!visible(run) || at.x[run] === null || at.y[run] === null) return;
      const away = Math.hypot(plot.valToPos(at.x[run], "x") - left, plot.valToPos(at.y[run], "y") - top);
      if (away < distance) [best, distance] = [run, away];
    });
    return best;
  };
  const describe = (run) => {
    const [name, unit] = [...rows[run].cells].slice(0, 2).map((cell) => cell.textContent.trim());
    const named = [state.x, state.y].filter((column) => column !== BY_VARIANT);
    return [name, `${words.unit} ${unit}`, ...named.map((column) => `${column}: ${columns.get(column)[run] ?? "-"}`)].join("\n");
  };
  const names = (self, splits) =>
    splits.map((split) => {
      const name = Number.isInteger(split) ? data.variants[shown[split]]?.name : "";
      return name && name.length > 16 ? `${name.slice(0, 15)}…` : (name ?? "");
    });
  const ofVariants = () => {
    const rotate = shown.length > 8 ? -50 : 0;
    const splits = () => shown.map((_, place) => place);
    return axis("", { splits, values: names, rotate, size: rotate ? 110 : 34, labelSize: 4, grid: { show: false } });
  };
  const box = document.createElement("div");
  const build = () => {
    state.plot?.destroy();
    shown = variantsInScope();
    read("x");
    read("y");
    const ordered = [...new Set(at.x.filter((value) => value !== null))].sort((one, other) => one - other);
    const values = (_, splits) => splits.map((value) => (value === null ? "" : short(value)));
    const scale = (key) => ({ time: false, auto: true, distr: state.log[key] && state[key] !== BY_VARIANT ? 3 : 1, range: range(key) });
    const y = new Map();
    at.x.forEach((value, run) => value !== null && y.set(value, at.y[run]));
    state.plot = new uPlot(
      {
        width: box.clientWidth || 600,
        height: HEIGHT + (state.x === BY_VARIANT && shown.length > 8 ? 70 : 20),
        series: [{}, { stroke: "transparent", width: 0, points: { show: false } }],
        legend: { show: false },
        cursor: { drag: { x: true, y: true, uni: 30 }, points: { show: false }, x: false, y: false },
        scales: { x: scale("x"), y: scale("y") },
        axes: [state.x === BY_VARIANT ? ofVariants() : axis(label(state.x), { size: 30, values }), axis(label(state.y), { size: 62, values })],
        hooks: {
          draw: [drawDots],
          setCursor: [
            (self) => {
              if (!self.pointer) return;
              const found = nearest(self);
              self.over.style.cursor = found === null ? "crosshair" : "pointer";
              if (found !== self.nearest) {
                self.nearest = found;
                self.redraw(false, false);
              }
              if (found === null) hideTip();
              else showTip(describe(found), self.pointer.clientX, self.pointer.clientY);
            },
          ],
        },
      },
      [ordered, ordered.map((value) => y.get(value))],
      box,
    );
    const { plot } = state;
    plot.over.addEventListener("mousemove", (event) => (plot.pointer = event), { capture: true });
    plot.over.addEventListener("mouseleave", () => {
      plot.nearest = null;
      plot.pointer = null;
      hideTip();
      plot.redraw(false, false);
    });
    onClick(plot, () => plot.nearest !== null && plot.nearest !== undefined && goTo(rows[plot.nearest]));
    plot.root.setAttribute("role", "img");
    plot.root.setAttribute("aria-label", `${state.y} of each of the ${words.rows} by ${state.x}; the table has the numbers`);
  };
  const chosen = (key) => (name) => {
    state[key] = name;
    boxes[key].checked = state.log[key] = isWide(name);
    boxes[key].disabled = name === BY_VARIANT;
    build();
  };
  const logged = (key) => (checked) => {
    state.log[key] = checked;
    build();
  };
  const boxes = { x: check(state.log.x, logged("x")), y: check(false, logged("y")) };
  boxes.x.disabled = state.x === BY_VARIANT;
  const named = [...columns.keys()].map((name) => [name, name]);
  const tools = document.createElement("div");
  tools.className = "tools";
  tools.append(
    field(`${words.rows[0].toUpperCase()}${words.rows.slice(1)}:`, choice(named, state.y, chosen("y"))),
    field("log axis", boxes.y),
    field("by", choice([[BY_VARIANT, BY_VARIANT], ...named], state.x, chosen("x"))),
    field("log axis", boxes.x),
    press("Reset", build),
  );
  place.append(tools, box);
  build();
  scope.rebuilds.push(build);
  follow(() => state.plot.setData(state.plot.data));
  markers.push(() => state.plot.redraw(false, false));
  new ResizeObserver(() => {
    const width = box.clientWidth;
    if (width && width !== state.plot.width) state.plot.setSize({ width, height: state.plot.height });
  }).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", build);
  return state;
};

const charted = (place, table, words, first) => {
  const [box, found] = [document.getElementById(place), document.getElementById(table)];
  return data && box && found ? scatterChart(box, found, words, first) : null;
};
const scatter = charted("scatter", "table-runs", { rows: "runs", unit: data?.unit });
const firstKey = document.querySelectorAll("#table-trials th.number")[2]?.dataset.name; // after trial and score
const trials = charted("trials-chart", "table-trials", { rows: "trials", unit: "trial" }, firstKey);
