// A unit's weights: what was drawn fades out, what was learned fades in.
live.emerge = (root, { names, shape, weights, sheet, parts, C, examples }) => {
  const all = numbers(weights, Int8Array);
  const size = shape.reduce((a, b) => a * b), n = names.length;
  const canvases = names.map((k) => signedCanvas(shape, `Weights of ${isolated(k)}`));
  const said = make("p", { class: "note", role: "status" });
  const show = (t) => {
    // In the middle both are whole, which is W itself.
    const [a, b] = [Math.min(1, 2 - 2 * t), Math.min(1, 2 * t)];
    canvases.forEach((canvas, u) => {
      const at = (which) => (which * n + u) * size;
      const values = Float32Array.from({ length: size }, (_, i) => Math.max(-127, Math.min(127, a * all[at(0) + i] + b * all[at(1) + i])));
      signed(canvas, values, shape[2]);
    });
    said.textContent = t === 0 ? "What was drawn" : t === 1 ? "What was learned" : t === 0.5 ? "W: both" : "";
  };
  const made = names.map((k, u) => {
    const figure = make("figure", {}, canvases[u], make("figcaption", {}, make("bdi", {}, k)));
    if (!parts) return figure;
    for (const sign of ["+", "\u2212"]) {
      const some = parts[u].map((i, j) => [i, C[u][j]]).filter(([, c]) => (sign === "+" ? c > 0 : c < 0));
      const row = some.map(([i, c]) => {
        const words = `${sign}${short(Math.abs(c))} times ${isolated(examples[i])}`;
        const one = sheet ? picture(sheet, i, words, 28) : make("bdi", {}, words);
        one.title = words;
        return one;
      });
      figure.append(make("div", { class: "parts" }, sign, ...row));
    }
    return figure;
  });
  const slider = control("Drawn \u2192 learned", { type: "range", min: 0, max: 1, step: 0.05, value: 0.5 }, show);
  root.append(slider.row, said, make("div", { class: "gallery units-of" }, ...made));
  show(0.5);
};
