// A view of the charts in the address of the page: what they show, and which variants are hidden.
const VIEW = "#view=";
const viewNow = () => ({
  ...curves.view(),
  dataset: scope.dataset,
  hidden: [...hidden].map((variant) => data.variants[variant].name),
  ...(scatter && { runs: scatter.view() }),
  ...(trials && { trials: trials.view() }),
});
const readView = () => {
  try {
    const view = location.hash.startsWith(VIEW) ? JSON.parse(decodeURIComponent(location.hash.slice(VIEW.length))) : null;
    return typeof view === "object" ? view : null;
  } catch {
    return null; // not written by this page
  }
};
const showView = () => {
  const view = readView();
  if (!view) return;
  if (scope.choose && datasets.includes(view.dataset)) scope.choose(view.dataset);
  hidden.clear();
  const names = Array.isArray(view.hidden) ? view.hidden : [];
  data.variants.forEach(({ name }, variant) => names.includes(name) && hidden.add(variant));
  changed();
  curves.show(view);
  scatter?.show(view.runs ?? {});
  trials?.show(view.trials ?? {});
  document.getElementById("charts").scrollIntoView();
};
if (curves) {
  const link = press("Copy link to this view", async () => {
    history.replaceState(null, "", VIEW + encodeURIComponent(JSON.stringify(viewNow())));
    await copyText(location.href);
    link.textContent = "Link copied";
    setTimeout(() => (link.textContent = "Copy link to this view"), 2000);
  });
  // A reload forgets everything but the address and what the browser remembers.
  const usual = press("Default view", () => {
    remember(CHOICES, {});
    history.replaceState(null, "", "#charts");
    location.reload();
  });
  document.querySelector("#curves .tools:has(input[type='range'])").append(link, usual);
  addEventListener("hashchange", showView);
  showView();
}
