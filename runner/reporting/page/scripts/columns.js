// Columns of tables: shown or hidden, and remembered if the browser allows it; copies of tables.
const remembered = (name) => {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? {};
  } catch {
    return {}; // a page from a file may have no storage
  }
};
const remember = (name, value) => {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    return; // likewise; the choice then holds until the page is closed
  }
};
const showColumn = (table, position, shown) => {
  for (const row of table.rows) row.cells[position].hidden = !shown;
};
const chooser = (table) => {
  const store = `runner:columns:${table.id}`;
  const chosen = remembered(store);
  const box = document.createElement("details");
  box.className = "chooser";
  const summary = document.createElement("summary");
  summary.textContent = "Columns";
  const list = document.createElement("div");
  headsOf(table).forEach((head, position) => {
    const { name } = head.dataset;
    const input = document.createElement("input");
    input.type = "checkbox";
    input.checked = chosen[name] ?? !("hidden" in head.dataset);
    showColumn(table, position, input.checked);
    input.addEventListener("change", () => {
      showColumn(table, position, input.checked);
      chosen[name] = input.checked;
      remember(store, chosen);
    });
    const label = document.createElement("label");
    label.append(input, " ", name);
    list.append(label);
  });
  box.append(summary, list);
  return box;
};

// The visible columns, each with its cells in the order of the rows.
const seenColumns = (table) => {
  const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden && !row.classList.contains("off"));
  return headsOf(table).flatMap((head, position) => {
    const name = head.dataset.name + (head.dataset.unit ? ` (${head.dataset.unit})` : "");
    return head.hidden ? [] : [{ head, name, cells: rows.map((row) => row.cells[position]) }];
  });
};
const rowsOf = (columns) => columns[0].map((_, place) => columns.map((column) => column[place]));
// A column of means with standard deviations, or of intervals, as several columns of plain numbers.
const asNumbers = ({ head, name, cells }) => {
  const texts = cells.map(plainText);
  if (!head.classList.contains("number")) return [[name, ...texts]];
  const plain = texts.map((text) => text.replace(/,(?=\d{3})/g, ""));
  const [hasSpread, hasInterval] = ["±", "["].map((sign) => plain.some((text) => text.includes(sign)));
  const unit = plain.some((text) => text.endsWith("%")) ? " (%)" : "";
  if (!hasSpread && !hasInterval) return [[name + unit, ...plain.map((text) => text.replace(/%$/, ""))]];
  const hasEstimate = hasSpread || plain.some((text) => /^[^[]+\[/.test(text));
  const parts = [...(hasEstimate ? [""] : []), ...(hasSpread ? [" sd"] : []), ...(hasInterval ? [" low", " high"] : [])];
  const numbers = plain.map((text) => text.match(/[-+]?(?:inf|nan|∞|\d+(?:\.\d+)?(?:e[-+]?\d+)?)/gi) ?? []);
  return parts.map((part, place) => [name + part, ...numbers.map((found) => found[place] ?? "")]);
};
// As in the report's own files, no cell is a formula.
const inert = (text) => (/^[=@\t\r]|^[-+](?!\d|\.\d)/.test(text) ? `'${text}` : text);
const asCsv = (table) =>
  rowsOf(seenColumns(table).flatMap(asNumbers))
    .map((row) => row.map(inert).map((text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(","))
    .join("\n");
const LATEX = { "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "±": "$\\pm$", "<": "$<$", ">": "$>$" };
const latex = (text) =>
  text.replace(/[\\~^±<>]|[&%$#_{}]/g, (letter) => LATEX[letter] ?? `\\${letter}`).replace(/(?<![\w.])-(?=\d)/g, "$-$");
const asLatex = (table) => {
  const columns = seenColumns(table).filter(({ head }) => !head.classList.contains("minor")); // as in print
  const bold = (cell) => (cell.classList.contains("best") ? `\\textbf{${latex(plainText(cell))}}` : latex(plainText(cell)));
  const [heads, ...rows] = rowsOf(columns.map(({ name, cells }) => [latex(name), ...cells.map(bold)]));
  const shape = columns.map(({ head }) => (head.classList.contains("number") ? "r" : "l"));
  const line = (row) => `${row.join(" & ")} \\\\`;
  return ["% \\usepackage{booktabs}", `\\begin{tabular}{${shape.join("")}}`, "\\toprule", line(heads), "\\midrule",
    ...rows.map(line), "\\bottomrule", "\\end{tabular}"].join("\n");
};
const copyText = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea"); // for browsers that deny the clipboard to local files
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
};
const copier = (table, name, text) => {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = `Copy ${name}`;
  button.addEventListener("click", async () => {
    await copyText(text(table));
    button.textContent = `${name} copied`;
    setTimeout(() => (button.textContent = `Copy ${name}`), 2000);
  });
  return button;
};
for (const table of dataTables) {
  const tools = document.querySelector(`.tools:has([data-filters="${table.id}"])`);
  tools.querySelector(".hint").before(chooser(table), copier(table, "CSV", asCsv), copier(table, "LaTeX", asLatex));
}
