// Doubtful labels are decided on by hand; the decisions are saved as the file that `--labels` reads.
live.labels = (root, { header, rows, classes, sheet, file }) => {
  const place = Object.fromEntries(header.map((name, k) => [name, k]));
  const said = make("p", { role: "status" });
  const tell = () => {
    const count = (what) => rows.filter((row) => row[place.decision] === what).length;
    said.textContent = `${count("keep")} kept, ${count("relabel")} relabeled, ${count("drop")} dropped.`;
  };
  const quoted = (cell) => `"${cell.replaceAll('"', '""')}"`;
  const save = () => {
    const text = [header, ...rows].map((row) => row.map(quoted).join(",") + "\r\n").join("");
    const href = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
    make("a", { href, download: file }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10000);
  };
  const grid = make("div", { class: "gallery" });
  rows.forEach((row, i) => {
    const name = row[place.name];
    const target = choice("as", classes, (k) => (row[place.relabel_as] = classes[k]));
    target.select.selectedIndex = classes.indexOf(row[place.suggested]);
    target.row.hidden = true;
    const buttons = ["keep", "relabel", "drop"].map((what) =>
      make("button", { type: "button", "aria-pressed": String(what === "keep"), click: () => decide(what) }, what));
    const decide = (what) => {
      row[place.decision] = what;
      row[place.relabel_as] = what === "relabel" ? classes[target.select.selectedIndex] : "";
      buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.textContent === what)));
      target.row.hidden = what !== "relabel";
      tell();
    };
    const words = `${isolated(name)}, labeled ${isolated(row[place.given])}`;
    const figure = make("figure", { role: "group", "aria-label": words });
    if (sheet) figure.append(picture(sheet, i, words, 88));
    figure.append(make("figcaption", {}, make("bdi", { class: "name", title: name }, name), "labeled ", make("bdi", {}, row[place.given]),
      make("br"), "looks like ", make("bdi", {}, row[place.suggested])), make("p", { class: "control" }, ...buttons), target.row);
    grid.append(figure);
  });
  root.append(grid, said, make("p", {}, make("button", { type: "button", click: save }, "Save the decisions")));
  tell();
};
