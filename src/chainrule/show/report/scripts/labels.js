// Doubtful labels, a picture or a row of a table each, are decided on by hand; the decisions are saved
// as the file that `--labels` reads.
live.labels = (root, { header, rows, classes, words, file }) => {
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
  const section = root.closest("section"), head = section.querySelector("thead tr");
  const shown = section.querySelectorAll(".gallery > figure, tbody > tr");
  head?.append(make("th", { class: "touch", scope: "col", role: head.getAttribute("role") && "columnheader" }, "decision"));
  rows.forEach((row, i) => {
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
    const group = { class: "control", role: "group", "aria-label": `${isolated(row[place.name])}, labeled ${isolated(row[place.given])}` };
    const decision = make("div", { class: "touch" }, make("div", group, ...buttons), target.row);
    shown[i].append(head ? make("td", { class: "touch", role: head.getAttribute("role") && "cell" }, decision) : decision);
  });
  root.append(make("p", {}, words), said, make("p", {}, make("button", { type: "button", click: save }, "Save the decisions")));
  tell();
};
