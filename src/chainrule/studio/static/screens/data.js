// Data: what there is, and ways to give more. One data set: its classes, counts and pictures.
import { useEffect, useState } from "../vendor/hooks.js";
import { address, go } from "../router.js";
import { api, putData, state } from "../store.js";
import { Button, Choice, Field, Picture, Wrong, count, html, ofData, percent, short, useAsked, whole } from "../parts.js";
import { Dropped, Finish } from "../adding.js";
import { FIELDS, inPage } from "../fields.js";
import { Keeping } from "../keeping.js";
import { Webcam } from "../webcam.js";
import { Drawn } from "../drawing.js";
import { Plane } from "../plane.js";

const SHOWN = 24;
const KINDS = { pictures: "pictures", table: "table", points: "points in the plane" };
const size = ({ sets }) => Object.entries(sets).map(([name, one]) => `${whole(one.examples)} ${name}`).join(", ");

const Known = ({ data }) => html`<ul class="cards">${data.map((one) => html`<li>
  <a href=${address("data", one.name)}><bdi>${one.title || one.name}</bdi></a>
  <span class="note">${one.opened ? html`${KINDS[one.kind]}, ${size(one)}` : one.kind ? `${KINDS[one.kind]}, not read yet` : "not read yet"}</span>
</li>`)}</ul>`;

const BUILT_IN = {
  fashion: "small pictures of clothes",
  "planar:flower": "two classes, a flower",
  "planar:moons": "two half moons",
  "planar:circles": "a circle in a circle",
  "planar:xor": "four corners",
};

const All = () => {
  const { data, built_in: builtIn } = state.value;
  const known = Object.values(data).filter((one) => !builtIn.includes(one.name));
  useEffect(() => void (document.title = "Data – chainrule studio"), []);
  return html`<h1>Data</h1>
    <p class="lead">Give examples, train a network on them, and click into any number.</p>
    ${known.length > 0 && html`<h2>Yours</h2><${Known} data=${known} />`}
    <h2>Built in</h2>
    <ul class="cards">${builtIn.filter((name) => name in BUILT_IN).map((name) => html`<li><a href=${address("data", name)}>${name}</a>
      <span class="note">${BUILT_IN[name] ?? ""}</span></li>`)}</ul>
    <h2>Give pictures or a table</h2><${Dropped} />
    <p class="note">A file or folder that is too large for this, or should stay where it is, is named at the start: <code>chainrule studio PATH</code></p>
    <h2>Take pictures</h2><${Webcam} /><${Finish} />
    <h2>Draw points</h2><${Drawn} />`;
};

const Counts = ({ classes, sets }) => {
  const names = Object.keys(sets);
  const most = Math.max(1, ...names.flatMap((name) => sets[name].counts));
  return html`<div class="wide" tabindex="0" role="group" aria-label="Table: examples of each class"><table>
    <thead><tr><th scope="col">Class</th>${names.map((name) => html`<th scope="col" class="n">${name}</th>`)}<td /></tr></thead>
    <tbody>${classes.map((one, k) => html`<tr><th scope="row"><bdi>${one}</bdi></th>
      ${names.map((name) => html`<td class="n">${whole(sets[name].counts[k])}</td>`)}
      <td class="bars"><span class="share"><i style=${{ width: `${(100 * sets[names[0]].counts[k]) / most}%` }} /></span></td></tr>`)}</tbody>
    <tfoot><tr><th scope="row">All</th>${names.map((name) => html`<td class="n">${whole(sets[name].examples)}</td>`)}<td /></tr></tfoot>
  </table></div>`;
};

// The same data, read otherwise: from how they are read now.
const Reading = ({ data, own, open }) => {
  const [asked, set] = useState({ positive: "", hold_out: "", size: "", features: "pixels", label: "", drop: "", missing: "refuse", categories: "refuse", ...data.reading });
  const change = (name) => (value) => set({ ...asked, [name]: value });
  const read = async () => {
    const given = Object.entries(asked).filter(([, value]) => !["", "pixels", "refuse"].includes(value));
    const numbers = new Set(["hold_out", "size"]);
    putData(await api.post(`/api/data/${encodeURIComponent(data.name)}/open`,
      Object.fromEntries(given.map(([name, value]) => [name, numbers.has(name) ? Number(value) : value]))));
  };
  const classes = data.classes ?? [];
  const table = own && data.kind !== "pictures";
  const text = (name, note) => html`<${Field} words=${FIELDS[name]} note=${note}><input type="text" value=${asked[name]} onInput=${(e) => change(name)(e.target.value)} /></${Field}>`;
  return html`<details open=${open}><summary>Read it otherwise</summary><div class="fields">
    ${table && html`${text("label", "By default label, class, target, y or the last.")}
      <${Choice} words=${FIELDS.missing} value=${asked.missing} onChange=${change("missing")}
        options=${[["refuse", "are refused"], ["mean", "filled by the mean"], ["median", "filled by the median"], ["zero", "filled by 0"]]} />
      <${Choice} words=${FIELDS.categories} value=${asked.categories} onChange=${change("categories")}
        options=${[["refuse", "are refused"], ["onehot", "onehot: a 0 or 1 for each of their texts"]]} />
      ${text("drop", "Several with commas between them.")}`}
    ${(classes.length > 2 || asked.positive) && html`<${Choice} words=${FIELDS.positive} value=${asked.positive} onChange=${change("positive")}
      options=${[["", "as they are"], ...[...new Set([asked.positive, ...classes])].filter(Boolean).map((one) => [one, `${one} or not`])]} />`}
    ${own && html`<${Choice} words=${FIELDS.hold_out} value=${String(asked.hold_out)} onChange=${change("hold_out")}
      options=${[["", "only what the data name so"], ...[...new Set([0.1, 0.2, 0.3, 0.5, Number(asked.hold_out || 0.2)])].sort().map((one) => [String(one), percent(one)])]} />`}
    ${own && data.kind === "pictures" && html`<${Field} words=${FIELDS.size}><input type="number" min="8" max="512" placeholder="64"
      value=${asked.size} onInput=${(e) => change("size")(e.target.value)} /></${Field}>`}
    ${own && data.kind === "pictures" && html`<${Choice} words=${FIELDS.features} note="EfficientNet has seen a million other photos (extra photos)." value=${asked.features}
      onChange=${change("features")} options=${[["pixels", "pixels"], ["efficientnet-lite0", "EfficientNet-Lite0"]]} />`}
  </div><${Button} onClick=${read}>Read it so</${Button}></details>`;
};

const Samples = ({ data }) => {
  const [name, { examples }] = Object.entries(data.sets)[0];
  const shown = Math.min(SHOWN, examples);
  const some = Array.from({ length: shown }, (_, k) => Math.floor((k * examples) / shown));
  return html`<h2>Some of them</h2><div class="sheet">${some.map((i) =>
    html`<${Picture} key=${i} src=${ofData(data.name, name, i)} words=${`Example ${i + 1} of ${name}`} size="72" />`)}</div>`;
};

// A table's first rows, as far as they have room.
const Rows = ({ rows: { columns, labels, values }, more }) => html`<h2>The first of them</h2>
  <div class="wide" tabindex="0" role="group" aria-label="Table: the first rows"><table><thead><tr><th scope="col">Label</th>${columns.map((one) => html`<th scope="col" class="n"><bdi>${one}</bdi></th>`)}</tr></thead>
    <tbody>${labels.map((label, i) => html`<tr><th scope="row"><bdi>${label}</bdi></th>${values[i].map((x) => html`<td class="n">${short(x, 6)}</td>`)}</tr>`)}</tbody></table></div>
  ${more > 0 && html`<p class="note">And ${count(more, "column")} more.</p>`}`;

const Away = ({ data }) => html`<${Keeping} key=${data.title} path=${`/api/data/${encodeURIComponent(data.name)}`} name=${data.title} back="#/data"
  what=${data.made && `${data.title}, which lies in ${data.source}`} />`;

const One = ({ name }) => {
  const known = state.value.data[name];
  const { error } = useAsked(async () => known?.opened || putData(await api.get(`/api/data/${encodeURIComponent(name)}`)), [name, known?.opened]);
  useEffect(() => void (document.title = `${name} – chainrule studio`), [name]);
  const own = !state.value.built_in.includes(name);
  if (!known?.opened)
    return html`<p class="of"><a href="#/data">Data</a> / <bdi>${known?.title || name}</bdi></p><h1><bdi>${name}</bdi></h1>
      ${error ? html`<${Wrong} words=${error} />${known && own && html`<${Reading} data=${known} own open /><${Away} data=${known} />`}` : html`<p class="note">Reading it …</p>`}`;
  const twice = Object.entries(known.duplicates).filter(([, n]) => n);
  return html`<p class="of"><a href="#/data">Data</a> / <bdi>${known.title || name}</bdi></p>
    <h1>${count(Object.values(known.sets).reduce((n, one) => n + one.examples, 0), "example")} of ${whole(known.n_x)} features</h1>
    <div class="row"><${Button} class="main" onClick=${() => go(address("train", name))}>Train on them</${Button}></div>
    <dl><dt>From</dt><dd><bdi>${known.source}</bdi></dd>
      <dt>What</dt><dd>${KINDS[known.kind]}${known.image_shape ? `, ${known.image_shape.slice(0, 2).join(" × ")} pixels${known.image_shape[2] ? " in color" : ""}` : ""}${known.feature_names ? html`: <bdi>${known.feature_names.join(", ")}</bdi>${known.n_x > known.feature_names.length ? " …" : ""}` : ""}</dd>
      <dt>Split</dt><dd>${size(known)}${Object.keys(known.sets).length < 2 ? ": nothing is held out, so nothing will be known of new examples" : ""}</dd>
      <dt>Duplicates</dt><dd>${twice.length ? twice.map(([set, n]) => `${whole(n)} in ${set}`).join(", ") : "none between the sets"}</dd></dl>
    ${known.notes.map((words) => html`<p class="note"><bdi>${inPage(words)}</bdi></p>`)}
    <${Reading} data=${known} own=${own} />
    ${known.classes.length > 0 && html`<h2>Classes</h2><${Counts} classes=${known.classes} sets=${known.sets} />`}
    ${known.plane && html`<h2>In the plane</h2><${Plane} scene=${known} />`}
    ${known.rows && html`<${Rows} rows=${known.rows} more=${known.n_x - known.rows.columns.length} />`}
    ${known.drawable && html`<${Samples} data=${known} />`}
    ${own && html`<${Away} data=${known} />`}`;
};

export default ({ params }) => (params.name ? html`<${One} key=${params.name} name=${params.name} />` : html`<${All} />`);
