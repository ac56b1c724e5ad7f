// Watch it learn: a slider over iterations moves the boundary or the first layer's weights, the
// activations of an example, and the dots on the costs together.
live.watch = (root, own) => {
  const { frames, iteration } = own;
  const costs = [["training", own.cost], [own.held, own.held_out]].filter(([, cost]) => cost);
  const curves = costs.map(([name, cost]) => ({ name, points: cost.map((c, i) => [iteration[i], c]).filter(([, c]) => c !== null) }));
  const curve = chart({ title: "Cost", words: "The cost at each iteration", x: "iteration", y: "cost", curves,
    xs: [0, frames[frames.length - 1].t], ys: [0, Math.max(...curves.flatMap(({ points }) => points.map(([, c]) => c)))] });
  // The cost recorded nearest to an iteration.
  const near = (t) => iteration.reduce((best, i, k) => (Math.abs(i - t) < Math.abs(iteration[best] - t) ? k : best), 0);
  const said = make("p", { role: "status" });
  const seen = (own.points ? plane : pictures)(own);
  const show = (f) => {
    const { t } = frames[f], k = near(t);
    curve.at(...costs.map(([, cost]) => cost[k] !== null && [t, cost[k]]));
    said.textContent = `Iteration ${t}: cost ${costs.map(([name, cost], c) => (c ? `${name} ` : "") + short(cost[k] ?? NaN)).join(", ")}`;
    seen.show(f);
  };
  let playing = null;
  const end = frames.length - 1;
  const slider = control("Iteration:", { type: "range", min: 0, max: end, step: 1, value: end }, (f) => (stop(), show(f)));
  const stop = () => {
    clearInterval(playing);
    playing = null;
    play.textContent = "Play";
  };
  const play = make("button", { type: "button", click: () => {
    if (playing) return stop();
    let f = 0;
    play.textContent = "Stop";
    playing = setInterval(() => {
      slider.input.value = f;
      show(f);
      if (f++ === end) stop();
    }, 250);
  } }, "Play");
  slider.row.append(play);
  root.append(make("p", {}, "Move through the training, which was done again for this and had the same end."), slider.row, said, make("div", { class: "beside" }, seen.made, make("div", {}, curve.made, seen.below)));
  show(end);
};

const TINTS = [[213, 94, 0], [0, 114, 178], [0, 158, 115], [204, 121, 167], [230, 159, 0], [86, 180, 233], [90, 90, 90]];
const tint = (k) => TINTS[k % TINTS.length];

// Two features: the plane in the colors of the answers, and the examples.
const plane = ({ frames, steps, points: [xs, ys], labels, names, classes, threshold, axes }) => {
  const [N, W] = [90, 320];
  const networks = frames.map(({ layers }) => unpacked({ steps, layers }));
  const range = (v) => {
    const [a, b] = [Math.min(...v), Math.max(...v)];
    const margin = 0.08 * (b - a || 1);
    return [a - margin, b + margin];
  };
  const [[x0, x1], [y0, y1]] = [range(xs), range(ys)];
  const canvas = make("canvas", { width: N, height: N, role: "img", "aria-label": "The answers over the plane" });
  const context = canvas.getContext("2d");
  const place = (i) => [((xs[i] - x0) / (x1 - x0)) * W, ((y1 - ys[i]) / (y1 - y0)) * W];
  const decided = (P) => (P.length === 2 ? Number(P[1] > threshold) : P.indexOf(Math.max(...P)));
  const circle = (i, r, width) => {
    const [cx, cy] = place(i);
    return make("circle", { cx, cy, r, fill: "none", stroke: "#000", "stroke-width": width });
  };
  const marks = labels.map((k, i) => {
    const [cx, cy] = place(i);
    return make("circle", { cx, cy, r: 3, fill: `rgb(${tint(k)})`, stroke: "#fff", "stroke-width": 0.7 });
  });
  const rings = make("g"), over = make("svg", { viewBox: `0 0 ${W} ${W}`, "aria-hidden": "true" }, ...marks, rings);
  const legend = make("p", { class: "note" }, ...classes.flatMap((name, k) => [
    make("span", { class: "key", style: `background: rgb(${tint(k)})` }), " ", make("bdi", {}, name), "\u2002"]),
    make("br"), "Across: ", make("bdi", {}, axes[0]), ", up: ", make("bdi", {}, axes[1]), ". Mistakes are ringed, and the example chosen has a thick ring.");
  const below = make("div");
  let chosen = 0, frame = 0;
  const show = (f) => {
    frame = f;
    const image = context.createImageData(N, N);
    for (let i = 0; i < N * N; i++) {
      const x = x0 + (((i % N) + 0.5) / N) * (x1 - x0), y = y1 - ((Math.floor(i / N) + 0.5) / N) * (y1 - y0);
      const P = probabilities(forward(networks[f], [x, y]).pop());
      const k = decided(P);
      const sure = 0.12 + 0.5 * Math.max(0, (P[k] - 1 / P.length) / (1 - 1 / P.length));
      tint(k).forEach((c, j) => (image.data[4 * i + j] = 255 + (c - 255) * sure));
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
    const answers = labels.map((_, i) => decided(probabilities(forward(networks[f], [xs[i], ys[i]]).pop())));
    const wrong = [...labels.keys()].filter((i) => answers[i] !== labels[i]);
    rings.replaceChildren(...wrong.map((i) => circle(i, 5.5, 1.2)), circle(chosen, 9, 3));
    const A = forward(networks[f], [xs[chosen], ys[chosen]]);
    const P = probabilities(A.pop()), is = labels[chosen];
    below.replaceChildren(make("p", {}, `Mistaken: ${wrong.length} of ${labels.length}.`), make("p", {}, "The example is ", make("bdi", {}, classes[is]), `: probability ${percent(P[is])}.`),
      ...A.flatMap(unitSquares));
  };
  const { row, select } = choice("Example:", names, (i) => ((chosen = i), show(frame)));
  const box = make("div", { class: "plane", click: (event) => {
    const { left, top, width } = canvas.getBoundingClientRect();
    const [x, y] = [((event.clientX - left) / width) * W, ((event.clientY - top) / width) * W];
    const far = (i) => Math.hypot(place(i)[0] - x, place(i)[1] - y);
    chosen = labels.reduce((best, _, i) => (far(i) < far(best) ? i : best), 0);
    select.selectedIndex = chosen;
    show(frame);
  } }, canvas, over);
  return { made: make("div", {}, box, legend), below: make("div", {}, row, below), show };
};

// Pictures: the first layer's weights, and what was said of some examples.
const pictures = ({ frames, units: { names, shape, weights }, followed, classes }) => {
  const all = numbers(weights, Int8Array);
  const size = shape.reduce((a, b) => a * b), n = names.length;
  const canvases = names.map((k) => signedCanvas(shape, `Weights of ${isolated(k)}`));
  const below = make("div");
  let chosen = 0, frame = 0;
  const show = (f) => {
    frame = f;
    canvases.forEach((canvas, u) => signed(canvas, all.subarray((f * n + u) * size, (f * n + u + 1) * size), shape[2]));
    if (!followed.names.length) return;
    const P = followed.P[f][chosen], is = followed.labels[chosen], said = P.indexOf(Math.max(...P));
    below.replaceChildren(picture(followed.sheet, chosen, isolated(followed.names[chosen]), 88),
      make("p", {}, "It is ", make("bdi", {}, classes[is]), ` (${percent(P[is])}); most probable is `, make("bdi", {}, classes[said]), ` (${percent(P[said])}).`),
      ...followed.A[f][chosen].flatMap(unitSquares));
  };
  const { row } = choice("Example:", followed.names, (i) => ((chosen = i), show(frame)));
  const figures = names.map((k, u) => make("figure", {}, canvases[u], make("figcaption", {}, make("bdi", {}, k))));
  return { made: make("div", { class: "gallery" }, ...figures), below: make("div", {}, ...(followed.names.length ? [row] : []), below), show };
};
