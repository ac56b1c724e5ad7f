// The confusion as a door: behind each count are its examples.
const WIDE = 12; // classes of which a table has room; of more the commonest confusions are listed

live.door = (root, { confusion }, { examples }) => {
  const { classes, labels, predicted, p, actual, names } = examples;
  const behind = make("div", { "aria-live": "polite" });
  const cells = [];
  let open = null, order = 0, sure = 0;

  const show = () => {
    const [i, j] = open;
    let found = [...labels.keys()].filter((k) => labels[k] === i && predicted[k] === j);
    const all = found.length, count = confusion[i][j];
    found = found.filter((k) => p[k] >= sure);
    found.sort([(a, b) => p[b] - p[a], (a, b) => p[a] - p[b], (a, b) => names[a].localeCompare(names[b])][order]);
    const said = i === j ? ["is ", bdi(i), ", and taken for it"] : ["is ", bdi(i), ", taken for ", bdi(j)];
    const some = `${found.length} of ${count}${all < count ? `, of which ${all} are in this page` : ""}`;
    const lines = (k) => (i === j ? [percent(p[k])] : [`${percent(p[k])}; of what it is ${percent(actual[k])}`]);
    behind.replaceChildren(make("h3", {}, "What ", ...said, `: ${some}`), ...gallery(examples, found.map((k) => ({ i: k, lines: lines(k) }))));
    for (const { button, at } of cells) button.setAttribute("aria-pressed", String(at[0] === i && at[1] === j));
  };
  const bdi = (k) => make("bdi", {}, classes[k]);
  const cell = (i, j, ...words) => {
    const attributes = { type: "button", "aria-pressed": "false", click: () => ((open = [i, j]), show()) };
    const button = make("button", attributes, ...words);
    cells.push({ button, at: [i, j] });
    return button;
  };

  const pairs = confusion.flatMap((row, i) => row.map((n, j) => [n, i, j])).filter(([n, i, j]) => n && i !== j);
  pairs.sort((a, b) => b[0] - a[0]);
  if (classes.length <= WIDE) {
    const head = make("tr", {}, make("td"), ...classes.map((name) => make("th", { scope: "col" }, make("bdi", {}, name))));
    const rows = confusion.map((row, i) => make("tr", {}, make("th", { scope: "row" }, bdi(i)),
      ...row.map((n, j) => {
        const shown = make("td", n && i !== j ? { class: "wrong" } : {});
        if (n) {
          const button = cell(i, j, String(n));
          button.setAttribute("aria-label", `${n}: ${isolated(classes[i])} taken for ${isolated(classes[j])}`);
          shown.append(button);
        }
        return shown;
      })));
    const table = make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
    root.append(make("p", { class: "note" }, "Rows are what examples are, columns what they were taken for."),
      make("div", { class: "confusion", tabindex: 0, role: "group", "aria-label": "Confusion" }, table));
  } else {
    const listed = pairs.slice(0, WIDE).map(([n, i, j]) => cell(i, j, bdi(i), " as ", bdi(j), `: ${n}`));
    root.append(make("p", {}, "The commonest confusions:"), make("div", { class: "control" }, ...listed));
  }
  root.append(
    choice("Sort by", ["most confident", "least confident", "name"], (k) => ((order = k), show())).row,
    control("Confidence at least", { type: "range", min: 0, max: 1, step: 0.01, value: 0 }, (value) => ((sure = value), show())).row,
    behind);
  open = pairs.length ? pairs[0].slice(1) : [0, 0];
  show();
};
