// Tables sort by the buttons in their heads, and show the rows that contain every word of the filter.
const key = (cell) => {
  const text = cell.dataset.sort ?? cell.textContent.trim();
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
for (const table of document.querySelectorAll("table.data")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, position) => {
    head.querySelector("button").addEventListener("click", () => {
      const descending = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      sort(table, position, descending ? -1 : 1);
    });
  });
}
for (const input of document.querySelectorAll("input[data-filters]")) {
  const rows = [...document.getElementById(input.dataset.filters).tBodies[0].rows];
  const count = document.querySelector(`output[data-counts="${input.dataset.filters}"]`);
  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    count.textContent = `${shown} of ${rows.length}`;
  };
  input.addEventListener("input", filter);
  filter();
}
// What does not fit into its box says so.
const watcher = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const hint = target.parentElement.querySelector(".hint");
    if (hint) hint.hidden = target.scrollWidth <= target.clientWidth + 1;
  }
});
for (const box of document.querySelectorAll(".scroll")) watcher.observe(box);
