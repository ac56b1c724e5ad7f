// Node: one number of the pass, with its formula, derivative, links along the chain rule and check.
import { useEffect, useState } from "../vendor/hooks.js";
import { go } from "../router.js";
import { api, dataOf, ofRun, state } from "../store.js";
import { Button, Field, Picture, Wrong, html, ofData, short, useAsked, whole } from "../parts.js";
import { Moment, NodeLink, Pixels, atMoment, labelOf, toExample, toNode } from "../numbers.js";

const EXAMPLES = /^(L|X|Y|dX|d?[ZA]\[\d+\])$/;
const number = (x) => short(x, 10);

// Its neighbors, and any other number.
const Elsewhere = ({ run, found: { array, place, shape, set } }) => {
  const [asked, set_] = useState({ array, place: place.join(", ") });
  const move = (axis, by) => place.map((k, n) => (n === axis ? k + by : k));
  const names = place.length === 2 ? ["row", "column"] : ["place"];
  const open = () => go(toNode(run.id, set, asked.array.trim(), asked.place.split(/[\s,]+/).filter(Boolean)));
  return html`<nav class="row" aria-label="Other numbers">${place.map((k, axis) => html`<span class="move">${names[axis]} ${whole(k)} of ${whole(shape[axis])}
      ${k > 0 && html` <a class="button" href=${toNode(run.id, set, array, move(axis, -1))} aria-label=${`${names[axis]} ${k - 1}`}>−</a>`}
      ${k < shape[axis] - 1 && html` <a class="button" href=${toNode(run.id, set, array, move(axis, 1))} aria-label=${`${names[axis]} ${k + 1}`}>+</a>`}</span>`)}</nav>
    <details><summary>Any other number</summary><form class="row end" onSubmit=${(e) => (e.preventDefault(), open())}>
      <${Field} words="Array, such as dW[1]"><input value=${asked.array} onInput=${(e) => set_({ ...asked, array: e.target.value })} /></${Field}>
      <${Field} words="Row, column, from 0"><input value=${asked.place} onInput=${(e) => set_({ ...asked, place: e.target.value })} /></${Field}>
      <${Button} onClick=${open}>Show it</${Button}></form></details>`;
};

const Value = ({ run, found: { label, value, derivative, set, array, place } }) => html`<dl class="value"><dt>${label}</dt><dd class="large">${number(value)}</dd>
  ${derivative && html`<dt>dJ/d${label}</dt><dd class="large">${number(derivative.value)}</dd>`}
  ${derivative?.by && html`<dt /><dd>by ${derivative.weight !== null && html`${short(derivative.weight, 4)} × `}<${NodeLink} id=${run.id} set=${set} array=${derivative.by} place=${place} /></dd>`}</dl>`;

// A factor's name with the running index in it, as a link where it is a number of the pass.
const Factor = ({ run, found, head, k, x }) => {
  const plain = head.match(/^(J|L|X|Y|d?[WZAb]\[\d+\])\[([^\]]*)\]$/);
  const place = plain?.[2].split(", ").map((one) => (one === found.terms.running ? k : Number(one)));
  if (!plain || place.some((one) => !Number.isInteger(one))) return short(x, 5);
  return html`<${NodeLink} id=${run.id} set=${found.set} array=${plain[1]} place=${place}>${short(x, 5)}</${NodeLink}>`;
};

const Formula = ({ run, found }) => {
  const { terms, formula, value } = found;
  const one = !terms.running;
  const said = terms.rows.some((row) => row.said);
  const rest = Object.entries(terms.rest);
  return html`<h2>Formula</h2><pre tabindex="0"><code>${formula}</code></pre>
    ${!(one && terms.heads.length === 1 && !rest.length) && html`<div class="wide" tabindex="0" role="group" aria-label="Table: the terms of the formula"><table class="terms">
      <thead><tr>${!one && html`<th scope="col" class="n">${terms.running}</th>`}${said && html`<th scope="col">is</th>`}
        ${terms.heads.map((head) => html`<th scope="col" class="n">${head}</th>`)}<th scope="col" class="n">${terms.heads.length < 2 && terms.weight === null ? "value" : terms.weight === null ? "product" : "weighted product"}</th></tr></thead>
      <tbody>${terms.rows.map((row) => html`<tr>${!one && html`<th scope="row" class="n">${row.k}</th>`}${said && html`<td><bdi>${row.said}</bdi></td>`}
        ${terms.heads.map((head, n) => html`<td class="n"><${Factor} run=${run} found=${found} head=${head} k=${row.k} x=${row.factors[n]} /></td>`)}
        <td class="n">${short(row.product, 6)}</td></tr>`)}
        ${terms.others.count > 0 && html`<${Row} terms=${terms} said=${said} words=${`${whole(terms.others.count)} smaller ones`} x=${terms.others.sum} />`}
        ${rest.map(([name, x]) => html`<${Row} terms=${terms} said=${said} words=${name} x=${x} />`)}</tbody>
      <tfoot><${Row} terms=${terms} said=${said} words=${found.label} x=${value} digits="10" /></tfoot></table></div>`}`;
};
const Row = ({ terms, said, words, x, digits = 6 }) => html`<tr><th scope="row" colspan=${terms.heads.length + (terms.running ? 1 : 0) + (said ? 1 : 0)}>${words}</th>
  <td class="n">${short(x, Number(digits))}</td></tr>`;

const Links = ({ run, set, links, none }) => links.length
  ? html`<ul class="links">${links.map(({ label, count, order, nodes }) => html`<li>${count > 1 && html`<span>${label}, ${whole(count)} numbers${count > nodes.length ? `, first ${order}` : ""}:</span>`}
    ${nodes.map((one) => html`<span><${NodeLink} id=${run.id} set=${set} array=${one.array} place=${one.place} /> = ${short(one.value, 5)}</span>`)}</li>`)}</ul>`
  : html`<p class="note">${none}</p>`;

const Lit = ({ run, found: { lit, set, place, array } }) => {
  if (!lit) return "";
  const i = EXAMPLES.test(array) ? place.at(-1) : null;
  return html`<div class="lit"><figure><${Pixels} id=${run.id} set=${set} lit=${lit} size="208" words=${lit.label} /><figcaption>${lit.label}</figcaption></figure>
    ${i !== null && html`<figure><a href=${toExample(run.id, set, i)}><${Picture} src=${`${ofData(dataOf(run), set, i)}?run=${encodeURIComponent(run.id)}`} words="The example" size="208" /></a></figure>`}</div>`;
};

const Check = ({ found: { check, label, array, place } }) => {
  if (!check) return "";
  const of = array[0] !== "d" ? `dJ/d${label}` : label;
  const f = /^d[XZA]/.test(array) ? `L[${place.at(-1)}]` : "J";
  const words = check.kink ? "At a kink: the slopes to its left and right differ, and this is between them."
    : check.agrees ? "They agree." : "They do not agree: the rule or this check is wrong here.";
  return html`<h2>Is it the slope?</h2><p>What follows from this number is computed again with h = ${short(check.step)} added and taken away.</p>
    <dl><dt>(${f}(x + h) − ${f}(x − h)) / 2h</dt><dd>${number(check.numeric)}</dd><dt>${of}, by the chain rule</dt><dd>${number(check.derivative)}</dd>
      <dt>difference, relative</dt><dd>${short(check.error, 2)}</dd><dt>rounding alone may make</dt><dd>${short(check.noise, 2)}</dd></dl>
    <p class=${check.agrees ? "agrees" : "warning"}><b>${words}</b></p>`;
};

export default ({ params: { id, name, row, column }, query }) => {
  const run = state.value.runs[id];
  const set = query.set ?? "training";
  const path = atMoment(ofRun(id, "node"), { name, row, column, set });
  const { value: found, error } = useAsked(() => api.get(path), [path, run?.state]);
  useEffect(() => void (found && (document.title = `${found.label} – chainrule studio`)), [found]);
  if (!run) return "";
  if (!found) return html`<h1>${labelOf(name ?? "", [row, column].filter(Boolean))}</h1>${error ? html`<${Wrong} words=${error} />` : html`<p class="note">Asking …</p>`}`;
  const i = EXAMPLES.test(found.array) ? found.place.at(-1) : null;
  return html`<h1>${found.label}</h1><${Wrong} words=${error} />
    <${Moment} run=${run} iteration=${found.iteration} />
    <p><bdi>${found.said[0].toUpperCase()}${found.said.slice(1)}</bdi>.${i !== null && html` <a href=${toExample(id, set, i)}>Its example</a>`}</p>
    <${Elsewhere} key=${path} run=${run} found=${found} /><div class="beside"><div><${Value} run=${run} found=${found} /></div><${Lit} run=${run} found=${found} /></div>
    ${found.notes.map((words) => html`<p class="note">${words}</p>`)}
    <${Formula} run=${run} found=${found} />
    <div class="beside"><div><h2>Computed from</h2><${Links} run=${run} set=${set} links=${found.made_of} none=${found.array[0] === "X" || found.array[0] === "Y" ? "It is given." : "Nothing: it is given, and training changes it."} /></div>
      <div><h2>Used by</h2><${Links} run=${run} set=${set} links=${found.used_by} none=${/^d[Wb]/.test(found.array) ? (found.set === "training" ? "The next update." : `Nothing: it is of J of the ${found.set} set, and updates are made from that of the training set.`) : found.array === "J" ? "Nothing: it is what is made small." : "Nothing further."} /></div></div>
    <${Check} found=${found} />`;
};
