// What several screens are made of.
import { useEffect, useRef, useState } from "./vendor/hooks.js";
import { inPage } from "./fields.js";
import { html } from "./html.js";

export { Curve } from "./curve.js";
export { html };

export const whole = (n) => (n === null || n === undefined ? "–" : Math.round(n).toLocaleString("en-US"));
export const short = (x, digits = 3) => (Number.isFinite(x) ? Number(x.toPrecision(digits)).toString() : "–");
export const percent = (p) =>
  !Number.isFinite(p) ? "–" : p > 0.999 && p < 1 ? ">\u00a099.9\u00a0%" : p < 0.001 && p > 0 ? "<\u00a00.1\u00a0%" : `${(100 * p).toFixed(1)}\u00a0%`;
// 1 example, 2 examples
export const count = (n, one, many = `${one}s`) => `${whole(n)} ${n === 1 ? one : many}`;

// What a promise gives: {value, error}; asked again when `keys` change, and the old value stays
// until then. What comes late, after something newer was asked, is dropped.
export const useAsked = (ask, keys) => {
  const [found, set] = useState({});
  useEffect(() => {
    let wanted = true;
    Promise.resolve(ask()).then(
      (value) => wanted && set({ value }),
      (error) => wanted && set((old) => ({ ...old, error: error.message })),
    );
    return () => (wanted = false);
  }, keys);
  return found;
};

// A button whose work may take a while: it cannot be pressed twice, and says what went wrong.
export const Button = ({ onClick, children, disabled, ...more }) => {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const press = async (event) => {
    setBusy(true);
    setError("");
    try {
      await onClick?.(event);
    } catch (found) {
      setError(found.message);
    }
    setBusy(false);
  };
  return html`<button type="button" ...${more} disabled=${disabled || busy} onClick=${press}>${children}</button>
    ${error && html`<${Wrong} words=${error} />`}`;
};

export const Wrong = ({ words }) => words && html`<p class="warning" role="alert"><bdi>${inPage(words)}</bdi></p>`;

// A labelled control: <Field words="Rate"><input .../></Field>
export const Field = ({ words, note, children }) =>
  html`<label class="field"><span>${words}</span>${children}${note && html`<small>${note}</small>`}</label>`;
export const Choice = ({ words, note, value, options, onChange }) => html`
  <${Field} words=${words} note=${note}>
    <select value=${value} onChange=${(e) => onChange(e.target.value)}>
      ${options.map((one) => (Array.isArray(one) ? one : [one, one])).map(([key, said]) =>
        html`<option value=${key} selected=${key === value}>${said}</option>`)}
    </select>
  </${Field}>`;

// `values` such as the kept moments, at their places from 0 to `top` and one, where the last is;
// `value` is one of them. The arrow keys go from one to the next.
const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
export const Slider = ({ words, values, value, top, onInput, said, ...more }) => {
  const end = Math.max(top, 1) * 1.01;
  const place = Math.max(0, values.findLastIndex((one) => one <= value));
  const nearest = (x) => values.reduce((best, one) => (Math.abs(Math.min(one, end) - x) < Math.abs(Math.min(best, end) - x) ? one : best));
  const key = (event) => {
    if (!KEYS[event.key]) return;
    event.preventDefault();
    onInput(values[Math.max(0, Math.min(values.length - 1, place + KEYS[event.key]))]);
  };
  return html`<label class="slider"><span class="unseen">${words}</span>
    <input type="range" min="0" max=${end} step="any" value=${Math.min(values[place] ?? 0, end)} aria-valuetext=${said} ...${more}
      onKeyDown=${key} onInput=${(e) => onInput(nearest(e.target.valueAsNumber))} /></label>`;
};

export const Picture = ({ src, words, size = 96, ...more }) =>
  html`<img class="pixels" src=${src} alt=${words} width=${size} loading="lazy" ...${more} />`;
export const ofData = (name, set, i) =>
  `/api/data/${encodeURIComponent(name)}/picture/${encodeURIComponent(set)}/${i}.png`;

// From blue through gray to yellow; the lightness rises all the way.
const ENDS = [[0, 34, 78], [125, 124, 120], [254, 232, 56]];
const paint = (canvas, values, [rows, columns], colors, most) => {
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    for (let c = 0; c < 3; c++) {
      const w = Math.max(-1, Math.min(1, values[colors ? 3 * i + c : i] / most));
      const end = ENDS[w < 0 ? 0 : 2][c];
      image.data[4 * i + c] = colors ? 127.5 + 127.5 * w : ENDS[1][c] + (end - ENDS[1][c]) * Math.abs(w);
    }
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
};

// A matrix as pixels around 0: values row by row, shape [rows, columns] or [rows, columns, 3]. With
// `onCell(row, column)` a cell can be chosen, by the mouse or with the arrow keys and Enter.
export const Tile = ({ values, shape, words, most, size = 160, onCell, chosen }) => {
  const canvas = useRef();
  const [cell, move] = useState(chosen ?? [0, 0]);
  const [rows, columns, colors] = shape;
  const largest = most ?? (values.reduce((m, v) => Math.max(m, Math.abs(v)), 0) || 1);
  useEffect(() => paint(canvas.current, values, shape, colors === 3, largest), [values, largest]);
  useEffect(() => chosen && move(chosen), [chosen?.join()]);
  const scale = size / Math.max(rows, columns);
  const style = { width: `${Math.max(columns * scale, 2)}px`, height: `${Math.max(rows * scale, 2)}px` };
  const drawn = html`<canvas class="pixels" ref=${canvas} style=${style} role=${onCell ? undefined : "img"}
    aria-label=${onCell ? undefined : words} />`;
  if (!onCell) return drawn;
  const within = (n, most) => Math.max(0, Math.min(most - 1, n));
  const click = (event) => {
    if (!event.detail) return onCell(...cell);
    const box = canvas.current.getBoundingClientRect();
    const row = within(Math.floor(((event.clientY - box.top) / box.height) * rows), rows);
    const column = within(Math.floor(((event.clientX - box.left) / box.width) * columns), columns);
    move([row, column]);
    return onCell(row, column);
  };
  const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const key = (event) => {
    if (!STEPS[event.key]) return;
    event.preventDefault();
    move([within(cell[0] + STEPS[event.key][0], rows), within(cell[1] + STEPS[event.key][1], columns)]);
  };
  const [row, column] = cell;
  const mark = {
    left: `${(100 * column) / columns}%`,
    top: `${(100 * row) / rows}%`,
    width: `${100 / columns}%`,
    height: `${100 / rows}%`,
  };
  return html`<button type="button" class=${chosen ? "tile chosen" : "tile"} onClick=${click} onKeyDown=${key}
    aria-label=${`${words}, row ${row + 1}, column ${column + 1}${colors === 3 ? "" : `: ${short(values[row * columns + column], 4)}`}`}>
    ${drawn}<span class="cell" style=${mark} /></button>`;
};

// What to type, and a button that copies it.
export const Command = ({ words = "To repeat it to the bit", text }) => {
  const [copied, set] = useState("");
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    set("Copied.");
    setTimeout(() => set(""), 2000);
  };
  return html`<div class="command"><h3>${words}</h3>
    <pre tabindex="0"><code>${text}</code></pre><${Button} onClick=${copy}>Copy</${Button}> <span role="status" class="note">${copied}</span></div>`;
};
