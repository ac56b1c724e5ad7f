// A curve with one point that moves along: {words, x, y, least, most} are of the axes, points
// [[x, y], ...] of the curve, chance those of a line to compare with. Returns the element and `at`.
const chart = ({ title, words, x, y, points, chance, xs = [0, 1], ys = [0, 1] }) => {
  const [W, H, left, low] = [300, 240, 40, 34];
  const place = ([a, b]) => [
    left + ((a - xs[0]) / (xs[1] - xs[0] || 1)) * (W - left - 8),
    H - low - ((b - ys[0]) / (ys[1] - ys[0] || 1)) * (H - low - 24),
  ];
  const path = (some) => some.map((point, k) => `${k ? "L" : "M"}${place(point).map((n) => n.toFixed(1)).join(" ")}`).join("");
  const dot = make("circle", { r: 6 });
  const [[x0, y0], [x1, y1]] = [place([xs[0], ys[0]]), place([xs[1], ys[1]])];
  const mark = (text, a, b, anchor = "middle") => make("text", { x: a, y: b, "text-anchor": anchor }, text);
  const made = make("svg", { class: "chart", viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": words },
    make("path", { class: "frame", d: `M${x0} ${y1}V${y0}H${x1}` }),
    chance ? make("path", { class: "chance", d: path(chance) }) : "",
    make("path", { d: path(points) }), dot,
    mark(short(xs[0]), x0, y0 + 14), mark(short(xs[1]), x1, y0 + 14, "end"), mark(x, (x0 + x1) / 2, H - 4),
    mark(short(ys[0]), x0 - 6, y0, "end"), mark(short(ys[1]), x0 - 6, y1 + 4, "end"),
    make("text", { transform: `translate(12 ${(y0 + y1) / 2}) rotate(-90)`, "text-anchor": "middle" }, y),
    mark(title, (x0 + x1) / 2, 12));
  const at = (point) => {
    const [cx, cy] = place(point);
    dot.setAttribute("cx", cx);
    dot.setAttribute("cy", cy);
  };
  return { made, at };
};
