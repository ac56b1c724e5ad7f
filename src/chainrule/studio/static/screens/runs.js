// Runs: the tree of forks, their curves over each other, and what differs in their settings.
import { useEffect, useMemo, useState } from "../vendor/hooks.js";
import uPlot from "../vendor/uplot.js";
import { address, ask, go, place } from "../router.js";
import { api, dataOf, load, putRun, reachedOf, records, state } from "../store.js";
import { Choice, Curve, html, percent, short, whole } from "../parts.js";
import { Fan } from "../fan.js";
import { wordOf } from "../runhead.js";
import { changesOf, named, valued } from "../settings.js";

const COLORS = 8;
const MEASURES = [["validation_cost", "held-out cost"], ["cost", "training cost"], ["validation_accuracy", "held-out accuracy"]];

const forked = ({ options, parent }) => changesOf(options).filter(({ x }) => x === parent.iteration).map(({ words }) => words).join(", ") || "with no change";
const Node = ({ run, children, chosen, toggle }) => {
  const k = chosen.indexOf(run.id);
  const reached = reachedOf(run);
  const { parent } = run;
  return html`<li><div class="run"><label><input type="checkbox" checked=${k >= 0} onChange=${() => toggle(run.id)} aria-label=${`Show ${run.name}`} /></label>
      <svg class="swatch" viewBox="0 0 24 8" aria-hidden="true">${k >= 0 && html`<path d="M0 4H24" stroke=${`var(--c${k % COLORS})`} stroke-dasharray=${k >= COLORS ? "6 3" : undefined} />`}</svg>
      <a href=${address("run", run.id)}><bdi>${run.name}</bdi></a> <span class=${`state ${run.state}`}>${wordOf(run)}</span>
      <span class="note">${parent ? `${parent.iteration ? `from iteration ${whole(parent.iteration)}, ${forked(run)}` : `from the beginning, with changed ${run.options.labels ? "labels" : "settings"}`}; ` : ""}iteration ${whole(reached)}${run.cost === null || run.cost === undefined ? "" : `, last recorded cost ${short(run.cost)}`}${run.validation_accuracy === null || run.validation_accuracy === undefined ? "" : `, held out ${percent(run.validation_accuracy)}`}</span></div>
    ${children.length > 0 && html`<ul class="tree">${children}</ul>`}</li>`;
};

const tree = (runs, chosen, toggle, of = null) =>
  runs.filter(({ parent }) => (of ? parent?.run === of : !parent || !runs.some(({ id }) => id === parent.run)))
    .map((run) => html`<${Node} key=${run.id} run=${run} chosen=${chosen} toggle=${toggle}>${tree(runs, chosen, toggle, run.id)}</${Node}>`);

const Overlay = ({ runs }) => {
  const [asked, choose] = useState("validation_cost");
  const all = runs.map(({ id }) => records(id).value);
  const known = MEASURES.filter(([name]) => all.some((one) => one[name]?.some(Number.isFinite)));
  const offered = known.length ? known : MEASURES;
  const measure = (offered.find(([name]) => name === asked) ?? offered[0])[0];
  const data = useMemo(() => {
    const some = all.map((one) => [one.iteration, one[measure]]).filter(([x]) => x.length);
    return some.length ? uPlot.join(some.map(([x, y]) => [x, y.map((v) => v ?? undefined)])) : [[]];
  }, [measure, ...all]);
  const drawn = runs.filter((_, k) => all[k].iteration.length);
  const series = drawn.map(({ id, name }) => ({ words: name, color: `--c${runs.findIndex((one) => one.id === id) % COLORS}` }));
  return html`<div class="row"><${Choice} words="What is compared" value=${measure} options=${offered} onChange=${choose} /></div>
    <${Curve} data=${data} series=${series} words=${`The ${measure.replaceAll("_", " ")} of ${runs.length} runs`} height=${300} />`;
};

const Differences = ({ runs }) => {
  const names = [...new Set(runs.flatMap(({ options }) => Object.keys(options)))]
    .filter((name) => new Set(runs.map(({ options }) => JSON.stringify(options[name] ?? null))).size > 1);
  const data = new Set(runs.map((run) => run.data)).size > 1;
  if (!names.length && !data) return html`<p>Their settings are the same.</p>`;
  return html`<div class="wide" tabindex="0" role="group" aria-label="Table: what differs"><table><thead><tr><th scope="col">Setting</th>${runs.map(({ name }) => html`<th scope="col"><bdi>${name}</bdi></th>`)}</tr></thead>
    <tbody>${data && html`<tr><th scope="row">data</th>${runs.map((run) => html`<td><bdi>${run.title}</bdi></td>`)}</tr>`}
    ${names.map((name) => html`<tr><th scope="row">${named(name)}</th>${runs.map(({ options }) => html`<td><bdi>${valued(options[name])}</bdi></td>`)}</tr>`)}</tbody></table></div>`;
};

export default () => {
  const runs = Object.values(state.value.runs);
  const { show } = place.value.query;
  const known = (show ?? runs.filter(({ data }) => data === runs.at(-1)?.data).slice(-4).map(({ id }) => id).join(",")).split(",");
  const chosen = known.filter((id) => state.value.runs[id]);
  const toggle = (id) => ask({ show: chosen.includes(id) ? chosen.filter((one) => one !== id).join(",") : [...chosen, id].join(",") });
  useEffect(() => void (document.title = "Runs – chainrule studio"), []);
  useEffect(() => chosen.forEach((id) => records(id).peek().iteration.length || load(id).catch(() => {})), [chosen.join()]);
  if (!runs.length) return html`<h1>Runs</h1><p>None yet. <a href="#/data">Choose data</a>, and train on them.</p>`;
  const some = chosen.map((id) => state.value.runs[id]);
  const base = some.at(-1);
  const start = async (rate) => {
    const { changes: _, ...options } = base.options;
    const run = await api.post("/api/runs", { data: dataOf(base), options: { ...options, learning_rate: rate } });
    putRun(run);
    go(address("run", run.id));
  };
  return html`<h1>Runs</h1><ul class="tree root">${tree(runs, chosen, toggle)}</ul>
    ${some.length > 0 && html`<h2>Curves</h2><${Overlay} runs=${some} />`}
    ${some.length > 1 && html`<h2>What differs</h2><${Differences} runs=${some} />`}
    ${base && base.options.optimizer !== "lbfgs" && html`<h2>A fan of rates</h2><p>The network of <bdi>${base.name}</bdi> at several rates at once.</p>
      <${Fan} key=${base.id} data=${dataOf(base)} options=${base.options} onChoose=${start} chooses="Run at this rate" />`}`;
};
