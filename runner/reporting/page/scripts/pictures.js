// Charts as PNG files, with their legend, and figures as SVG files.
const LINE = 20; // height of a line of the legend in pixels
const save = (address, name) => {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
};
// Draws the legend and returns its height; without a context, it only measures.
const drawLegend = (context, groups, width) => {
  let [left, top] = [0, 0];
  for (const { name, color, dash } of groups) {
    const needed = 34 + context.measureText(name).width + 16;
    if (left && left + needed > width) [left, top] = [0, top + LINE];
    context.strokeStyle = tone(color);
    context.lineWidth = 2.5;
    context.setLineDash(DASHES[dash]);
    context.beginPath();
    context.moveTo(left + 6, top + LINE / 2);
    context.lineTo(left + 28, top + LINE / 2);
    context.stroke();
    context.fillStyle = cssColor("--ink");
    context.fillText(name, left + 34, top + LINE / 2);
    left += needed;
  }
  return groups.length ? top + LINE : 0;
};
const pictureOf = (place, plots, groups) => {
  const outer = place.getBoundingClientRect();
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  const begin = (height) => {
    canvas.width = outer.width * devicePixelRatio;
    canvas.height = height * devicePixelRatio;
    context.scale(devicePixelRatio, devicePixelRatio);
    context.fillStyle = cssColor("--paper");
    context.fillRect(0, 0, outer.width, height);
    context.font = "13px system-ui, sans-serif";
    context.textBaseline = "middle";
  };
  begin(1);
  const above = drawLegend(context, groups, outer.width);
  begin(above + outer.height);
  drawLegend(context, groups, outer.width);
  for (const { ctx, root } of plots) {
    const box = root.getBoundingClientRect();
    const [width, height] = [ctx.canvas.width, ctx.canvas.height].map((size) => size / devicePixelRatio);
    context.drawImage(ctx.canvas, box.left - outer.left, above + box.top - outer.top, width, height);
  }
  return canvas.toDataURL("image/png");
};
if (curves) {
  const place = document.querySelector("#curves .plots");
  const drawn = () => curves.groups.filter(({ name }) => curves.plots.some((plot) => plot.drawn.curves.some(({ group }) => group.name === name)));
  document.querySelector("#curves .tools:has(input[type='range'])").append(
    press("Save PNG", () => save(pictureOf(place, curves.plots, drawn()), `${curves.metric.name}.png`)),
  );
}
for (const chart of [scatter, trials]) {
  if (!chart) continue;
  const legend = () => (chart.x === BY_VARIANT ? [] : variantsInScope().filter((variant) => !hidden.has(variant)).map((variant) => ({ ...data.variants[variant], dash: "-" })));
  chart.tools.append(press("Save PNG", () => save(pictureOf(chart.plot.root.parentElement, [chart.plot], legend()), `${chart.y}.png`)));
}
for (const figure of document.querySelectorAll("figure[id^='figure-']")) {
  const button = press("Save SVG", () => save(figure.querySelector("img").src, `${figure.id.replace("figure-", "")}.svg`));
  button.className = "save";
  button.setAttribute("aria-label", `Save SVG: ${figure.id.replace("figure-", "")}`);
  figure.querySelector("figcaption").append(" ", button);
}
