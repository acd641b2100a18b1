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

// A column's name, or its name in charts, without unit and underscores: `test accuracy` is also test_accuracy.
const plainName = (name) => name.toLowerCase().replaceAll("_", " ").replace(/\s+\([^)]*\)$/, "");
const namesOf = (head) => [head.dataset.name, head.dataset.label ?? head.dataset.name].map(plainName);
const columnOf = (heads, wanted) => {
  const exact = heads.findIndex((head) => head.dataset.name.toLowerCase() === wanted);
  return exact >= 0 ? exact : heads.findIndex((head) => namesOf(head).includes(plainName(wanted)));
};
// Quotes around the names of columns with spaces.
const withQuotes = (text, heads) => {
  const names = heads.flatMap(namesOf).filter((name) => name.includes(" ")).sort((one, other) => other.length - one.length);
  const escaped = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (!names.length) return text;
  return text.replace(new RegExp(`(?<![\\w"])(?:${escaped.join("|")})(?=\\s*(?:[<>=]|!=))`, "gi"), '"$&"');
};
// The overrides that all rows share, which no cell contains.
const constantsOf = (table) =>
  new Map((table.dataset.constants ?? "").toLowerCase().split("\n").map((part) => part.replace(/^[+~]+/, "").split(/=(.*)/s)));

// A test for a word, wherever it stands in a row. Throws an Error for one that no row has, as `or`, which is no operator.
const containing = (wanted, table) => {
  const has = (row) => plainText(row).toLowerCase().includes(wanted);
  if ([...table.tBodies[0].rows].some(has)) return has;
  throw new Error(wanted === "or" ? "or: not supported; every term must hold" : `no row with ${wanted}`);
};
// Tests of a row, one for each term. Throws an Error for a column that the table does not have.
const parseFilter = (text, table) => {
  const [heads, constants] = [headsOf(table), constantsOf(table)];
  const quoted = withQuotes(text, heads);
  const tests = [];
  TERM.lastIndex = 0;
  for (let found = TERM.exec(quoted); found; found = TERM.exec(quoted)) {
    const [, column, operator, value, word] = found;
    const wanted = unquoted(column ?? word).trim();
    if (word !== undefined && wanted === "and") continue;
    const position = column === undefined ? -1 : columnOf(heads, wanted);
    if (position >= 0) tests.push(comparison(position, operator, unquoted(value), heads[position]));
    else if (column === undefined) tests.push(containing(wanted, table));
    else if (constants.has(wanted)) {
      const number = Number.isNaN(Number(constants.get(wanted))) ? null : numberIn(unquoted(value));
      tests.push(() => holds(operator, constants.get(wanted), unquoted(value), number));
    } else {
      const part = `${wanted}=${unquoted(value)}`; // an override
      const has = (row) => plainText(row).toLowerCase().includes(part);
      if (operator !== "=" || ![...table.tBodies[0].rows].some(has)) throw new Error(`no column ${wanted}`);
      tests.push(has);
    }
  }
  return tests;
};
const comparison = (position, operator, value, head) => {
  const number = head.classList.contains("number") ? numberIn(value) : null;
  return (row) => holds(operator, plainText(row.cells[position]).toLowerCase(), value, number);
};
// Whether a comparison holds: of numbers or, without a number, of words; a word may have a reason: `undecided: ...`.
const holds = (operator, text, value, number) => {
  if (number === null) return OPERATORS[operator](text.startsWith(`${value}: `) ? value : text, value);
  const own = numberIn(text);
  return own === null ? operator === "!=" : OPERATORS[operator](own, number);
};
for (const input of document.querySelectorAll("input[data-filters]")) {
  const table = document.getElementById(input.dataset.filters);
  const names = document.createElement("datalist");
  names.id = `${table.id}-names`;
  names.append(...headsOf(table).map((head) => new Option(head.dataset.name)));
  input.setAttribute("list", names.id);
  input.closest(".tools").append(names);
  const count = document.querySelector(`output[data-counts="${input.dataset.filters}"]`);
  const filter = () => {
    const rows = [...table.tBodies[0].rows];
    try {
      const tests = parseFilter(input.value, table);
      for (const row of rows) row.hidden = !tests.every((test) => test(row));
      const off = rows.filter((row) => !row.hidden && row.classList.contains("off")).length; // by the buttons of variants
      count.textContent = `${rows.filter((row) => !row.hidden).length - off} of ${rows.length}${off ? ` (${off} switched off)` : ""}`;
      input.removeAttribute("aria-invalid");
    } catch (error) {
      for (const row of rows) row.hidden = false;
      count.textContent = error.message;
      input.setAttribute("aria-invalid", "true");
    }
  };
  input.addEventListener("input", filter);
  follow(filter);
  // A chart may link to a row that the filter hides.
  table.closest(".scroll").addEventListener("reveal", (event) => {
    if (!event.detail.hidden) return;
    input.value = "";
    filter();
  });
  filter();
}
