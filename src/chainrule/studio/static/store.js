// What the server has said, as signals, and how it is asked. One stream of events a tab.
import { signal } from "./vendor/signals.js";

export const state = signal({ data: {}, runs: {}, built_in: [], loaded: false });
export const lost = signal(""); // why nothing new comes, or ""
export const said = signal([]); // the last words of runs: [{run, words}]

const COLUMNS = ["iteration", "cost", "accuracy", "validation_cost", "validation_accuracy", "learning_rate"];
const MOST = 4000; // points of a curve: of more, every second goes
const empty = () => Object.fromEntries(COLUMNS.map((name) => [name, []]));

// One signal for each run, made when it is first asked for.
const each = (start) => {
  const kept = {};
  return (id) => (kept[id] ??= signal(start()));
};
export const records = each(empty); // columns, by name
export const frames = each(() => null); // what is drawn of the run as it is now
export const progress = each(() => null); // {iteration, iterations, per_second}
export const details = each(() => null); // what GET /api/runs/ID says besides

const ask = async (path, options) => {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("The server does not answer.");
  }
  const found = await answer.json().catch(() => ({}));
  if (answer.ok) return found;
  if (answer.status === 401) lost.value = "The server was started anew: open the address that it printed.";
  throw new Error(found.error ?? `The server answers ${answer.status}.`);
};

// api.get("/api/state"), api.post("/api/runs", {...}), api.send(path, a file as it is)
export const api = {
  get: (path) => ask(path),
  post: (path, given = {}) =>
    ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(given) }),
  send: (path, body) => ask(path, { method: "POST", body }),
};
export const ofRun = (id, ...parts) => ["/api/runs", ...[id, ...parts].map(encodeURIComponent)].join("/");

// What changes often is shown once a frame of the screen: the last value of each signal.
const waiting = new Map();
const show = () => {
  const all = [...waiting];
  waiting.clear();
  for (const [one, value] of all) one.value = value;
};
const soon = (one, value) => {
  if (!waiting.size) document.hidden ? setTimeout(show, 1000) : requestAnimationFrame(show);
  waiting.set(one, value);
};
const latest = (one) => (waiting.has(one) ? waiting.get(one) : one.peek());

let since = null; // what came after the whole state was asked for, and before it was here
const put = (kind, key, one) => {
  since?.push([kind, key, one]);
  const all = { ...state.peek()[kind], [key]: one };
  if (!one) delete all[key];
  state.value = { ...state.peek(), [kind]: all };
};
const newer = (run) => put("runs", run.id, run);
// A run that was just begun; what its events say since is newer.
export const putRun = (run) => state.peek().runs[run.id] ?? newer(run);
export const putData = (data) => put("data", data.name, data);

const append = (columns, record) => {
  const { iteration } = columns;
  while (iteration.length && iteration.at(-1) >= record.iteration) for (const name of COLUMNS) columns[name].pop();
  for (const name of COLUMNS) columns[name].push(record[name] ?? null);
  if (iteration.length <= MOST) return;
  const thin = (column) => column.filter((_, i) => i % 2 === 0 || i === column.length - 1);
  for (const name of COLUMNS) columns[name] = thin(columns[name]);
};

export const reachedOf = ({ id, iteration }) => progress(id).value?.iteration ?? iteration ?? 0;
const asked = new Set();
const again = (id) => {
  if (asked.has(id)) return;
  asked.add(id);
  setTimeout(() => {
    asked.delete(id);
    load(id).catch(() => {});
  }, 300);
};
// The name of a run's data among what there is.
export const dataOf = ({ data }) => Object.values(state.value.data).find(({ source }) => source === data)?.name ?? data;

export const heard = {
  run(run) {
    newer(run);
    // It stands there now; from a checkpoint it may go on at an earlier one.
    const one = progress(run.id);
    if (latest(one) && run.state !== "training") soon(one, { ...latest(one), iteration: run.iteration, iterations: run.iterations || latest(one).iterations });
    if (details(run.id).peek()) again(run.id); // of warnings and moments there may be more
  },
  data: putData,
  gone: ({ kind, name }) => put(kind, name, null),
  record(record) {
    const one = records(record.run);
    // What is shown stays as it is until the next is shown.
    const columns = waiting.get(one) ?? Object.fromEntries(COLUMNS.map((name) => [name, [...one.peek()[name]]]));
    append(columns, record);
    soon(one, columns);
  },
  progress: (one) => soon(progress(one.run), one),
  frame: (one) => soon(frames(one.run), { ...latest(frames(one.run)), ...one }),
  said: (one) => (said.value = [...said.peek().slice(-9), one]),
};

// All of a run: its history so far, and after it what came meanwhile.
export const load = async (id) => {
  const run = await api.get(ofRun(id));
  const { history, ...more } = run;
  const columns = { ...empty(), ...history };
  for (const name of COLUMNS) columns[name] = [...(columns[name] ?? [])];
  const last = columns.iteration.at(-1) ?? -1;
  const old = latest(records(id));
  old.iteration.forEach((k, i) => {
    if (k > last) append(columns, Object.fromEntries(COLUMNS.map((name) => [name, old[name][i]])));
  });
  soon(records(id), columns);
  details(id).value = more;
  return more;
};

const refresh = async () => {
  const meanwhile = (since = []);
  const found = await api.get("/api/state");
  const by = (list, key) => Object.fromEntries((list ?? []).map((one) => [one[key], one]));
  state.value = { ...found, data: by(found.data, "name"), runs: by(found.runs, "id"), loaded: true };
  since = null;
  for (const one of meanwhile) put(...one);
  const known = Object.keys(state.peek().runs).filter((id) => details(id).peek());
  await Promise.all(known.map(load));
};

export const connect = () => {
  const stream = new EventSource("/api/events");
  stream.onopen = () => refresh().then(() => (lost.value = ""), (error) => (lost.value ||= error.message));
  stream.onerror = () => {
    lost.value ||= "The server does not answer. What is shown is what it said last; it is asked again and again.";
    if (stream.readyState !== EventSource.CLOSED) return;
    setTimeout(connect, 2000);
    refresh().catch(() => {});
  };
  for (const [name, hear] of Object.entries(heard))
    stream.addEventListener(name, (event) => hear(JSON.parse(event.data)));
};
