// Mistakes: what is answered wrongly at a moment, and what is decided about labels.
import { useEffect, useRef, useState } from "../vendor/hooks.js";
import { address, ask, at, go, here } from "../router.js";
import { api, dataOf, ofRun, putRun, state } from "../store.js";
import { Button, Choice, Command, Picture, Wrong, count, html, ofData, percent, short, useAsked, whole } from "../parts.js";

const KINDS = [["wrong", "mistakes"], ["right", "right answers"], ["all", "all"]];
const SORTS = [["loss", "largest loss first"], ["probability", "surest answer first"], ["name", "by name"]];
const OF_NUMBERS = [["loss", "largest error first"], ["name", "by name"]];
const MOST_CLASSES = 12;
const SETS = { training: "training examples", validation: "validation examples", test: "test examples" };

const Summary = ({ found }) => {
  const { examples, wrong, accuracy, interval, baseline, r2, rmse } = found;
  const of = `${whole(examples)} ${SETS[found.set]}`;
  if (found.task === "regression") return html`<p>The answers to ${of} are off by ${short(rmse, 4)} (RMSE); R² is ${short(r2)}.</p>`;
  const between = found.held_out ? ` (${percent(interval[0])} to ${percent(interval[1])}, 95 %)` : "";
  return html`<p><b>${whole(wrong)} of ${of} wrong.</b> Right are ${percent(accuracy)}${between}; always saying the commonest class would be right in ${percent(baseline)}.</p>`;
};

// Which class is taken for which; a cell chooses its examples.
const Confusion = ({ found, query }) => {
  const { classes, confusion } = found;
  if (!confusion || classes.length > MOST_CLASSES) return "";
  const choose = (actual, predicted) => {
    const again = query.actual === actual && query.predicted === predicted;
    ask(again ? { actual: null, predicted: null } : { actual, predicted, kind: actual === predicted ? "right" : query.kind === "right" ? "wrong" : query.kind ?? null });
  };
  return html`<div class="wide" tabindex="0" role="group" aria-label="Table: which class is taken for which"><table class="confusion">
    <thead><tr><th scope="col">is \\ taken for</th>${classes.map((one) => html`<th scope="col" class="n"><bdi>${one}</bdi></th>`)}</tr></thead>
    <tbody>${classes.map((one, i) => html`<tr><th scope="row"><bdi>${one}</bdi></th>${classes.map((other, j) => html`<td class="n">${confusion[i][j]
      ? html`<button type="button" class=${i === j ? "" : "off"} aria-pressed=${query.actual === one && query.predicted === other}
        aria-label=${`${confusion[i][j]} that are ${one}, taken for ${other}`} onClick=${() => choose(one, other)}>${whole(confusion[i][j])}</button>`
      : html`<span class="none">0</span>`}</td>`)}</tr>`)}</tbody></table></div>`;
};

const Filters = ({ found, query }) => {
  const some = (words, name) => html`<${Choice} words=${words} value=${query[name] ?? ""} options=${[["", "any"], ...found.classes.map((one) => [one, one])]} onChange=${(one) => ask({ [name]: one || null })} />`;
  return html`<div class="fields">
    <${Choice} words="Examples of" value=${found.set} options=${Object.keys(found.sets).map((one) => [one, SETS[one]])} onChange=${(one) => ask({ set: one })} />
    ${found.classes.length > 0 && html`<${Choice} words="Shown are" value=${query.kind ?? "wrong"} options=${KINDS} onChange=${(kind) => ask({ kind })} />`}
    <${Choice} words="Sorted" value=${query.sort ?? "loss"} options=${found.classes.length ? SORTS : OF_NUMBERS} onChange=${(sort) => ask({ sort })} />
    ${found.classes.length > MOST_CLASSES && html`${some("Class", "actual")}${some("Taken for", "predicted")}`}</div>`;
};

const DONE = { drop: () => "Will be left out", relabel: (to) => html`Will be <bdi>${to}</bdi>`, keep: () => "Will be as it was" };
const Decide = ({ row, classes, decided, onDecide, judges }) => {
  const box = useRef();
  const others = classes.filter((one) => one !== row.actual);
  const [to, choose] = useState(judges && row.predicted !== row.actual ? row.predicted : others[0]);
  // Its buttons are others then: with the keyboard one goes on there.
  const say = async (decision, more = {}) => {
    await onDecide({ example: row.example, decision, ...more });
    setTimeout(() => box.current?.querySelector("button:enabled")?.focus());
  };
  if (decided) return html`<span ref=${box} class="decided">${DONE[decided.decision](decided.relabel_as)} <${Button} key="keep" aria-label=${`Keep ${row.name} as it is`} onClick=${() => say("keep")}>Keep</${Button}></span>`;
  return html`<span ref=${box} class="decide"><${Button} key="drop" aria-label=${`Leave ${row.name} out`} onClick=${() => say("drop")}>Leave out</${Button}>
    ${others.length > 1 && html`<select aria-label=${`Another class for ${row.name}`} value=${to} onChange=${(e) => choose(e.target.value)}>
      ${others.map((one) => html`<option value=${one} selected=${one === to}>${one}</option>`)}</select>`}
    <${Button} key="relabel" aria-label=${`Relabel ${row.name} as ${to}`} onClick=${() => say("relabel", { relabel_as: to })}>${others.length > 1 ? "Relabel" : html`It is <bdi>${to}</bdi>`}</${Button}></span>`;
};

const Answer = ({ row, numbers }) => numbers
  ? html`<span>${short(row.predicted, 4)} for ${short(row.actual, 4)}</span><span class="note">off by ${short(row.loss, 4)}</span>`
  : html`<span><bdi>${row.actual}</bdi>${row.actual === row.predicted ? "" : html`, taken for <bdi>${row.predicted}</bdi>`} <b>${percent(row.probability)}</b></span>
    <span class="note">loss ${short(row.loss)}</span>`;

const Row = ({ run, found, row, pictures, decided, onDecide }) => html`<li class=${`case ${row.actual === row.predicted ? "right" : "mistaken"}`}>
  <a href=${here("run", run.id, "example", found.set, String(row.example))}>${pictures
    ? html`<${Picture} src=${`${ofData(dataOf(run), found.set, row.example)}?run=${encodeURIComponent(run.id)}`} words=${row.name} size="112" />`
    : html`<bdi class="text">${row.name}</bdi>`}</a>
  ${pictures && html`<small><bdi>${row.name}</bdi></small>`}
  <${Answer} row=${row} numbers=${!found.classes.length} />
  ${found.decides && html`<${Decide} key=${row.actual} row=${row} classes=${found.classes} judges=${found.judges} decided=${decided} onDecide=${onDecide} />`}</li>`;

const Decisions = ({ run, kept, onUndo, onFork }) => {
  const { relabel, drop, before, undo, journal, rows } = kept;
  if (!rows.length && !undo && !before) return "";
  const now = rows.length ? `${count(relabel, "label")} to be changed, ${count(drop, "example")} to be left out.` : "Nothing is decided.";
  return html`<div class="row kept" role="group" aria-label="Decisions"><p role="status">${now}${before ? ` ${count(before, "decision")} from before this run hold, too.` : ""}</p>
      <${Button} disabled=${!undo} onClick=${onUndo}>Undo${undo ? html`: <bdi>${undo}</bdi>` : ""}</${Button}>
      <${Button} class="main" disabled=${!rows.length} onClick=${onFork}>Train with these labels</${Button}></div>
    <p class="note">That is a run of its own, from the beginning. No file of the data is changed: decisions are in <bdi>${journal}</bdi>, and a run
      takes them by --labels.${run.options.hold_out ? " It holds out the examples that this one does." : ""}</p>`;
};

// Asked anew when something else is asked for, not with every step of a training.
const useFound = (run, query) => {
  const [again, look] = useState(0);
  const { set, kind, sort, actual, predicted } = query;
  const given = Object.entries({ set, kind, sort, actual, predicted }).filter(([, value]) => value);
  const path = (from) => `${ofRun(run.id, "mistakes")}?${new URLSearchParams([...given, ...(at.value === null ? [] : [["at", at.value]]), ["from", from]])}`;
  const keys = [run.id, at.value, JSON.stringify(given), run.state, again];
  const { value, error } = useAsked(() => api.get(path(0)), keys);
  const [more, add] = useState([]);
  useEffect(() => add([]), [value]);
  const next = async () => {
    const found = await api.get(path(value.rows.length + more.length));
    if (found.iteration !== value.iteration) return look(again + 1);
    add([...more, ...found.rows]);
  };
  return { found: value && { ...value, rows: [...value.rows, ...more] }, error, next, look: () => look(again + 1) };
};

export default ({ params: { id }, query }) => {
  const run = state.value.runs[id];
  const { found, error, next, look } = useFound(run, query);
  const [kept, keep] = useState(null);
  const first = useAsked(() => api.get(ofRun(id, "decisions")), [id]);
  const decisions = kept ?? first.value;
  useEffect(() => void (document.title = `Mistakes of ${id} – chainrule studio`), [id]);
  if (!found) return html`<h1>Mistakes</h1><${Wrong} words=${error} />${!error && html`<p class="note">Asking …</p>`}`;
  const say = async (given) => keep(await api.post(`${ofRun(id, "decisions")}?at=${found.iteration}`, given));
  const fork = async () => {
    const made = await api.post(ofRun(id, "decisions"), { fork: true });
    putRun(made.fork);
    go(address("run", made.fork.id));
  };
  const of = Object.fromEntries((decisions?.rows ?? []).map((row) => [row.example, row]));
  const pictures = found.drawable;
  const left = found.found - found.rows.length;
  return html`<h1>Mistakes</h1>
    <${Summary} found=${found} />
    <p class="note">${at.value === null || at.value === found.iteration ? `At iteration ${whole(found.iteration)}.` : `At iteration ${whole(found.iteration)}, the last that was kept before.`} ${run.state === "training" && at.value === null && html`<${Button} onClick=${look}>Look again</${Button}>`}</p>
    ${found.words.map((words) => html`<p class="note">${words}</p>`)}
    <${Wrong} words=${error || first.error} />
    <${Confusion} found=${found} query=${query} />
    <${Filters} found=${found} query=${query} />
    <div class="row"><p role="status">${found.found ? count(found.found, "example") : "No example"}${query.actual ? html` of <bdi>${query.actual}</bdi>` : ""}${query.predicted ? html` taken for <bdi>${query.predicted}</bdi>` : ""}</p>
      ${(query.actual || query.predicted) && html`<${Button} onClick=${() => ask({ actual: null, predicted: null })}>Of all classes</${Button}>`}</div>
    <ul class=${`cases ${pictures ? "" : "texts"}`}>${found.rows.map((row) => html`<${Row} key=${row.example} run=${run} found=${found} row=${row}
      pictures=${pictures} decided=${of[row.example]} onDecide=${say} />`)}</ul>
    ${left > 0 && html`<${Button} onClick=${next}>More (${whole(left)})</${Button}>`}
    ${decisions && found.classes.length > 0 && html`<${Decisions} run=${run} kept=${decisions} onUndo=${() => say({ undo: true })} onFork=${fork} />`}
    ${found.decides && decisions && html`<h2>Which labels look wrong</h2><${Command} words="To networks that were trained without the example" text=${decisions.review} />`}`;
};
