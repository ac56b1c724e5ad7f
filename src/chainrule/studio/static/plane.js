// Two features: the plane in the colors of the answers, and the examples in it.
import { useEffect, useRef } from "./vendor/hooks.js";
import { html } from "./parts.js";

const TINTS = [[213, 94, 0], [0, 114, 178], [0, 158, 115], [204, 121, 167], [230, 159, 0], [86, 180, 233], [120, 120, 120]];
export const HUES = ["orange", "blue", "green"]; // classes with these names have these colors
// The color of the k-th class.
const hue = (k, classes) => TINTS[(classes.every((one) => HUES.includes(one)) ? HUES.indexOf(classes[k]) : k) % TINTS.length];
export const tint = (k, classes = HUES) => `rgb(${hue(k, classes)})`;
export const bytes = (text, Kind = Uint8Array) => new Kind(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const SIDE = 320;

// boundary : {side, answer, sure} row by row from below; scene : {classes, plane: {x: 2 lists, labels,
// low, high, axes}}.
export const Plane = ({ boundary, scene: { classes, plane } }) => {
  const canvas = useRef();
  useEffect(() => {
    if (!boundary) return;
    const { side } = boundary;
    const [answer, sure] = [bytes(boundary.answer), bytes(boundary.sure)];
    canvas.current.width = canvas.current.height = side;
    const context = canvas.current.getContext("2d");
    const image = context.createImageData(side, side);
    for (let i = 0; i < side * side; i++) {
      const from = (side - 1 - Math.floor(i / side)) * side + (i % side);
      const chance = 1 / Math.max(classes.length, 2);
      const share = 0.12 + 0.5 * Math.max(0, (sure[from] / 255 - chance) / (1 - chance));
      image.data.set([...hue(answer[from], classes), 255 * share], 4 * i); // over the page's own color
    }
    context.putImageData(image, 0, 0);
  }, [boundary]);
  const place = (value, j) => ((value - plane.low[j]) / (plane.high[j] - plane.low[j])) * SIDE;
  return html`<div class="plane"><canvas ref=${canvas} role="img" aria-label=${boundary ? "The answers over the plane" : "The examples in the plane"} />
      <svg viewBox=${`0 0 ${SIDE} ${SIDE}`} aria-hidden="true">${plane.labels.map((label, i) =>
        html`<circle cx=${place(plane.x[0][i], 0)} cy=${SIDE - place(plane.x[1][i], 1)} r="2.6" fill=${tint(label, classes)} />`)}</svg></div>
    <p class="note">${classes.map((name, k) => html`<span class="dot" style=${{ background: tint(k, classes) }} /> <bdi>${name}</bdi> \u2003`)}<br />
      Across: <bdi>${plane.axes[0]}</bdi>, up: <bdi>${plane.axes[1]}</bdi>.</p>`;
};
