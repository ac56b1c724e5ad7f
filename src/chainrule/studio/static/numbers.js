// What the screens of an example and of a number share: addresses of numbers, tiles of vectors and
// pictures whose cells lead to them.
import { address, at, go } from "./router.js";
import { signal } from "./vendor/signals.js";
import { Tile, html, short, whole } from "./parts.js";

const TALL = 20; // cells of a column
// Of a training that goes on what is linked is of the moment that is shown: its numbers belong together.
const shown = signal(null);
const asked = (given, k = at.value ?? shown.value) => {
  const kept = Object.entries({ ...given, at: k }).filter(([, value]) => value !== null && value !== undefined);
  return kept.length ? `?${new URLSearchParams(kept)}` : "";
};
export const toNode = (id, set, array, place) => `${address("run", id, "node", array, ...place.map(String))}${asked({ set })}`;
export const toExample = (id, set, i) => `${address("run", id, "example", set, String(i))}${asked({})}`;
export const labelOf = (array, place) => (place.length ? `${array}[${place.join(", ")}]` : array);
export const atMoment = (path, given = {}) => `${path}${asked(given, at.value)}`;

// What was found is of this moment.
export const Moment = ({ run, iteration }) => {
  shown.value = run.state === "training" ? iteration : null;
  return at.value !== null && at.value !== iteration
    ? html`<p class="note">This is of iteration ${whole(iteration)}, the last one before that was kept.</p>` : "";
};

export const NodeLink = ({ id, set, array, place, children }) =>
  html`<a href=${toNode(id, set, array, place)}>${children ?? labelOf(array, place)}</a>`;

// Numbers of one array as columns of cells; place(k) is where the k-th of them is.
export const Vector = ({ id, set, array, values, place, words, cell = 16 }) => {
  const rows = Math.min(values.length, TALL);
  const columns = Math.ceil(values.length / rows);
  const laid = Array.from({ length: rows * columns }, (_, n) => values[(n % columns) * rows + Math.floor(n / columns)] ?? 0);
  const open = (row, column) => {
    const k = column * rows + row;
    if (k < values.length) go(toNode(id, set, array, place(k)));
  };
  const most = values.reduce((m, v) => Math.max(m, Math.abs(v ?? 0)), 0);
  return html`<${Tile} values=${laid} shape=${[rows, columns]} most=${most || 1} size=${cell * Math.max(rows, columns)} words=${words} onCell=${open} />
    <small class="most">± ${short(most)}</small>`;
};

// Numbers that belong to pixels; a click opens that of the color with the largest. bytes: the picture
// itself, in the place of numbers.
export const Pixels = ({ id, set, lit, size = 160, words, bytes }) => {
  const { most, shape, array, place, colors, n_colors: n } = lit;
  const values = bytes ? bytes.map((one) => one / 127.5 - 1) : lit.values;
  const open = (row, column) => {
    const cell = row * shape[1] + column;
    const k = cell * n + (colors?.[cell] ?? 0);
    go(toNode(id, set, array, place.map((one) => one ?? k)));
  };
  const chosen = lit.at === null ? undefined : [Math.floor(lit.at / shape[1]), lit.at % shape[1]];
  return html`<${Tile} values=${values} shape=${bytes && n === 3 ? [...shape, 3] : shape} most="1" size=${size} words=${words} onCell=${open} chosen=${chosen} />
    ${!bytes && html`<small class="most">± ${short(most)}${n > 1 ? ", the colors added" : ""}</small>`}`;
};
