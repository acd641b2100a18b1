// Filters of tables: words, and comparisons of columns such as `test_accuracy > 97 and variant = adam`.
const TERM = /\s*(?:("[^"]*"|[^\s<>=!"]+)\s*(<=|>=|==|!=|<|>|=)\s*("[^"]*"|[^\s"]+)|("[^"]*"|\S+))/y;
const OPERATORS = {
  "<": (one, other) => one < other,
  "<=": (one, other) => one <= other,
  ">": (one, other) => one > other,
  ">=": (one, other) => one >= other,
  "=": (one, other) => one === other,
  "==": (one, other) => one === other,
  "!=": (one, other) => one !== other,
};
const unquoted = (text) => text.replace(/^"(.*)"$/, "$1").replaceAll(MINUS, "-").toLowerCase();
const numberIn = (text) => {
  const found = text.replace(/,(?=\d{3})/g, "").match(/[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?/i);
  return found ? Number(found[0]) : null;
};

// Tests of a row, one for each term. Throws an Error for a column that the table does not have.
const parseFilter = (text, table) => {
  const heads = headsOf(table);
  const tests = [];
  TERM.lastIndex = 0;
  for (let found = TERM.exec(text); found; found = TERM.exec(text)) {
    const [whole, column, operator, value, word] = found;
    const wanted = unquoted(column ?? word).trim();
    if (word !== undefined && wanted === "and") continue;
    const position = column === undefined ? -1 : heads.findIndex((head) => head.dataset.name.toLowerCase() === wanted);
    if (position >= 0) tests.push(comparison(position, operator, unquoted(value), heads[position]));
    else if (column === undefined || operator === "=") {
      const part = word === undefined ? whole.trim().toLowerCase() : wanted;
      tests.push((row) => plainText(row).toLowerCase().includes(part)); // also optimizer=adam among the overrides
    } else throw new Error(`no column ${unquoted(column)}; quote names with spaces`);
  }
  return tests;
};
const comparison = (position, operator, value, head) => {
  const number = head.classList.contains("number") ? numberIn(value) : null;
  return (row) => {
    const text = plainText(row.cells[position]).toLowerCase();
    if (number === null) return OPERATORS[operator](text, value);
    const own = numberIn(text);
    return own === null ? operator === "!=" : OPERATORS[operator](own, number);
  };
};
for (const input of document.querySelectorAll("input[data-filters]")) {
  const table = document.getElementById(input.dataset.filters);
  const count = document.querySelector(`output[data-counts="${input.dataset.filters}"]`);
  const filter = () => {
    const rows = [...table.tBodies[0].rows];
    try {
      const tests = parseFilter(input.value, table);
      for (const row of rows) row.hidden = !tests.every((test) => test(row));
      count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
      input.removeAttribute("aria-invalid");
    } catch (error) {
      for (const row of rows) row.hidden = false;
      count.textContent = error.message;
      input.setAttribute("aria-invalid", "true");
    }
  };
  input.addEventListener("input", filter);
  // A chart may link to a row that the filter hides.
  table.closest(".scroll").addEventListener("reveal", (event) => {
    if (!event.detail.hidden) return;
    input.value = "";
    filter();
  });
  filter();
}
