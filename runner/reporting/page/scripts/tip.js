// The tooltip next to the pointer.
const tip = document.createElement("div");
tip.className = "tip";
tip.hidden = true;
tip.setAttribute("aria-hidden", "true"); // the page's tables have the same numbers
document.body.append(tip);
// Beside the pointer or, in a narrow window, below or above it, so that no point of a chart between the pointer and
// `point` is covered.
const showTip = (content, x, y, point = [x, y]) => { // a text or a list of lines
  tip.replaceChildren(...[content].flat());
  tip.hidden = !content;
  if (!content) return;
  tip.style.left = tip.style.top = "0"; // the width is not that of a narrow place
  const { width, height } = tip.getBoundingClientRect();
  const [right, bottom] = [Math.max(x, point[0]) + 14, Math.max(y, point[1]) + 14];
  const [left, top] = [Math.min(x, point[0]) - 14 - width, Math.min(y, point[1]) - 14 - height];
  const within = (place, size, whole) => Math.max(4, Math.min(place, whole - size - 4));
  const isBeside = right + width < innerWidth || left > 4;
  const isBelow = bottom + height < innerHeight || top < 4;
  const across = isBeside ? (right + width < innerWidth ? right : left) : within(x - width / 2, width, innerWidth);
  tip.style.left = `${across}px`;
  tip.style.top = `${isBeside ? within(y + 14, height, innerHeight) : isBelow ? bottom : top}px`;
};
const hideTip = () => showTip("");
// Marks of the forest plot have titles; the tooltip shows them without delay.
for (const plot of document.querySelectorAll(".forest td.plot svg[role]")) {
  plot.addEventListener("pointermove", (event) => {
    const marked = event.target.closest("g, svg:not([role]), line, rect");
    showTip(marked?.querySelector("title")?.textContent ?? "", event.clientX, event.clientY);
  });
  plot.addEventListener("pointerleave", hideTip);
}
