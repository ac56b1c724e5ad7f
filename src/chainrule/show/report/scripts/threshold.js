// The threshold of two classes: the point on both curves, counts, cost and mistakes move together.
live.threshold = (root, own, { examples }) => {
  const { classes, index, names } = examples;
  const p = numbers(own.p, Float64Array), yes = numbers(own.labels, Uint8Array);
  const at = (t) => {
    let TP = 0, FP = 0, P = 0;
    yes.forEach((is, i) => {
      P += is;
      if (p[i] > t) is ? TP++ : FP++;
    });
    return { TP, FP, FN: P - TP, TN: yes.length - P - FP };
  };
  const thresholds = [...new Set(p)].sort((a, b) => a - b);
  thresholds.unshift(-1);
  const recall = ({ TP, FN }) => TP / (TP + FN);
  const wrongly = ({ FP, TN }) => FP / (FP + TN);
  const precision = ({ TP, FP }) => TP / (TP + FP);
  // Of many answers some: the curves are no finer with more.
  const step = Math.ceil(thresholds.length / 400);
  const counts = thresholds.filter((_, k) => k % step === 0 || k === thresholds.length - 1).map(at);
  const found = counts.filter(({ TP }) => TP).map((c) => [recall(c), precision(c)]);
  found.push([0, found[found.length - 1][1]]); // where none is found, precision is 0, or nothing at all
  const base = yes.reduce((a, b) => a + b, 0) / yes.length;
  const roc = chart({ title: "ROC", words: "ROC curve", x: "share of the others taken for it", y: "share found", chance: [[0, 0], [1, 1]],
    curves: [{ points: counts.map((c) => [wrongly(c), recall(c)]) }] });
  const pr = chart({ title: "Precision and recall", words: "Precision against recall", x: "share found", y: "share right", chance: [[0, base], [1, base]],
    curves: [{ points: found }] });

  let t = own.threshold, false_alarm = 1, missed = 1;
  const cost = ({ FP, FN }) => false_alarm * FP + missed * FN;
  const said = make("p", { role: "status" }), wrong = make("div");
  const table = make("div", { class: "wide confusion", tabindex: 0, role: "group", "aria-label": "Table: counts at this threshold" });
  const head = (scope, words, k) => make("th", { scope }, make("bdi", {}, `${words} ${isolated(classes[k])}`));
  const show = () => {
    const c = at(t);
    roc.at([wrongly(c), recall(c)]);
    pr.at(c.TP && [recall(c), precision(c)]);
    said.textContent = `Above ${short(t)}: ${percent(recall(c))} found, ${c.TP + c.FP ? percent(precision(c)) : "none"} of those found are right, cost ${short(cost(c))}.`;
    const row = (k, ...counts) => make("tr", {}, head("row", "is", k), ...counts.map((n, j) =>
      make("td", n ? { class: j === k ? "right" : "wrong", style: `--share: ${n / (counts[0] + counts[1])}` } : {}, String(n))));
    const heads = make("tr", {}, make("td"), head("col", "taken for", 0), head("col", "taken for", 1));
    table.replaceChildren(make("table", {}, make("thead", {}, heads), make("tbody", {}, row(0, c.TN, c.FP), row(1, c.FN, c.TP))));
    const mistaken = [...names.keys()].filter((k) => p[index[k]] > t !== Boolean(yes[index[k]]));
    mistaken.sort((a, b) => Math.abs(p[index[b]] - t) - Math.abs(p[index[a]] - t));
    const lines = (k) => [`is ${isolated(classes[yes[index[k]]])}`, `probability of ${isolated(classes[1])} ${percent(p[index[k]])}`];
    wrong.replaceChildren(make("h3", {}, `${c.FP + c.FN} mistake${c.FP + c.FN === 1 ? "" : "s"}${mistaken.length < c.FP + c.FN ? `, ${mistaken.length} of them in this page` : ""}`),
      ...gallery(examples, mistaken.map((i) => ({ i, lines: lines(i) }))));
  };
  const slider = control("Threshold:", { type: "range", min: 0, max: 1, step: "any", value: t }, (value) => ((t = value), show()));
  const price = (words, changed) => control(words, { type: "number", min: 0, step: "any", value: 1 }, (value, input) => {
    if (value < 0) input.value = 0;
    changed(Math.max(0, value));
    show();
  }).row;
  const cheapest = () => {
    t = thresholds.reduce((best, one) => (cost(at(one)) < cost(at(best)) ? one : best));
    t = Math.max(0, t);
    slider.input.value = t;
    show();
  };
  root.append(slider.row, said,
    make("div", { class: "beside" }, roc.made, pr.made),
    table,
    price(`Cost of taking ${isolated(classes[0])} for ${isolated(classes[1])}:`, (value) => (false_alarm = value)),
    price(`Cost of taking ${isolated(classes[1])} for ${isolated(classes[0])}:`, (value) => (missed = value)),
    make("p", { class: "control" }, make("button", { type: "button", click: cheapest }, "Lowest cost here"),
      make("span", { class: "note" }, "Chosen by these examples it looks better on them than it is.")),
    wrong);
  show();
};
