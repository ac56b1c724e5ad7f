// A graph step by step: arrow keys play values forward, then derivatives back.
live.steps = (root, own) => {
  let boxes, edges;
  // In rows of a phone's width where there is no more room.
  const little = matchMedia("(max-width: 48rem)");
  const draw = () => {
    const text = little.matches ? own.narrow : own.svg;
    const drawing = document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
    [boxes, edges] = [{}, {}];
    for (const box of drawing.querySelectorAll("[data-box]")) boxes[box.dataset.box] = box;
    for (const edge of drawing.querySelectorAll("[data-of]")) (edges[edge.dataset.of] ??= []).push(edge);
    frame.replaceChildren(drawing);
    show();
  };
  // Of the edges of a node: its value, and its derivative with the arrow back.
  const labels = (node, which) => (edges[node] ?? []).flatMap((edge) => {
    const texts = [...edge.children].filter((child) => child.nodeName === "text");
    return which === "value" ? texts.slice(0, 1) : [...texts.slice(1), ...edge.querySelectorAll("[data-kind=back]")];
  });
  const { plays, sums } = own, last = plays.length - 1;
  const forward = plays.filter((play) => play.nodes).length;
  let at = 0;

  const said = make("p", { role: "status" }), shown = make("div", { class: "matrices" });
  const sum = make("pre", { class: "sum", "aria-live": "polite" });
  const cell = (text, name, j, i) => {
    const spelled = sums[name]?.[j]?.[i];
    if (!spelled) return make("td", { class: "n" }, text);
    const show = () => (sum.textContent = spelled);
    return make("td", { class: "n" }, make("button", { type: "button", mouseenter: show, focus: show, click: show }, text));
  };
  const matrix = ({ title, shape, rows, name }) => make("div", { class: "wide" },
    make("table", {}, make("caption", {}, make("bdi", {}, title), ` ${shape}`),
      make("tbody", {}, ...rows.map((row, j) => make("tr", {}, ...row.map((text, i) => cell(text, name, j, i)))))));

  const show = () => {
    const done = plays.slice(0, at + 1), now = plays[at];
    const valued = new Set(done.flatMap((play) => play.nodes ?? []));
    const slopes = new Set(done.filter((play) => play.back).map((play) => play.back));
    if (at >= forward) slopes.add(own.output);
    for (const node of new Set([...Object.keys(edges), ...Object.keys(boxes)])) {
      for (const label of labels(node, "value")) label.classList.toggle("later", !valued.has(node));
      for (const label of labels(node, "derivative")) label.classList.toggle("later", !slopes.has(node));
      boxes[node]?.classList.toggle("now", (now.nodes ?? [now.through]).includes(node));
      boxes[node]?.classList.toggle("reached", now.back === node);
    }
    said.textContent = `${at + 1} of ${last + 1}: ${now.said}`;
    const spelled = now.parts.some((part) => part.name in sums);
    sum.textContent = spelled ? "Point at a number to see the sum behind it." : "";
    shown.replaceChildren(...now.parts.map(matrix));
    slider.input.value = at + 1;
    const box = boxes[now.through ?? now.nodes[0]]?.getBoundingClientRect(), page = frame.getBoundingClientRect();
    if (box && (box.top < page.top || box.bottom > page.bottom)) frame.scrollTop += box.top - page.top - page.height / 3;
  };
  const go = (to) => {
    at = Math.max(0, Math.min(last, to));
    show();
  };
  const slider = control("Step:", { type: "range", min: 1, max: last + 1, value: 1 }, (value) => go(value - 1));
  const button = (text, words, to) => make("button", { type: "button", "aria-label": words, click: () => go(to()) }, text);
  slider.row.append(button("←", "Back", () => at - 1), button("→", "Next", () => at + 1));
  const keys = { ArrowRight: () => at + 1, ArrowLeft: () => at - 1, Home: () => 0, End: () => last };
  document.addEventListener("keydown", (event) => {
    const wide = event.target.closest(".wide"); // arrow keys scroll what is wider than its place
    if (!keys[event.key] || event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, select")) return;
    if (wide && wide.scrollWidth > wide.clientWidth) return;
    event.preventDefault();
    go(keys[event.key]());
  });
  const frame = make("div", { class: "wide drawing", tabindex: "0", role: "group", "aria-label": "The graph, step by step" });
  root.append(slider.row, frame, said, make("div", { class: "beside" }, shown, sum));
  little.addEventListener("change", draw);
  draw();
};
