// Try and ship: a new example is asked about, at the moment that is shown; files; what to type.
import { useEffect, useState } from "../vendor/hooks.js";
import { at } from "../router.js";
import { api, ofRun, state } from "../store.js";
import { Button, Command, Field, Wrong, html, percent, short, useAsked, whole } from "../parts.js";

const moment = (path) => `${path}${at.value === null ? "" : `?at=${at.value}`}`;

const Answer = ({ found }) => {
  const { predictions: [one], notes, iteration } = found;
  const { probabilities, value, unlike, spread } = one;
  const sorted = Object.entries(probabilities ?? {}).sort(([, a], [, b]) => b - a);
  return html`<p role="status">At iteration ${whole(iteration)}: ${probabilities ? html`<b><bdi>${one.class}</bdi></b>` : html`<b>${short(value, 5)}</b>`}${spread === undefined ? "" : ` ± ${short(spread)}`}</p>
    ${probabilities && html`<table class="answers"><thead class="unseen"><tr><th scope="col">Class</th><th scope="col">Probability</th></tr></thead><tbody>${sorted.map(([name, p]) => html`<tr><th scope="row"><bdi>${name}</bdi></th>
      <td class="n">${percent(p)}</td><td class="bars" aria-hidden="true"><span class="share"><i style=${{ width: `${100 * p}%` }} /></span></td></tr>`)}</tbody></table>`}
    ${unlike && html`<p class="warning">Unlike all training examples: <bdi>${unlike}</bdi>. The answer is a guess.</p>`}
    ${(notes ?? []).map((words) => html`<p class="note"><bdi>${words}</bdi></p>`)}`;
};

// What is asked stays, and is asked again when the moment is another.
const useAnswer = (id, body, now) => {
  const { value, error } = useAsked(async () => (body === null ? null : api.send(moment(ofRun(id, "ask")), body)), [id, body, at.value, now]);
  return html`<${Wrong} words=${error} />${value && !error && html`<${Answer} found=${value} />`}`;
};

const AskPicture = ({ id, now }) => {
  const [file, take] = useState(null);
  const [over, lie] = useState(false);
  const [src, show] = useState("");
  const answer = useAnswer(id, file, now);
  useEffect(() => {
    if (!file) return undefined;
    const url = URL.createObjectURL(file);
    show(url);
    return () => URL.revokeObjectURL(url);
  }, [file]);
  const drop = (e) => {
    e.preventDefault();
    lie(false);
    if (e.dataTransfer.files.length) take(e.dataTransfer.files[0]);
  };
  return html`<div class=${`drop ${over ? "over" : ""}`} onDragOver=${(e) => (e.preventDefault(), lie(true))} onDragLeave=${() => lie(false)} onDrop=${drop}>
      <p>Drop a picture here, or choose one: PNG, JPEG or WebP.</p>
      <label class="button">Choose a picture<input class="unseen" type="file" accept="image/png,image/jpeg,image/webp" onChange=${(e) => e.target.files.length && take(e.target.files[0])} /></label></div>
    <div class="asked">${file && html`<img src=${src} alt=${file.name} />`}<div>${answer}</div></div>`;
};

const AskNumbers = ({ id, fields, now }) => {
  const [values, set] = useState(fields.map(([, mean]) => mean ?? 0));
  const whole = values.every(Number.isFinite);
  const [body, send] = useState(null);
  useEffect(() => {
    const later = setTimeout(() => whole && send(JSON.stringify({ features: values })), 150);
    return () => clearTimeout(later);
  }, [values]);
  const answer = useAnswer(id, body, now);
  return html`<div class="fields">${fields.map(([name], k) => html`<${Field} key=${k} words=${html`<bdi>${name}</bdi>`}><input type="number" step="any" value=${values[k]}
    onInput=${(e) => set(values.map((old, j) => (j === k ? e.target.valueAsNumber : old)))} /></${Field}>`)}</div>
    <p class="note">It begins with the means of the training examples.</p>${whole ? answer : html`<p class="note">A number is missing.</p>`}`;
};

const AskTable = ({ id, now }) => {
  const [file, take] = useState(null);
  return html`<p>A table with the columns that it was trained on; of its rows the first is shown.</p>
    <label class="button">Choose a table<input class="unseen" type="file" accept=".csv,text/csv" onChange=${(e) => e.target.files.length && take(e.target.files[0])} /></label>
    ${useAnswer(id, file, now)}`;
};

const save = async (id, kind, name) => {
  const answer = await fetch(moment(ofRun(id, kind)));
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error ?? `The server answers ${answer.status}.`);
  const url = URL.createObjectURL(await answer.blob());
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
};

export default ({ params: { id } }) => {
  const run = state.value.runs[id];
  const { value: facts, error } = useAsked(() => api.get(ofRun(id, "ship")), [id, run.state]);
  useEffect(() => void (document.title = `Try and ship ${id} – chainrule studio`), [id]);
  if (!facts) return html`<h1>Try and ship</h1><${Wrong} words=${error} />`;
  // Paused and at each step the newest network is asked; while it runs, the one of the last question.
  const now = run.state === "training" ? run.state : `${run.state} ${run.iteration}`;
  const Ask = facts.pictures ? AskPicture : facts.features ? AskNumbers : AskTable;
  const when = at.value === null ? "as it is now" : `of iteration ${whole(at.value)}`;
  return html`<h1>Try and ship</h1>
    <h2>Ask about a new example</h2><${Ask} id=${id} fields=${facts.features} now=${now} />
    <h2>Take it along</h2>
    <p>The network ${when}, with its classes and how examples are prepared.</p>
    <div class="row"><${Button} onClick=${() => save(id, "model", `${id}.safetensors`)}>Model file</${Button}
      ><${Button} onClick=${() => save(id, "onnx", `${id}.onnx`)}>ONNX</${Button}
      ><${Button} disabled=${!facts.ready} onClick=${() => save(id, "report", `${id}.html`)}>Report</${Button}></div>
    <p class="note">An ONNX file is compared with the network's own answers before it is given. ${facts.ready ? "The report is of the training's end, and may take half a minute." : "There is a report once the training has ended."}</p>
    <h2>Serve it</h2>
    ${facts.ready ? html`<${Command} words="Answer over HTTP" text=${facts.serve} /><${Command} words="Ask from anywhere on this computer" text=${facts.curl} />`
      : html`<p>Once the training has ended, or was stopped.</p>`}
    <h2>Type it</h2>
    ${Object.entries(facts.commands).filter((_, k) => facts.ready || k === 0).map(([words, text]) => html`<${Command} key=${words} words=${words} text=${text} />`)}`;
};
