// Curves by epoch: a mean and a band for each variant, or a line for each run.
const meansOf = (values) =>
  data.variants.map((_, variant) => {
    const own = data.runs.flatMap(([of], run) => (of === variant && values[run].length ? [values[run]] : []));
    const length = own.length ? Math.min(...own.map((curve) => curve.length)) : 0;
    const [mean, low, high] = [[], [], []];
    for (let place = 0; place < length; place += 1) {
      const at = own.map((curve) => curve[place]).filter((value) => value !== null);
      const middle = at.length ? at.reduce((sum, value) => sum + value, 0) / at.length : null;
      const spread = at.reduce((sum, value) => sum + (value - middle) ** 2, 0) / Math.max(1, at.length - 1);
      const reach = at.length > 1 ? data.reach[at.length] * Math.sqrt(spread) : null;
      mean.push(middle);
      low.push(reach === null ? null : middle - reach);
      high.push(reach === null ? null : middle + reach);
    }
    return { n: own.length, mean, low, high };
  });

// Multiples of a round step, and the first and last epoch where they are in sight and not close to another tick.
const epochTicks = (epochs, low, high, step) => {
  const ticks = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) ticks.push(tick);
  const isFree = (epoch) => epoch >= low && epoch <= high && ticks.every((tick) => Math.abs(tick - epoch) >= 0.6 * step);
  return [...ticks, ...[epochs[0], epochs.at(-1)].filter(isFree)].sort((one, other) => one - other);
};

const curveCharts = (place) => {
  const state = { metric: data.metrics[0], log: data.metrics[0].log, seeds: false, plots: [], epochs: null };
  const boxes = document.createElement("div");
  boxes.className = "plots";
  const visible = (variant) => !hidden.has(variant);
  const positive = (value) => (value === null || value === undefined || (state.log && value <= 0) ? null : value);

  // The range of what is to be seen: a share may leave out early epochs far below, but no last value.
  const range = (plot, panel, means) => {
    const [from, to] = [plot.scales.x.min ?? -Infinity, plot.scales.x.max ?? Infinity]; // none before the first drawing
    const inside = (curve) =>
      curve.filter((value, at) => positive(value) !== null && data.epochs[at] >= from && data.epochs[at] <= to);
    const shown = means.filter((_, variant) => visible(variant));
    const runs = state.seeds ? panel.values.filter((_, run) => visible(data.runs[run][0])) : [];
    const curves = [...shown.map(({ mean }) => mean), ...runs].map(inside);
    const all = curves.flat().sort((one, other) => one - other);
    if (!all.length) return [state.log ? 0.1 : 0, 1];
    const ends = curves.filter((curve) => curve.length).map((curve) => curve[curve.length - 1]);
    let low = all[0];
    if (state.metric.share && !state.log) low = Math.max(low, Math.min(all[Math.floor(all.length * 0.1)], ...ends));
    let high = all[all.length - 1];
    if (!state.log) {
      for (const { low: lows, high: highs } of shown) {
        high = Math.max(high, highs.at(-1) ?? high);
        low = Math.min(low, lows.at(-1) ?? low);
      }
    }
    if (state.log) return [low / 1.1, high * 1.1];
    const room = (high - low || Math.abs(high) || 1) * 0.06;
    return [low - room, state.metric.share ? Math.min(high + room, 100.3) : high + room];
  };

  const drawRuns = (plot, panel) => {
    const line = (run, width, alpha) => {
      const [variant] = data.runs[run];
      const style = data.variants[variant];
      const context = plot.ctx;
      context.save();
      context.beginPath();
      context.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
      context.clip();
      context.beginPath();
      let begun = false;
      panel.values[run].forEach((value, at) => {
        if (positive(value) === null) return (begun = false);
        const [x, y] = [plot.valToPos(data.epochs[at], "x", true), plot.valToPos(value, "y", true)];
        if (begun) context.lineTo(x, y);
        else context.moveTo(x, y);
        return (begun = true);
      });
      context.strokeStyle = faded(tone(style.color), alpha);
      context.lineWidth = width * devicePixelRatio;
      context.setLineDash(DASHES[style.dash].map((length) => length * devicePixelRatio));
      context.stroke();
      context.restore();
    };
    for (const shown of state.seeds ? [false, true] : []) {
      data.runs.forEach(([variant], run) => visible(variant) && data.variants[variant].shown === shown && line(run, 1, 0.45));
    }
    const run = plot.nearest?.run ?? marked?.dataset.run;
    if (run !== undefined) line(Number(run), 3, 1);
  };

  // The curve under the pointer: of a variant, or of a run if these are drawn.
  const nearest = (plot, panel, means) => {
    const { left, top, idx } = plot.cursor;
    if (left < 0 || idx === null || idx === undefined) return null;
    let best = { distance: NEAR };
    const consider = (value, found) => {
      if (positive(value) === null) return;
      const distance = Math.abs(plot.valToPos(value, "y") - top);
      if (distance < best.distance) best = { ...found, distance, at: idx };
    };
    means.forEach(({ mean }, variant) => visible(variant) && consider(mean[idx], { variant }));
    if (state.seeds) data.runs.forEach(([variant], run) => visible(variant) && consider(panel.values[run][idx], { variant, run }));
    return best.variant === undefined ? null : best;
  };
  const describe = (panel, means, found) => {
    const { variant, run, at } = found;
    const unit = state.metric.share ? "%" : "";
    const lines = [data.variants[variant].name, `epoch ${data.epochs[at]}, ${panel.label}`];
    if (run !== undefined) return [...lines, `${data.unit} ${data.runs[run][1]}: ${short(panel.values[run][at])}${unit}`].join("\n");
    const { mean, low, high, n } = means[variant];
    lines.push(`mean of ${n}: ${short(mean[at])}${unit}`);
    if (low[at] !== null) lines.push(`${data.confidence} interval: ${short(low[at])} to ${short(high[at])}`);
    const own = data.runs.flatMap(([of, seed], other) => (of === variant && panel.values[other].length ? [[seed, panel.values[other][at]]] : []));
    lines.push(...own.slice(0, 12).map(([seed, value]) => `${data.unit} ${seed}: ${value === null || value === undefined ? "-" : short(value)}`));
    if (own.length > 12) lines.push(`and ${own.length - 12} more`);
    return lines.join("\n");
  };

  const plotOf = (panel, box) => {
    const means = meansOf(panel.values);
    const series = [{}];
    const rows = [data.epochs];
    const bands = [];
    data.variants.forEach((style, variant) => {
      const color = tone(style.color);
      const show = visible(variant);
      const none = { show, stroke: "transparent", width: 0, points: { show: false } };
      series.push({ show, stroke: color, width: style.shown ? 2 : 1, dash: DASHES[style.dash], points: { show: means[variant].mean.length === 1, fill: color } });
      series.push(none, { ...none });
      const { mean, low, high } = means[variant];
      for (const curve of [mean, low, high]) rows.push(data.epochs.map((_, at) => positive(curve[at])));
      if (style.shown) bands.push({ series: [series.length - 1, series.length - 2], fill: faded(color, 0.15) });
    });
    const plot = new uPlot(
      {
        width: box.clientWidth,
        height: HEIGHT,
        series,
        bands,
        legend: { show: false },
        cursor: { drag: { x: true, y: true, uni: 30 }, points: { show: false } },
        scales: {
          x: { time: false, range: (self, low, high) => (low === high ? [low - 1, high + 1] : [low, high]) },
          y: { distr: state.log ? 3 : 1, range: (self) => range(self, panel, means) },
        },
        axes: [axis("epoch", { size: 30, splits: (_, number, ...range) => epochTicks(data.epochs, ...range), incrs: [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000, 5000] }), axis(panel.label, { size: 62, values: (_, splits) => splits.map((value) => (value === null ? "" : short(value))) })],
        hooks: {
          draw: [(self) => drawRuns(self, panel)],
          setCursor: [
            (self) => {
              if (!self.pointer) return;
              const before = self.nearest?.run;
              self.nearest = nearest(self, panel, means);
              self.over.style.cursor = self.nearest ? "pointer" : "crosshair";
              if (self.nearest?.run !== before) self.redraw(false, false);
              if (self.nearest) showTip(describe(panel, means, self.nearest), self.pointer.clientX, self.pointer.clientY);
              else hideTip();
            },
          ],
          setScale: [
            (self, key) => {
              if (key !== "x" || !self.ready) return;
              const { min, max } = self.scales.x;
              for (const other of state.plots) {
                if (other !== self && (other.scales.x.min !== min || other.scales.x.max !== max)) other.setScale("x", { min, max });
              }
            },
          ],
        },
      },
      rows,
      box,
    );
    plot.over.addEventListener("mousemove", (event) => (plot.pointer = event), { capture: true });
    plot.over.addEventListener("mouseleave", () => {
      plot.nearest = null;
      plot.pointer = null;
      hideTip();
      plot.redraw(false, false);
    });
    onClick(plot, () => {
      if (plot.nearest?.run !== undefined) goToRun(plot.nearest.run);
      else if (plot.nearest) goToVariant(plot.nearest.variant);
    });
    plot.root.setAttribute("role", "img");
    plot.root.setAttribute("aria-label", spoken(panel, means));
    plot.ready = true;
    return plot;
  };
  const spoken = (panel, means) => {
    const ends = means.flatMap(({ mean }, variant) =>
      visible(variant) && mean.length ? [`${data.variants[variant].name} ends at ${short(mean.at(-1))}`] : [],
    );
    return `${panel.label} by epoch: ${ends.join(", ")}`;
  };
  const build = () => {
    state.plots.forEach((plot) => plot.destroy());
    state.plots = [];
    boxes.replaceChildren();
    for (const panel of state.metric.panels) {
      const box = document.createElement("div");
      boxes.append(box);
      box.dataset.panel = panel.label;
    }
    state.plots = state.metric.panels.map((panel, position) => plotOf(panel, boxes.children[position]));
  };
  const zoom = (share) => {
    const [first, last] = [data.epochs[0], data.epochs.at(-1)];
    state.plots[0]?.setScale("x", { min: last - (last - first) * share, max: last });
  };
  const reset = () => build();

  const log = check(state.log, (checked) => {
    state.log = checked;
    build();
  });
  const names = data.metrics.map(({ name, label }) => [name, label]);
  const metrics = choice(names, state.metric.name, (name) => {
    state.metric = data.metrics.find((metric) => metric.name === name);
    state.log = log.checked = state.metric.log;
    build();
  });
  const seeds = check(false, (checked) => {
    state.seeds = checked;
    build();
  });
  const tools = document.createElement("div");
  tools.className = "tools";
  tools.append(
    field("Curves of", metrics),
    field("log axis", log),
    field(`every ${data.unit}`, seeds),
    press("Last half", () => zoom(0.5)),
    press("Last quarter", () => zoom(0.25)),
    press("Reset", reset),
  );
  place.append(tools, boxes);
  build();
  follow(() => {
    for (const plot of state.plots) {
      plot.batch(() => {
        data.variants.forEach((_, variant) => {
          for (const offset of [1, 2, 3]) plot.setSeries(3 * variant + offset, { show: visible(variant) });
        });
      });
    }
  });
  markers.push(() => state.plots.forEach((plot) => plot.redraw(false, false)));
  new ResizeObserver(() => {
    state.plots.forEach((plot) => {
      const width = plot.root.parentElement.clientWidth;
      if (width && width !== plot.width) plot.setSize({ width, height: HEIGHT });
    });
  }).observe(boxes);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", build);
  return state;
};

const begin = (place) => {
  const legend = document.createElement("div");
  legend.className = "legend";
  legend.setAttribute("role", "group");
  legend.setAttribute("aria-label", "Variants shown");
  data.variants.forEach((style, variant) => {
    const button = toggler(variant, style.name);
    button.prepend(swatch(style));
    button.addEventListener("dblclick", () => showOnly(variant, data.variants.length));
    legend.append(button);
  });
  legend.append(press("All", showAll));
  place.append(legend);
  return curveCharts(place);
};
const curves = data ? begin(document.getElementById("curves")) : null;
