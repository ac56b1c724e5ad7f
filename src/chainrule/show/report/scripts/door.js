// The confusion as a door: its table is there, and behind each count are its examples. cells: where
// counts stand in it, each the row, the place in the row, what they are, and were taken for.
live.door = (root, { confusion, cells: places }, { examples }) => {
  const { classes, labels, predicted, p, actual, names } = examples;
  const behind = make("div"), heading = make("h3");
  const cells = [];
  let open = null, order = 0, sure = 0;

  const show = () => {
    const [i, j] = open;
    let found = [...labels.keys()].filter((k) => labels[k] === i && predicted[k] === j);
    const all = found.length, count = confusion[i][j];
    found = found.filter((k) => p[k] >= sure);
    found.sort([(a, b) => p[b] - p[a], (a, b) => p[a] - p[b], (a, b) => names[a].localeCompare(names[b])][order]);
    const said = i === j ? ["is ", bdi(i), ", and answered as such"] : ["is ", bdi(i), ", taken for ", bdi(j)];
    const some = `${found.length} of ${count}${all < count ? `, of which ${all} are in this page` : ""}`;
    const lines = (k) => (i === j ? [percent(p[k])] : [`${isolated(classes[j])} ${percent(p[k])}`, `${isolated(classes[i])} ${percent(actual[k])}`]);
    heading.replaceChildren("What ", ...said, `: ${some}`);
    behind.replaceChildren(...gallery(examples, found.map((k) => ({ i: k, lines: lines(k) }))));
    for (const { button, at } of cells) button.setAttribute("aria-pressed", String(at[0] === i && at[1] === j));
  };
  const bdi = (k) => make("bdi", {}, classes[k]);
  const rows = root.closest("section").querySelector("tbody").rows;
  for (const [row, place, i, j] of places) {
    const words = `${confusion[i][j]}: ${isolated(classes[i])} taken for ${isolated(classes[j])}`;
    const attributes = { type: "button", "aria-pressed": "false", "aria-label": words, click: () => ((open = [i, j]), show()) };
    const button = make("button", attributes, String(confusion[i][j]));
    rows[row].cells[place].firstElementChild.replaceWith(button);
    cells.push({ button, at: [i, j] });
  }
  root.append(make("p", { class: "note" }, "Press a count to see its examples; point at a picture to see it larger."),
    choice("Sort by", ["most confident", "least confident", "name"], (k) => ((order = k), show())).row,
    control("Confidence at least", { type: "range", min: 0, max: 1, step: 0.01, value: 0 }, (value) => ((sure = value), show())).row,
    make("div", { role: "status" }, heading), behind);
  // The commonest mistake, or what was right.
  const mistakes = ([, , i, j]) => (i === j ? 0 : confusion[i][j]);
  [, , ...open] = places.reduce((best, one) => (mistakes(one) > mistakes(best) ? one : best), places[0] ?? [0, 0, 0, 0]);
  show();
};
