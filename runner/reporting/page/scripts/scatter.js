// Rows of a table as dots: any numeric column against any other, or by variant. A star is a chosen trial; variants that
// repeat a colour have open dots.
const LONGEST = 24; // characters of a name below an axis
const PARTS = /, ?(?=[\w.]+=)/; // between the assignments of a name: batch_size=32,learning_rate=0.1
const scatterChart = (place, table, words, first) => {
  const rows = [...table.tBodies[0].rows];
  const variants = rows.map((row) => Number(row.dataset.variant));
  const colors = variants.map((variant) => data.variants[variant]?.color ?? "#777777");
  const heads = [...table.tHead.rows[0].cells];
  const numbers = heads.flatMap((head, position) => (head.classList.contains("number") ? [[head.dataset.name, position]] : []));
  const columns = new Map(numbers.map(([name, position]) => [name, rows.map((row) => numberOfCell(row.cells[position]))]));
  for (const [name, values] of columns) if (values.every((value) => value === null)) columns.delete(name);
  if (!columns.size) return null;
  const usual = columns.has(table.dataset.metric) ? table.dataset.metric : columns.keys().next().value;
  const state = { x: columns.has(first) ? first : BY_VARIANT, y: usual, log: { x: false, y: false }, plot: null };
  const units = new Map(heads.map((head) => [head.dataset.name, head.dataset.unit]));
  const shownNames = new Map(heads.map((head) => [head.dataset.name, head.dataset.label ?? head.dataset.name]));
  const plainName = (name) => shownNames.get(name) ?? name;
  const label = (name) => (units.get(name) ? `${plainName(name)} (${units.get(name)})` : plainName(name));
  const chosenAt = heads.findIndex((head) => head.dataset.name === "choice");
  const isChosen = (run) => chosenAt >= 0 && plainText(rows[run].cells[chosenAt]) !== "";
  const isWide = (name) => {
    const values = (columns.get(name) ?? [0]).filter((value) => value !== null);
    return Math.min(...values) > 0 && Math.max(...values) > 50 * Math.min(...values);
  };
  state.log.x = isWide(state.x);
  let shown = variantsInScope(); // the variants along the axis, and those whose rows are dots
  const visible = (run) => !hidden.has(variants[run]) && (shown.includes(variants[run]) || !data.variants[variants[run]]);
  const tried = () => (state.x === BY_VARIANT ? [] : triedValues(at.x.filter((_, run) => visible(run))));
  const triedTicks = (self, _, low, high) => spacedTicks(tried(), low, high, (self.width ?? box.clientWidth) - 70, state.log.x);
  const placeX = (plot, run) => plot.valToPos(at.x[run], "x") + (plot.shifts?.get(variants[run]) ?? shiftFromSame(run));
  // Trials of several variants at exactly the same value stand side by side too.
  const shiftFromSame = (run) => {
    if (state.x === BY_VARIANT || chosenAt < 0) return 0;
    const sharing = [...new Set(variants.filter((_, other) => at.x[other] === at.x[run] && visible(other)))];
    return (sharing.indexOf(variants[run]) - (sharing.length - 1) / 2) * SHIFT;
  };
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
    const ends = key === "y" ? meansShown().flatMap((found) => (found ? [found.mean - found.reach, found.mean + found.reach] : [])) : [];
    inside.push(...ends.filter((end) => !state.log.y || end > 0));
    const [low, high] = [Math.min(...inside), Math.max(...inside)];
    const share = key === "x" && tried().length > 1 ? 0.1 : 0.05; // dots beside a tried value need more room
    const factor = Math.max(1.1, (high / low) ** share);
    if (state.log[key]) return [low / factor, high * factor];
    const room = (high - low || Math.abs(high) || 1) * share;
    return [low - room, high + room];
  };
  const drawDots = (plot) => {
    const { ctx: context, bbox } = plot;
    plot.shifts = shiftsOf(plot, tried(), shown.filter((variant) => !hidden.has(variant)));
    context.save();
    context.beginPath();
    context.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    context.clip();
    const dot = (run, radius, alpha) => {
      if (at.x[run] === null || at.y[run] === null) return;
      const [x, y] = [plot.bbox.left + placeX(plot, run) * devicePixelRatio, plot.valToPos(at.y[run], "y", true)];
      context.beginPath();
      if (isChosen(run)) star(context, x, y, 2.6 * radius * devicePixelRatio);
      else context.arc(x, y, radius * devicePixelRatio, 0, 2 * Math.PI);
      const color = faded(tone(colors[run]), isChosen(run) ? 1 : alpha);
      const isOpen = !isChosen(run) && isDashed(data.variants[variants[run]]);
      context.fillStyle = color;
      context.strokeStyle = isOpen ? color : cssColor("--ink");
      context.lineWidth = (isOpen ? 2 : 1) * devicePixelRatio;
      if (!isOpen) context.fill();
      if (isOpen || isChosen(run)) context.stroke();
    };
    const inFront = (one, other) => isChosen(one) - isChosen(other);
    [...rows.keys()].filter(visible).sort(inFront).forEach((run) => dot(run, 3.5, 0.65));
    if (state.x === BY_VARIANT) drawMeans(plot, context);
    const run = plot.nearest ?? rows.indexOf(marked);
    if (run >= 0) dot(run, 6, 1);
    context.restore();
  };
  const meansShown = () =>
    (state.x === BY_VARIANT ? shown : []).map((variant) => {
      const own = at.y.filter((value, run) => value !== null && variants[run] === variant);
      return own.length && !hidden.has(variant) ? meanWithReach(own, words.hasIntervals) : null;
    });
  const drawMeans = (plot, context) => {
    meansShown().forEach((found, place) => {
      if (found) drawMean(plot, context, place, found, state.log.y);
    });
  };
  const nearest = (plot) => {
    const { left, top } = plot.cursor;
    let [best, distance] = [null, NEAR];
    if (left < 0) return best;
    rows.forEach((_, run) => {
      if (!visible(run) || at.x[run] === null || at.y[run] === null) return;
      const away = Math.hypot(placeX(plot, run) - left, plot.valToPos(at.y[run], "y") - top);
      if (away < distance) [best, distance] = [run, away];
    });
    return best;
  };
  const describe = (run) => {
    const [name, unit] = [...rows[run].cells].slice(0, 2).map((cell) => cell.textContent.trim());
    const named = [state.x, state.y].filter((column) => column !== BY_VARIANT);
    const values = named.map((column) => `${label(column)}: ${columns.get(column)[run] ?? "-"}`);
    return [name, `${words.unit} ${unit}${isChosen(run) ? ", chosen" : ""}`, ...values].join("\n");
  };
  // Keys that all variants name are the label of the axis.
  const keysNamed = () => {
    const keys = shown.map((variant) => data.variants[variant].name.split(PARTS).map((part) => (part.includes("=") ? part.split("=")[0] : "")));
    return keys.length > 1 && !keys[0].includes("") && keys.every((own) => own.join() === keys[0].join()) ? keys[0] : [];
  };
  const nameShown = (variant) => {
    const { name } = data.variants[variant];
    return keysNamed().length ? name.split(PARTS).map((part) => part.slice(part.indexOf("=") + 1)).join(", ") : name;
  };
  const names = (self, splits) =>
    splits.map((split) => {
      const name = Number.isInteger(split) && split in shown ? nameShown(shown[split]) : "";
      const most = isRotated() ? LONGEST : Math.max(16, Math.floor((box.clientWidth - 70) / shown.length / 8));
      const half = Math.floor((most - 1) / 2);
      return name.length > most ? `${name.slice(0, half)}…${name.slice(-half)}` : name;
    });
  const sizeOfNames = () => 14 + 5 * Math.min(LONGEST, Math.max(...shown.map((variant) => nameShown(variant).length)));
  const isRotated = () => Math.max(...shown.map((variant) => Math.min(16, nameShown(variant).length))) * 7 > (box.clientWidth - 70) / shown.length;
  const ofVariants = () => {
    const rotate = isRotated() ? 45 : 0;
    const splits = () => shown.map((_, place) => place);
    const labelSize = keysNamed().length ? 22 : 4;
    return axis(keysNamed().join(", "), { splits, values: names, rotate, size: rotate ? sizeOfNames() : 34, labelSize, grid: { show: false } });
  };
  const box = document.createElement("div");
  const explanation = note();
  // Without variants along an axis, a legend tells them apart.
  const legend = document.createElement("div");
  legend.className = "legend";
  legend.setAttribute("role", "group");
  legend.setAttribute("aria-label", `Variants of the ${words.rows}`);
  const ofDots = () => {
    const own = new Set(variants);
    const buttons = shown.filter((variant) => own.has(variant)).map((variant) => {
      const button = toggler(variant, data.variants[variant].name);
      button.prepend(swatch({ ...data.variants[variant], isDot: true }));
      return button;
    });
    if (chosenAt < 0) return buttons;
    const key = document.createElement("span");
    key.className = "key";
    key.textContent = "★ chosen";
    return [...buttons, key];
  };
  const meansExplained = () => {
    const bar = "A wide line is the mean of its variant";
    const few = `up to ${FEW_RUNS} ${data.unit}s`;
    const found = meansShown().filter(Boolean);
    if (!words.hasIntervals) return `${bar}.`;
    if (!found.some(({ reach }) => reach)) return `${bar}; with ${few}, it has no interval.`;
    return `${bar}, the error bar its ${data.confidence} interval${found.every(({ reach }) => reach) ? "" : ` (none with ${few})`}.`;
  };
  const build = () => {
    state.plot?.destroy();
    shown = variantsInScope();
    state.rotated = isRotated();
    read("x");
    read("y");
    const ordered = [...new Set(at.x.filter((value) => value !== null))].sort((one, other) => one - other);
    const splits = (key) => (state.log[key] && state[key] !== BY_VARIANT ? { splits: logSplits, filter: (_, found) => found } : {});
    const ticksOfX = tried().length ? { splits: triedTicks, filter: (_, found) => found } : splits("x");
    const values = (_, splits) => splits.map((value) => (value === null ? "" : short(value)));
    const scale = (key) => ({ time: false, auto: true, distr: state.log[key] && state[key] !== BY_VARIANT ? 3 : 1, range: range(key) });
    const y = new Map();
    at.x.forEach((value, run) => value !== null && y.set(value, at.y[run]));
    state.plot = new uPlot(
      {
        width: box.clientWidth || 600,
        height: HEIGHT + (state.x === BY_VARIANT && isRotated() ? sizeOfNames() - 40 : 20),
        series: [{}, { stroke: "transparent", width: 0, points: { show: false } }],
        legend: { show: false },
        cursor: { drag: { x: true, y: true, uni: 30 }, points: { show: false }, x: false, y: false },
        scales: { x: scale("x"), y: scale("y") },
        axes: [
          state.x === BY_VARIANT ? ofVariants() : axis(label(state.x), { size: 30, values, ...ticksOfX }),
          axis(label(state.y), { size: 62, values, ...splits("y") }),
        ],
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
    plot.root.setAttribute("aria-label", `${label(state.y)} of each of the ${words.rows} by ${label(state.x)}; the table has the numbers`);
    legend.hidden = state.x === BY_VARIANT;
    explanation.textContent = [
      `Each dot is a ${words.rows.slice(0, -1)}.`,
      ...(state.x === BY_VARIANT ? [meansExplained()] : []),
      ...new Set([state.x, state.y].flatMap(penaltyNote)),
    ].join(" ");
    legend.replaceChildren(...ofDots());
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
  const named = [...columns.keys()].map((name) => [name, plainName(name)]);
  const selects = { x: choice([[BY_VARIANT, BY_VARIANT], ...named], state.x, chosen("x")), y: choice(named, state.y, chosen("y")) };
  const tools = document.createElement("div");
  tools.className = "tools";
  tools.append(
    field(`${words.rows[0].toUpperCase()}${words.rows.slice(1)}:`, selects.y),
    field("log y", boxes.y),
    field("by", selects.x),
    field("log x", boxes.x),
    press("Reset", build),
  );
  place.append(tools, legend, box, explanation);
  state.tools = tools;
  state.view = () => ({ x: state.x, y: state.y, log: { ...state.log } });
  state.show = (view) => {
    for (const key of ["x", "y"]) {
      if (columns.has(view[key]) || (key === "x" && view.x === BY_VARIANT)) state[key] = selects[key].value = view[key];
      state.log[key] = boxes[key].checked = view.log?.[key] === true;
      boxes[key].disabled = state[key] === BY_VARIANT;
    }
    build();
  };
  build();
  scope.rebuilds.push(build);
  follow(() => state.plot.setData(state.plot.data));
  markers.push(() => state.plot.redraw(false, false));
  new ResizeObserver(() => {
    const width = box.clientWidth;
    if (!width || width === state.plot.width) return;
    if (isRotated() === state.rotated) state.plot.setSize({ width, height: state.plot.height });
    else build();
  }).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", build);
  return state;
};

const charted = (place, table, words, first) => {
  const [box, found] = [document.getElementById(place), document.getElementById(table)];
  return data && box && found ? scatterChart(box, found, words, first) : null;
};
const scatter = charted("scatter", "table-runs", { rows: "runs", unit: data?.unit, hasIntervals: true });
const firstKey = document.querySelectorAll("#table-trials th.number")[2]?.dataset.name; // after trial and score
const trials = charted("trials-chart", "table-trials", { rows: "trials", unit: "trial" }, firstKey);
