// Curves with one point each that moves along: {words, x, y} are of the axes, curves {points: [[x, y],
// ...], name}, chance the points of a line to compare with. Returns the element and `at`, of a point
// for each curve or null.
const chart = ({ title, words, x, y, curves, chance, xs = [0, 1], ys = [0, 1] }) => {
  const [W, H, left, low] = [300, 240, 40, 34];
  const place = ([a, b]) => [
    left + ((a - xs[0]) / (xs[1] - xs[0] || 1)) * (W - left - 8),
    H - low - ((b - ys[0]) / (ys[1] - ys[0] || 1)) * (H - low - 24),
  ];
  const path = (some) => some.map((point, k) => `${k ? "L" : "M"}${place(point).map((n) => n.toFixed(1)).join(" ")}`).join("");
  const [[x0, y0], [x1, y1]] = [place([xs[0], ys[0]]), place([xs[1], ys[1]])];
  const mark = (text, a, b, anchor = "middle", more = {}) => make("text", { x: a, y: b, "text-anchor": anchor, ...more }, text);
  const dots = curves.map((_, k) => make("circle", { r: 6, class: k + 1 < curves.length && "first" }));
  // Names above the ends, the lowest first, none on another.
  const above = ({ points }) => Math.min(...points.map(place).filter(([a]) => a > x1 - 60).map(([, b]) => b)) - 8;
  const named = curves.map((curve, k) => ({ text: curve.name ?? "", k, y: above(curve) })).sort((a, b) => b.y - a.y);
  named.forEach((one, k) => k && (one.y = Math.min(one.y, named[k - 1].y - 13)));
  const names = named.map(({ text, k, y }) => mark(text, x1, y, "end", { class: `name-${k}` }));
  const made = make("svg", { class: "chart", viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": words },
    make("path", { class: "frame", d: `M${x0} ${y1}V${y0}H${x1}` }),
    chance ? make("path", { class: "chance", d: path(chance) }) : "",
    ...curves.map(({ points }, k) => make("path", { class: `curve-${k}`, d: path(points) })), ...dots, ...names,
    mark(short(xs[0]), x0, y0 + 14), mark(short(xs[1]), x1, y0 + 14, "end"), mark(x, (x0 + x1) / 2, H - 4),
    mark(short(ys[0]), x0 - 6, y0, "end"), mark(short(ys[1]), x0 - 6, y1 + 4, "end"),
    make("text", { transform: `translate(12 ${(y0 + y1) / 2}) rotate(-90)`, "text-anchor": "middle" }, y),
    mark(title, (x0 + x1) / 2, 12));
  const at = (...points) => dots.forEach((dot, k) => {
    const [cx, cy] = points[k] ? place(points[k]) : [-99, -99];
    dot.setAttribute("cx", cx);
    dot.setAttribute("cy", cy);
  });
  return { made, at };
};
