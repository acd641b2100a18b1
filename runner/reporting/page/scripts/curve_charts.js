// Charts of curves: a plot for each panel, the fields above them, and the legend of groups.
const EPOCH_STEPS = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000, 5000];
const axesOf = (label) => {
  const epochs = { splits: (_, number, ...range) => epochTicks(data.epochs, ...range), incrs: EPOCH_STEPS };
  return [
    axis(axisShown().label, { size: 30, ...(axisShown() === AXES.epoch ? epochs : {}) }),
    axis(label, { size: 62, ...(state.log ? { splits: logSplits, filter: (_, splits) => splits } : {}), values: (_, splits) => splits.map((value) => (value === null ? "" : short(value))) }),
  ];
};
const pointed = (plot, drawn) => {
  if (!plot.pointer) return;
  plot.nearest = nearestCurve(plot, drawn);
  plot.over.style.cursor = plot.nearest ? "pointer" : "crosshair";
  pointAt(plot.nearest && { group: plot.nearest.curve.group.name, run: plot.nearest.run, at: plot.nearest.at });
  if (!plot.nearest) return hideTip();
  const { left, top } = plot.over.getBoundingClientRect();
  const point = [left + plot.valToPos(plot.nearest.x, "x"), top + plot.valToPos(plot.nearest.y, "y")];
  showTip(describe(drawn, plot.nearest), plot.pointer.clientX, plot.pointer.clientY, point);
};
const explain = () => {
  const text = caption();
  if (state.note.textContent !== text) state.note.textContent = text;
};
// All panels show the same part of the horizontal axis.
const zoomedTogether = (plot, key) => {
  if (key !== "x" || !plot.ready) return;
  const { min, max } = plot.scales.x;
  for (const other of state.plots) {
    if (other !== plot && (other.scales.x.min !== min || other.scales.x.max !== max)) other.setScale("x", { min, max });
  }
};
// The point under the pointer is marked in all panels.
const pointAt = (point) => {
  const [one, other] = [point, state.pointed].map((found) => JSON.stringify(found ?? null));
  state.pointed = point;
  if (one !== other) state.plots.forEach((plot) => plot.redraw(false, false));
};
const curvePlot = (panel, box) => {
  const drawn = { panel, metric: state.metric, across: [-Infinity, Infinity] };
  const read = () => {
    drawn.curves = curvesOf(panel);
    drawn.lines = linesOf(panel, drawn.curves);
  };
  read();
  const ends = [...drawn.curves, ...drawn.lines].flatMap(({ x, mean }) => [x[0], x[(mean ?? x).length - 1]]);
  const plot = new uPlot(
    {
      width: box.clientWidth,
      height: HEIGHT,
      series: [{}, { stroke: "transparent", width: 0, points: { show: false } }],
      legend: { show: false },
      cursor: { drag: { x: true, y: true, uni: 30 }, points: { show: false } },
      scales: {
        // The library computes the horizontal range first.
        x: { time: false, range: (_, low, high) => (drawn.across = low === high ? [low - 1, high + 1] : [low, high]) },
        y: { distr: state.log ? 3 : 1, range: () => rangeOf(drawn) },
      },
      axes: axesOf(panel.label),
      hooks: {
        draw: [(self) => drawPanel(self, drawn), explain],
        setCursor: [(self) => pointed(self, drawn)],
        setScale: [zoomedTogether],
      },
    },
    ends.length ? [[Math.min(...ends), Math.max(...ends)], [null, null]] : [[0, 1], [null, null]],
    box,
  );
  plot.over.addEventListener("mousemove", (event) => (plot.pointer = event), { capture: true });
  plot.over.addEventListener("mouseleave", () => {
    plot.nearest = plot.pointer = null;
    hideTip();
    pointAt(null);
  });
  onClick(plot, () => {
    if (plot.nearest?.run !== undefined) goToRun(plot.nearest.run);
    else if (plot.nearest?.curve.group.variant !== undefined) goToVariant(plot.nearest.curve.group.variant);
  });
  // The zoomed range is kept when variants are hidden or shown.
  plot.update = () => {
    read();
    const { min, max } = plot.scales.x;
    plot.setScale("x", { min, max });
    plot.root.setAttribute("aria-label", spoken(drawn));
  };
  plot.drawn = drawn;
  plot.root.setAttribute("role", "img");
  plot.root.setAttribute("aria-label", spoken(drawn));
  plot.ready = true;
  return plot;
};

const groupLegend = (legend) => {
  const isByKey = state.groups.some(({ variant }) => variant === undefined);
  legend.hidden = !isByKey;
  legend.replaceChildren(
    ...(isByKey ? state.groups : []).map((group) => {
      const button = press(group.name, () => {
        if (!state.off.delete(group.name)) state.off.add(group.name);
        button.setAttribute("aria-pressed", String(!state.off.has(group.name)));
        state.plots.forEach((plot) => plot.update());
      });
      button.className = "toggle";
      button.setAttribute("aria-pressed", String(!state.off.has(group.name)));
      button.prepend(swatch(group));
      return button;
    }),
  );
};
const offerKeys = (select, keys, chosen) => {
  select.replaceChildren(...keys.map((key) => new Option(key, key)));
  select.value = chosen;
};
const slider = (value, act) => {
  const input = document.createElement("input");
  Object.assign(input, { type: "range", min: 0, max: 0.95, step: 0.05, value });
  input.addEventListener("input", () => act(Number(input.value)));
  return input;
};

const rememberChoices = () => {
  const { by, second, x, smoothing } = state;
  remember(CHOICES, { by, second, x, smoothing, dataset: scope.dataset });
};

const curveCharts = (place) => {
  const boxes = document.createElement("div");
  boxes.className = "plots";
  state.note = note();
  const legend = document.createElement("div");
  legend.className = "legend";
  legend.setAttribute("role", "group");
  legend.setAttribute("aria-label", "Groups shown");
  const [keys, axes] = [groupKeys(), axesKnown()];
  const kept = remembered(CHOICES);
  if (keys.includes(kept.by)) state.by = kept.by;
  if (secondKeys(state.by).includes(kept.second)) state.second = kept.second;
  if (axes.includes(kept.x)) state.x = kept.x;
  if (kept.smoothing > 0 && kept.smoothing < 1) state.smoothing = kept.smoothing;
  const fields = {};
  const build = () => {
    if (!secondKeys(state.by).includes(state.second)) state.second = NO_KEY;
    const by = isDifference() ? [BY_VARIANT] : [state.by, state.second].filter((key) => key !== NO_KEY);
    const isOne = !by.includes("dataset");
    const inScope = ({ runs, ...group }) => ({ ...group, runs: isOne ? runs.filter(isInScope) : runs });
    state.groups = groupsBy(...by).map(inScope).filter(({ runs }) => runs.length || !scope.dataset);
    offerKeys(fields.second, [NO_KEY, ...secondKeys(state.by)], state.second);
    state.plots.forEach((plot) => plot.destroy());
    boxes.replaceChildren(...state.metric.panels.map(() => document.createElement("div")));
    state.plots = state.metric.panels.map((panel, position) => curvePlot(panel, boxes.children[position]));
    groupLegend(legend);
    fields.smoothing.classList.toggle("zero", !state.smoothing);
    place.classList.toggle("by-key", !legend.hidden);
    for (const name of ["by", "x", "seeds", "log"]) fields[name].disabled = isDifference();
    fields.second.disabled = isDifference() || fields.second.length < 2;
    if (keys.length > 1) fields.second.parentElement.hidden = fields.second.disabled;
  };
  const change = (name) => (value) => {
    state[name] = value;
    if (name === "by" || name === "second") state.off.clear();
    build();
    rememberChoices();
  };
  const zoom = (share) => {
    const [first, last] = state.plots[0].data[0];
    state.plots[0].setScale("x", { min: last - (last - first) * share, max: last });
  };
  const metrics = choice(data.metrics.map(({ name, label }) => [name, label]), state.metric.name, (name) => {
    state.metric = data.metrics.find((metric) => metric.name === name);
    state.log = fields.log.checked = state.metric.log;
    build();
  });
  fields.x = choice(axes.map((name) => [name, AXES[name].label]), state.x, change("x"));
  fields.by = choice([BY_VARIANT, ...keys].map((key) => [key, key]), state.by, change("by"));
  fields.second = choice([], NO_KEY, change("second"));
  fields.log = check(state.log, change("log"));
  fields.smoothing = slider(state.smoothing, change("smoothing"));
  fields.seeds = check(false, change("seeds"));
  fields.all = check(false, change("all"));
  const tools = document.createElement("div");
  tools.className = "tools";
  tools.append(
    field("Curves of", metrics),
    field("log axis", fields.log),
    field("all values", fields.all),
    ...(axes.length > 1 ? [field("by", fields.x)] : []),
    ...(keys.length ? [field("grouped by", fields.by)] : []),
    ...(keys.length > 1 ? [field("and by", fields.second)] : []),
    field("smoothing", fields.smoothing),
    field(`every ${data.unit}`, fields.seeds),
    press("Last half", () => zoom(0.5)),
    press("Last quarter", () => zoom(0.25)),
    press("Reset", build),
  );
  place.append(tools, legend, boxes, state.note);
  state.view = () => {
    const [{ min, max }, [first, last]] = [state.plots[0].scales.x, state.plots[0].data[0]];
    const { log, seeds, all, by, second, x, smoothing, off } = state;
    const zoomed = min === first && max === last ? null : [min, max];
    return { metric: state.metric.name, log, seeds, all, by, second, x, smoothing, off: [...off], zoom: zoomed };
  };
  // A view from elsewhere may name what this page does not have.
  state.show = (view) => {
    const known = (value, values, usual) => (values.includes(value) ? value : usual);
    state.metric = data.metrics.find(({ name }) => name === view.metric) ?? state.metric;
    state.log = view.log === true;
    state.seeds = view.seeds === true;
    state.all = view.all === true;
    state.x = known(view.x, axes, "epoch");
    state.by = known(view.by, keys, BY_VARIANT);
    state.second = known(view.second, secondKeys(state.by), NO_KEY);
    state.smoothing = view.smoothing > 0 && view.smoothing < 1 ? view.smoothing : 0;
    state.off = new Set(Array.isArray(view.off) ? view.off : []);
    metrics.value = state.metric.name;
    for (const name of ["x", "by", "smoothing"]) fields[name].value = state[name];
    for (const name of ["log", "seeds", "all"]) fields[name].checked = state[name];
    build();
    const [min, max] = Array.isArray(view.zoom) ? view.zoom : [];
    if (Number.isFinite(min) && max > min) queueMicrotask(() => state.plots[0].setScale("x", { min, max })); // after their first range
  };
  build();
  scope.rebuilds.push(build);
  follow(() => state.plots.forEach((plot) => plot.update()));
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
  legend.className = "legend variants";
  legend.setAttribute("role", "group");
  legend.setAttribute("aria-label", "Variants shown");
  legend.append(press("All", showAll));
  data.variants.forEach((style, variant) => {
    const button = toggler(variant, style.name);
    button.prepend(swatch(style));
    button.addEventListener("dblclick", () => showOnly(variant, data.variants.length));
    legend.append(button);
  });
  const offerVariants = () => {
    const shown = new Set(variantsInScope());
    legend.querySelectorAll("[data-toggles]").forEach((button) => (button.hidden = !shown.has(Number(button.dataset.toggles))));
  };
  if (scope.dataset) {
    const kept = remembered(CHOICES).dataset;
    if (datasets.includes(kept)) scope.dataset = kept;
    const options = datasets.map((dataset) => [dataset, dataset]);
    const select = choice(options, scope.dataset, (dataset) => {
      scope.choose(dataset);
      rememberChoices();
    });
    scope.choose = (dataset) => {
      scope.dataset = select.value = dataset;
      scope.rebuilds.forEach((rebuild) => rebuild());
    };
    const tools = document.createElement("div");
    tools.className = "tools";
    tools.append(field("Data set", select));
    place.append(tools);
    scope.rebuilds.push(offerVariants);
    offerVariants();
  }
  place.append(legend);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    legend.querySelectorAll(".swatch").forEach((old, variant) => old.replaceWith(swatch(data.variants[variant])));
  });
  return curveCharts(place);
};
const curves = data ? begin(document.getElementById("curves")) : null;
