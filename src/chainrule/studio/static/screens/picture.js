// Picture: one example's way through the network and back, and the training examples that made its
// answer.
import { useEffect, useState } from "../vendor/hooks.js";
import { address, go } from "../router.js";
import { api, dataOf, ofRun, putRun, state } from "../store.js";
import { Button, Choice, Picture, Wrong, html, ofData, percent, short, useAsked, whole } from "../parts.js";
import { Moment, NodeLink, Pixels, Vector, atMoment, toExample } from "../numbers.js";

const SETS = { training: "training set", validation: "validation set", test: "test set" };
const pictureOf = (run, set, i) => `${ofData(dataOf(run), set, i)}?run=${encodeURIComponent(run.id)}`;
const near = (x) => Math.abs(x) < 1e-8;

const Answer = ({ run, found }) => {
  const { answer, set, index } = found;
  const classes = Object.entries(answer.probabilities ?? {}).sort(([, p], [, q]) => q - p).slice(0, 6);
  return html`<div class="answered">${found.drawable && html`<${Picture} src=${pictureOf(run, set, index)} words=${found.name} size="176" />`}
    <div>${answer.probabilities
      ? html`<p class="large"><bdi>${answer.decision}</bdi> ${percent(answer.probabilities[answer.decision])}</p>
        <p class=${answer.right ? "" : "off"}>${answer.right ? "That is right: " : "That is wrong: "}it is <b><bdi>${answer.label}</bdi></b>.</p>
        <dl>${classes.map(([name, p]) => html`<dt><bdi>${name}</bdi></dt><dd>${percent(p)} <span class="share"><i style=${{ width: `${100 * p}%` }} /></span></dd>`)}
          <dt>Its loss</dt><dd><${NodeLink} id=${run.id} set=${set} array="L" place=${[index]}>${short(answer.loss, 4)}</${NodeLink}></dd></dl>`
      : html`<p class="large">${short(answer.value, 5)}</p><p>It is <b>${answer.label}</b>; its loss is${" "}
        <${NodeLink} id=${run.id} set=${set} array="L" place=${[index]}>${short(answer.loss, 4)}</${NodeLink}>.</p>`}</div></div>`;
};

// X and dX: pictures, or the listed features.
const Inputs = ({ run, found, back }) => {
  const { x, set, index } = found;
  const name = back ? "dX" : "X";
  if (!x.rows) return html`<${Pixels} id=${run.id} set=${set} lit=${x[name]} bytes=${back ? undefined : x.pixels} size="120" words=${back ? "dX, how the loss changes with each pixel" : "X, the picture"} />`;
  return html`<${Vector} id=${run.id} set=${set} array=${name} values=${x.rows.map((row) => row[name])} place=${(k) => [x.rows[k].k, index]}
    words=${`${name}, the features that are largest in X`} />`;
};

const Stop = ({ run, found, layer, kind }) => {
  const { set, index } = found;
  const one = (array, values, words) => values
    ? html`<${Vector} id=${run.id} set=${set} array=${`${array}[${layer.layer}]`} values=${values} place=${(k) => [k, index]} words=${`${array}[${layer.layer}], ${words}`} />`
    : html`<small class="most">none: the loss takes Z</small>`;
  return html`<div class="stop"><h3>${kind}[${layer.layer}]</h3>
    <div>${one(kind, layer[kind], kind === "Z" ? "before" : `after ${layer.activation}`)}</div>
    <h3>d${kind}[${layer.layer}]</h3><div>${one(`d${kind}`, layer[`d${kind}`], "derivatives of its loss")}</div></div>`;
};

const Way = ({ run, found }) => html`<h2>Its way forward, and back</h2>
  <p class="note">Above, from the left: what each layer makes of it. Below, from the right: how its own loss changes with each of these numbers.
    Yellow is positive, blue negative, each tile at its own scale. Every cell leads to its number; on a tile the arrow keys choose one, and Enter opens it.</p>
  <div class="wide" tabindex="0" role="group" aria-label="Layer by layer"><div class="way">
    <div class="stop"><h3>X</h3><div><${Inputs} run=${run} found=${found} /></div><h3>dX</h3><div><${Inputs} run=${run} found=${found} back /></div></div>
    ${found.layers.map((layer) => html`<${Stop} run=${run} found=${found} layer=${layer} kind="Z" /><${Stop} run=${run} found=${found} layer=${layer} kind="A" />`)}
  </div></div>`;

const Features = ({ run, found: { x, set, index } }) => x.rows && html`<h2>Its features</h2>
  <div class="wide" tabindex="0" role="group" aria-label="Table: features"><table>
    <thead><tr><th scope="col">Feature</th><th scope="col" class="n">as it came</th><th scope="col" class="n">X</th><th scope="col" class="n">dX</th></tr></thead>
    <tbody>${x.rows.map((row) => html`<tr><th scope="row"><bdi>${row.name}</bdi></th><td class="n">${short(row.raw, 5)}</td>
      <td class="n"><${NodeLink} id=${run.id} set=${set} array="X" place=${[row.k, index]}>${short(row.X)}</${NodeLink}></td>
      <td class="n"><${NodeLink} id=${run.id} set=${set} array="dX" place=${[row.k, index]}>${short(row.dX)}</${NodeLink}></td></tr>`)}</tbody></table></div>
  ${x.others > 0 && html`<p class="note">The ${x.rows.length} that are largest in X; ${whole(x.others)} others are smaller.</p>`}`;

// The number that is the answer, as a sum.
const Sum = ({ made }) => {
  const parts = [
    ["what it began with", made.start],
    ["biases of the first layer", made.bias],
    ["biases above", made.above],
    ["training examples, for", made.for],
    ["training examples, against", made.against],
    ["what the slopes leave", near(made.bend) ? 0 : made.bend],
  ].filter(([words, x]) => x !== 0 || words.startsWith("training"));
  return html`<table class="sum"><tbody>${parts.map(([words, x]) => html`<tr><th scope="row">${words}</th><td class="n">${short(x, 6)}</td></tr>`)}</tbody>
    <tfoot><tr><th scope="row"><bdi>${made.of}</bdi></th><td class="n"><b>${short(made.value, 6)}</b></td></tr></tfoot></table>`;
};

const Without = ({ found: { without, classes } }) => {
  const { answer } = without;
  if (!classes.length) return html`<span>Without it: <b>${short(answer[0], 4)}</b></span>`;
  const best = answer.indexOf(Math.max(...answer));
  return html`<span>Without it: <bdi>${classes[best]}</bdi> <b>${percent(answer[best])}</b></span>`;
};

const Decide = ({ run, row, classes, onDecide }) => {
  const others = classes.filter((one) => one !== row.label);
  const [to, choose] = useState(others[0]);
  return html`<details class="decide"><summary>Its label</summary>
    <${Button} aria-label=${`Drop ${row.name}`} onClick=${() => onDecide({ example: row.index, decision: "drop" })}>Drop it</${Button}>
    ${others.length > 1 && html`<${Choice} words="Another class" value=${to} options=${others} onChange=${choose} />`}
    <${Button} aria-label=${`Relabel ${row.name} as ${to}`} onClick=${() => onDecide({ example: row.index, decision: "relabel", relabel_as: to })}>It is <bdi>${to}</bdi></${Button}></details>`;
};

const Trained = ({ run, row, most, made, left, classes, onLeave, onDecide }) => html`<li>
  <a href=${toExample(run.id, "training", row.index)}>${made.drawable
    ? html`<${Picture} src=${pictureOf(run, "training", row.index)} words=${row.name} size="96" />` : html`<bdi class="text">${row.name}</bdi>`}</a>
  <span><bdi>${row.label}</bdi>${row.value !== undefined && html` <b>${row.value > 0 ? "+" : ""}${short(row.value)}</b>`}</span>
  ${row.value !== undefined && html`<span class="share"><i class=${row.value < 0 ? "against" : ""} style=${{ width: `${(100 * Math.abs(row.value)) / most}%` }} /></span>`}
  ${left ? html`<${Without} found=${left} />` : html`<${Button} aria-label=${`Leave ${row.name} out`} onClick=${() => onLeave([row.index])}>Leave it out</${Button}>`}
  ${classes.length > 0 && html`<${Decide} run=${run} row=${row} classes=${classes} onDecide=${onDecide} />`}</li>`;

const MadeBy = ({ run, found }) => {
  const { made_by: made, set, index, answer } = found;
  const [left, leave] = useState({});
  const [note, say] = useState("");
  const [decided, decide] = useState("");
  const classes = Object.keys(answer.probabilities ?? {});
  const onLeave = async (some) => {
    const asked = await api.get(atMoment(ofRun(run.id, "example", set, String(index), "without"), { leave: some.join(",") }));
    say(asked.note);
    leave((old) => ({ ...old, ...Object.fromEntries(asked.left_out.map((one) => [one.index, { without: one, classes: asked.classes }])) }));
  };
  const onDecide = async (given) => {
    const kept = await api.post(atMoment(ofRun(run.id, "decisions")), given);
    decide(kept.undo ?? "");
  };
  const undo = async () => decide((await api.post(ofRun(run.id, "decisions"), { undo: true })).undo ?? "");
  const fork = async () => {
    const { fork: made } = await api.post(ofRun(run.id, "decisions"), { fork: true });
    putRun(made);
    go(address("run", made.id));
  };
  const most = Math.max(...made.rows.map((row) => Math.abs(row.value)), 1e-300);
  const more = { run, made, most, classes, onLeave, onDecide };
  const own = set === "training" && { index, name: found.name, label: answer.label };
  return html`<h2>${made.kind === "contributions" ? "The training examples that made this answer" : "The training examples that pull at this answer"}</h2>
    ${made.words.map((words) => html`<p class="note">${words}</p>`)}
    ${made.kind === "contributions" ? html`<${Sum} made=${made} />` : html`<p>What is pulled at is <bdi>${made.of}</bdi>, now ${short(made.value, 5)}.</p>`}
    <p>The ${made.rows.length} of ${whole(made.examples)} with the largest parts, for it or against it:</p>
    <ul class="trained">${made.rows.map((row) => html`<${Trained} key=${row.index} row=${row} left=${left[row.index]} ...${more} />`)}</ul>
    <div class="row"><${Button} onClick=${() => onLeave(made.rows.map((row) => row.index).filter((k) => !(k in left)))}>Leave out each of these</${Button}>
      <span class="note">One at a time: the same training is done again without it, to the same iteration, and asked about this example.</span></div>
    <div role="status">${note && html`<p class="warning"><bdi>${note}</bdi></p>`}
      ${decided && html`<p>Decided: <bdi>${decided}</bdi>.</p>`}</div>
    ${decided && html`<div class="row"><${Button} class="main" onClick=${fork}>Train with these labels</${Button}><${Button} onClick=${undo}>Undo</${Button}
      ><span class="note">That is a run of its own, from the beginning, by --labels. No file of the data is changed.</span></div>`}
    ${own && html`<h3>This is a training example itself</h3><ul class="trained"><${Trained} key="own" row=${own} left=${left[index]} ...${more} /></ul>`}`;
};

const Others = ({ run, found: { set, index, of } }) => html`<nav class="row" aria-label="Other examples">
  ${index > 0 && html`<a href=${toExample(run.id, set, index - 1)}>Previous</a>`}
  <span class="note">Number ${whole(index)} of the ${SETS[set]}, counted from 0 to ${whole(of - 1)}</span>
  ${index < of - 1 && html`<a href=${toExample(run.id, set, index + 1)}>Next</a>`}</nav>`;

export default ({ params: { id, set, i } }) => {
  const run = state.value.runs[id];
  const path = atMoment(ofRun(id, "example", set ?? "", i ?? ""));
  const { value: found, error } = useAsked(() => api.get(path), [path, run?.state]);
  useEffect(() => {
    if (!found) return;
    document.title = `${found.name} – chainrule studio`;
    // Its pass is there before the first number is asked for.
    api.get(atMoment(ofRun(id, "node"), { name: "J", set: found.set })).catch(() => {});
  }, [found]);
  if (!run) return "";
  if (!found) return html`<h1>Example ${i}</h1>${error ? html`<${Wrong} words=${error} />` : html`<p class="note">Asking …</p>`}`;
  return html`<h1><bdi>${found.name}</bdi></h1><${Wrong} words=${error} />
    <${Moment} run=${run} iteration=${found.iteration} />
    <${Others} run=${run} found=${found} /><${Answer} run=${run} found=${found} />
    <${Way} run=${run} found=${found} /><${Features} run=${run} found=${found} />
    <${MadeBy} key=${path} run=${run} found=${found} />`;
};
