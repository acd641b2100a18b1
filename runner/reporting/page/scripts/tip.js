// The tooltip next to the pointer.
const tip = document.createElement("div");
tip.className = "tip";
tip.hidden = true;
tip.setAttribute("aria-hidden", "true"); // the page's tables have the same numbers
document.body.append(tip);
const showTip = (content, x, y) => { // a text or a list of lines
  tip.replaceChildren(...[content].flat());
  tip.hidden = !content;
  if (!content) return;
  const { width, height } = tip.getBoundingClientRect();
  const left = x + 14 + width > innerWidth ? x - width - 14 : x + 14;
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${Math.max(4, Math.min(y + 14, innerHeight - height - 4))}px`;
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
