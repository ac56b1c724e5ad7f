// Run: a training as it goes on, or as it was at a kept moment.
import { useEffect, useMemo, useRef, useState } from "../vendor/hooks.js";
import { address, at, go, here, moveTo } from "../router.js";
import { api, dataOf, details, load, putRun, ofRun, progress, reachedOf, records, state } from "../store.js";
import { Button, Command, Curve, Field, Picture, Tile, Wrong, count, html, ofData, percent, short, useAsked, whole } from "../parts.js";
import { Plane, bytes } from "../plane.js";
import { Keeping } from "../keeping.js";
import { seen } from "../runhead.js";
import { Rate, changesOf, valuesAt } from "../settings.js";

// Probabilities come with four digits: one that is rounded to 1 is less.
const ROUNDED = 0.9999;
const RUNNING = new Set(["waiting", "training", "paused"]);
// What comes of it, events say.
const say = (id, word, given) => api.post(ofRun(id, word), given);

const Controls = ({ run: { id, state: now } }) => {
  const [n, set] = useState(10);
  const speed = progress(id).value?.per_second;
  const paused = now === "paused";
  if (now === "finished" || now === "failed") return "";
  return html`<div class="row controls">
    ${now === "stopped" || now === "killed" ? html`<${Button} class="main" onClick=${() => say(id, "resume")}>Go on where it stopped</${Button}>` : ""}
    ${RUNNING.has(now) && html`
      <${Button} key="pause" class="main" disabled=${now === "waiting"} onClick=${() => say(id, paused ? "go" : "pause")}>${paused ? "Go on" : "Pause"}</${Button}>
      <${Button} disabled=${!paused} onClick=${() => say(id, "step", { n: 1 })}>One step</${Button}>
      <span class="steps"><input type="number" min="1" aria-label="How many steps" value=${n} disabled=${!paused} onInput=${(e) => set(e.target.valueAsNumber)} />
        <${Button} disabled=${!paused || !(n >= 1)} onClick=${() => say(id, "step", { n })}>steps</${Button}></span>
      <${Button} onClick=${() => say(id, "stop")}>Stop</${Button}>`}
    <span class="note speed">${now === "training" && speed ? `${whole(speed)} iterations a second` : ""}</span></div>`;
};

const MEASURES = { cost: ["cost", "validation_cost"], accuracy: ["accuracy", "validation_accuracy"] };
// The last moment that is kept before an iteration.
const moveBefore = async (id, k) => {
  const { moments } = await load(id);
  moveTo(moments.findLast((one) => one <= k) ?? moments[0] ?? null);
};
const Curves = ({ run }) => {
  const [measure, choose] = useState("cost");
  const columns = records(run.id).value;
  const [own, held] = MEASURES[measure];
  const has = columns[held].some((y) => y !== null);
  const data = useMemo(() => [columns.iteration, columns[own], ...(has ? [columns[held]] : [])], [columns, measure]);
  const series = [{ words: "training", color: "--accent" }, ...(has ? [{ words: "held out", color: "--other", dash: 1 }] : [])];
  return html`<div><div class="row pick" role="group" aria-label="What is drawn">${Object.keys(MEASURES).map((name) =>
      html`<button type="button" class="plain" aria-pressed=${name === measure} onClick=${() => choose(name)}>${name === "cost" ? "Cost" : "Accuracy"}</button>`)}</div>
    <${Curve} data=${data} series=${series} at=${at.value} onAt=${(k) => moveBefore(run.id, k)} markers=${changesOf(run.options)}
      words=${`The ${measure} over ${whole(columns.iteration.at(-1) ?? 0)} iterations`} /></div>`;
};

const Units = ({ units }) => {
  const all = useMemo(() => bytes(units.weights, Int8Array), [units.weights]);
  const size = units.shape.reduce((a, b) => a * b);
  return html`<div class="sheet units">${units.names.map((name, k) => html`<figure><${Tile} size="76" most="127" shape=${units.shape}
    values=${all.subarray(k * size, (k + 1) * size)} words=${`What was learned by ${name}`} /></figure>`)}</div>`;
};

const Learned = ({ frame, scene }) => {
  if (frame?.units) return html`<h2>What the first layer has learned</h2><${Units} units=${frame.units} />
    <p class="note">Weights less those that it began with, each unit at its own scale${frame.units.shape[2] ? ", around gray" : ": yellow is more, blue is less"}.</p>`;
  if (scene?.plane) return html`<h2>What it answers in the plane</h2><${Plane} boundary=${frame?.boundary} scene=${scene} />`;
  return "";
};

const Example = ({ id, name, scene, k, p }) => {
  const i = scene.indices[k];
  const label = scene.labels?.[k];
  const best = p ? p.indexOf(Math.max(...p)) : -1;
  const answer = !p ? "" : scene.labels ? scene.classes[best] : short(p[0]);
  const right = scene.labels && best === label;
  const said = scene.names?.[k] ?? `Example ${i + 1}`;
  return html`<a class=${`example ${p && scene.labels ? (right ? "right" : "mistaken") : ""}`} href=${here("run", id, "example", scene.set, String(i))}>
    ${scene.drawable ? html`<${Picture} src=${`${ofData(name, scene.set, i)}?run=${encodeURIComponent(id)}`} words=${said} size="84" />` : html`<bdi class="text">${said}</bdi>`}
    ${p && html`<span class="answer"><bdi>${answer}</bdi>${scene.labels ? html` <b>${percent(Math.min(p[best], ROUNDED))}</b>${!right && html`<span class="unseen">, mistaken</span>`}` : ""}</span>`}
    ${p && scene.labels && html`<span class="share"><i style=${{ width: `${100 * p[best]}%` }} /></span>`}</a>`;
};

const HeldOut = ({ run, frame, scene }) => {
  if (!scene?.indices?.length) return "";
  const P = frame?.probabilities ?? [];
  const right = scene.labels && P.length ? P.filter((p, k) => p.indexOf(Math.max(...p)) === scene.labels[k]).length : null;
  const set = scene.set === "training" ? "training examples: nothing is held out" : `examples of the ${scene.set} set, which it does not learn from`;
  return html`<h2>${right === null ? "Some answers" : `${right} of ${P.length} right`}</h2><p class="note">${scene.indices.length} ${set}. ${scene.labels ? "The bar is the probability of the answer; mistakes have a dashed frame." : ""}</p>
    <div class=${`examples ${scene.drawable ? "" : "texts"}`}>${scene.indices.map((_, k) => html`<${Example} key=${k} id=${run.id} name=${dataOf(run)} scene=${scene} k=${k} p=${P[k]} />`)}</div>`;
};

const Change = ({ run }) => {
  const [rate, set] = useState(null);
  const [l2, penalize] = useState(null);
  const live = run.state === "training" || run.state === "paused";
  const k = Math.max(1, at.value ?? reachedOf(run)); // from 0 on it would be no fork
  const now = valuesAt(run, records(run.id).value, k);
  const asked = { ...(rate === null ? {} : { learning_rate: rate }), ...(l2 === null ? {} : { l2 }) };
  const none = !Object.keys(asked).length;
  const over = !live && k >= run.iterations;
  const clear = () => (set(null), penalize(null));
  const change = async () => (await say(run.id, "change", asked), clear());
  const fork = async () => {
    const made = await api.post("/api/runs", { data: dataOf(run), options: {}, fork: { run: run.id, iteration: k }, change: asked });
    putRun(made);
    clear();
    go(address("run", made.id));
  };
  const value = rate ?? now.learning_rate;
  return html`<h2>Change it</h2><div class="fields">
      <${Rate} value=${value} onChange=${set} />
      <div class="field"><span>Times</span><div class="row times">${[0.1, 0.3, 3, 10].map((times) => html`<${Button} aria-label=${`Rate times ${times}`}
        onClick=${() => set(Number((value * times).toPrecision(3)))}>× ${times}</${Button}>`)}</div></div>
      <${Field} words="L2 penalty"><input type="number" min="0" step="any" value=${l2 ?? now.l2} onChange=${(e) => e.target.valueAsNumber >= 0 && penalize(e.target.valueAsNumber)} /></${Field}></div>
    <div class="row">${live && html`<${Button} disabled=${none || at.value !== null} onClick=${change}>Change it from now on</${Button}>`}
      <${Button} disabled=${none || over} onClick=${fork}>Fork from iteration ${whole(k)}</${Button}>
      <span class="note">${over ? "Go back with the slider first: at the end nothing is left to train. " : none ? "Choose another rate or penalty first. " : ""}A fork is a run of its own; this one stays as it is.</span></div>`;
};

export default ({ params: { id } }) => {
  const run = state.value.runs[id];
  const scene = useAsked(() => api.get(ofRun(id, "scene")), [id]);
  const { error, frame } = seen.value.id === id ? seen.value : {};
  const more = details(id).value;
  if (!run) return "";
  const warnings = more?.warnings ?? [];
  return html`<h1 class="unseen">Training of ${run.title}</h1>
    <${Controls} run=${run} />
    ${run.said && html`<p class="note" role="status">${run.said}</p>`}
    ${warnings.map((words) => html`<${Wrong} words=${words} />`)}
    ${more?.verdict && run.state === "finished" && at.value === null && html`<p class="verdict-words"><b>${more.verdict.verdict}.</b> ${more.verdict.words}</p>`}
    <div class="beside"><${Curves} run=${run} /><div><${Learned} frame=${frame} scene=${scene.value} /></div></div>
    <${Wrong} words=${run.error ? "" : error || scene.error} />
    ${at.value !== null && frame && frame.iteration !== at.value && html`<p class="note" role="status">Of iteration ${whole(at.value)} nothing is kept: pictures and answers are as they were at iteration ${whole(frame.iteration)}.</p>`}
    <${HeldOut} run=${run} frame=${frame} scene=${scene.value} />
    <${Change} run=${run} />
    <${Command} text=${run.command} />
    <${Keeping} key=${run.name} path=${ofRun(id)} name=${run.name} what=${run.made && `the run ${run.name} and its folder, ${run.folder}`} back="#/runs" />`;
};
