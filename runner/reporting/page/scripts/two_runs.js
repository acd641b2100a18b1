// The keys in which the configurations of two runs differ, and their results; the runs are chosen by checkboxes in the table.
const chosenRuns = []; // the checkboxes, in the order in which they were checked
const tableOf = (heads, rows) => {
  const table = document.createElement("table");
  const row = (tag, texts) => {
    const line = document.createElement("tr");
    line.append(...texts.map((text) => Object.assign(document.createElement(tag), { textContent: text })));
    return line;
  };
  table.createTHead().append(row("th", heads));
  table.createTBody().append(...rows.map((texts) => row("td", texts)));
  for (const head of table.tHead.rows[0].cells) head.scope = "col";
  return table;
};
const nameOfRun = (run) => `${data.variants[data.runs[run][0]].name}, ${data.unit} ${data.runs[run][1]}`;
// The columns of results: numbers that are no settings.
const resultsOf = (runs) => {
  const rows = runs.map((run) => rowOfRun(run));
  return headsOf(runsTable).flatMap((head, at) => {
    const { name, label, unit, hidden: isSetting } = head.dataset;
    if (!head.classList.contains("number") || isSetting !== undefined || name === data.unit || name === "seed") return [];
    return [[`${label ?? name}${unit ? ` (${unit})` : ""}`, ...rows.map((row) => row.cells[at].textContent.trim())]];
  });
};
const showDifference = (place) => {
  if (chosenRuns.length < 2) {
    place.replaceChildren(chosenRuns.length ? `${nameOfRun(chosenRuns[0].value)}: choose a second run` : "Check two runs to compare their configurations and results.");
    return;
  }
  const runs = chosenRuns.map((box) => Number(box.value));
  const { keys, values, ofRuns } = data.settings;
  const rows = keys.flatMap((key, at) => {
    const own = runs.map((run) => values[at][ofRuns[run]]);
    return own[0] === own[1] ? [] : [[key, ...own]];
  });
  const names = runs.map(nameOfRun);
  const count = `${names.join(" and ")}: ${rows.length ? `${rows.length} ${rows.length === 1 ? "key differs" : "keys differ"}` : "the same configuration except for the seed"}`;
  place.replaceChildren(count, tableOf(["key or result", ...names], [...rows, ...resultsOf(runs)]));
};
const runsTable = document.getElementById("table-runs");
if (data && runsTable) {
  const place = document.createElement("div");
  place.className = "two-runs";
  place.setAttribute("role", "status");
  runsTable.closest(".scroll").before(place);
  showDifference(place);
  for (const row of runsTable.tBodies[0].rows) {
    const box = check(false, (checked) => {
      if (checked) chosenRuns.push(box);
      else chosenRuns.splice(chosenRuns.indexOf(box), 1);
      if (chosenRuns.length > 2) chosenRuns.shift().checked = false;
      showDifference(place);
    });
    box.value = row.dataset.run;
    box.className = "pick";
    box.setAttribute("aria-label", `compare ${nameOfRun(box.value)}`);
    row.cells[0].prepend(box);
  }
}
