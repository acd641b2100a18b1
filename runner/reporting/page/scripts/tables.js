// Tables: sorted by the buttons in their headers, with a hint if the content is wider than the box.
const MINUS = "\u2212"; // shown on the page; copies, filters and numbers have a hyphen
const plainText = (element) => element.textContent.replaceAll(MINUS, "-").trim();
const key = (cell) => {
  const text = cell.dataset.sort ?? plainText(cell);
  return text === "" ? null : Number.isNaN(Number(text)) ? text : Number(text);
};
const compare = (one, other) =>
  typeof one === "number" && typeof other === "number"
    ? one - other
    : String(one).localeCompare(String(other), undefined, { numeric: true });
const sort = (table, position, direction) => {
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => [key(row.cells[position]), row]);
  rows.sort(([one], [other]) => {
    if (one === null || other === null) return (one === null) - (other === null); // empty cells stay last
    return direction * compare(one, other);
  });
  body.append(...rows.map(([, row]) => row));
};
const headsOf = (table) => [...table.tHead.rows[0].cells];
const dataTables = document.querySelectorAll("table.data");
for (const table of dataTables) {
  const heads = headsOf(table);
  heads.forEach((head, position) => {
    head.querySelector("button").addEventListener("click", () => {
      const descending = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      sort(table, position, descending ? -1 : 1);
    });
  });
}
const watcher = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const box = target.closest(".scroll");
    const hint = box.parentElement.querySelector(".hint");
    if (hint) hint.hidden = box.scrollWidth <= box.clientWidth + 1;
  }
});
for (const box of document.querySelectorAll(".scroll")) {
  watcher.observe(box);
  if (box.firstElementChild) watcher.observe(box.firstElementChild);
}
