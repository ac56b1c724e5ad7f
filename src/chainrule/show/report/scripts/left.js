// Leave one out by hand: press a training example, and see what the answer would be without it.
live.left = (root, { names, sheet, asked, classes, p, changes }) => {
  const grid = make("div", { class: "grid", tabindex: 0, role: "group", "aria-label": "Training examples" });
  const said = make("div", { role: "status" });
  let question = 0, pressed = null;
  const amount = (c) => `${c > 0 ? "+" : "\u2212"}${Math.abs(c).toPrecision(2)}`;

  const tell = (i, button) => {
    if (pressed) pressed.setAttribute("aria-pressed", "false");
    (pressed = button).setAttribute("aria-pressed", "true");
    const [change, ...others] = changes[question].map((start) => start[i]);
    const known = others.filter((c) => c !== null);
    said.replaceChildren(make("p", {}, "Trained without ", make("bdi", {}, names[i]), " the probability of ", make("bdi", {}, classes[question]),
      ` would be ${percent(p[question] - change)} instead of ${percent(p[question])}: by being there it changes it by ${amount(change)}.`,
      known.length ? ` Trained from other starting weights: ${known.map(amount).join(", ")}.` : ""));
  };
  const show = () => {
    pressed = null;
    said.replaceChildren(make("p", { class: "note" }, "Press a training example. Those that change most come first."));
    const change = changes[question][0];
    const order = [...names.keys()].sort((a, b) => Math.abs(change[b]) - Math.abs(change[a]));
    grid.replaceChildren(...order.map((i) => {
      const words = `${names[i]}: ${amount(change[i])}`;
      const kind = change[i] > 0 ? "for" : "against";
      const inside = sheet ? picture(sheet, i, words, 44) : make("bdi", {}, names[i]);
      const button = make("button", { type: "button", class: sheet ? kind : `text ${kind}`, "aria-pressed": "false", title: words, click: () => tell(i, button) }, inside);
      return button;
    }));
  };
  root.append(make("h3", {}, "Leave one out by hand"), choice("Asked about:", asked, (k) => ((question = k), show())).row, said, grid,
    make("p", { class: "note" }, "Framed blue: raises the probability. Dashed orange: lowers it."));
  show();
};
