// A network as the page has it: weights of 32 bits, computed with in 64.
const ACTIVATIONS = {
  sigmoid: (z) => 1 / (1 + Math.exp(-z)),
  tanh: Math.tanh,
  relu: (z) => Math.max(0, z),
  leaky_relu: (z) => Math.max(z, 0.01 * z),
  identity: (z) => z,
  exp: Math.exp,
};

const softmax = (Z) => {
  const most = Math.max(...Z);
  const powers = Z.map((z) => Math.exp(z - most));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
};

// What becomes of a feature x with number j, by each kind of step.
const PREPARED = {
  affine: ({ shift, divisor }) => (x, j) => (x - shift[j % shift.length]) / divisor[j % divisor.length],
  fill: ({ fill }) => (x, j) => (Number.isNaN(x) ? fill[j % fill.length] : x),
  seen: ({ seen }) => (x, j) => x * seen[j % seen.length],
  log1p: () => (x) => Math.log1p(x),
};

// {steps, layers} from their JSON: arrays of 64-bit numbers but for the weights.
const unpacked = ({ steps, layers }) => ({
  steps: steps.map(({ kind, ...learned }) => {
    const arrays = Object.entries(learned).map(([name, text]) => [name, numbers(text, Float64Array)]);
    return PREPARED[kind](Object.fromEntries(arrays));
  }),
  layers: layers.map(({ W, b, g }) => ({ W: numbers(W, Float32Array), b: numbers(b, Float64Array), g })),
});

// The activations A[1], ..., A[L] for raw features, one array each.
const forward = ({ steps, layers }, raw) => {
  let a = Float64Array.from(raw, (x, j) => steps.reduce((value, step) => step(value, j), x));
  return layers.map(({ W, b, g }) => {
    const Z = Array.from(b, (bias, k) => {
      let z = bias;
      for (let j = 0, at = k * a.length; j < a.length; j++) z += W[at + j] * a[j];
      return z;
    });
    a = g === "softmax" ? softmax(Z) : Z.map(ACTIVATIONS[g]);
    return a;
  });
};

// Of each class: one output is the second's.
const probabilities = (output) => (output.length === 1 ? [1 - output[0], output[0]] : output);

const UNITS = 64; // shown of a layer

// The activations of hidden layer l as squares: orange above 0, blue below, of the layer's largest.
const unitSquares = (A, l) => {
  const most = Math.max(1e-12, ...A.map(Math.abs));
  const on = A.filter((a) => a > 0).length;
  const words = `Hidden layer ${l + 1}: ${on} of ${A.length} units above 0`;
  const squares = A.slice(0, UNITS).map((a, k) => {
    const square = make("span", { title: `unit ${k}: ${short(a)}` });
    square.style.background = `color-mix(in srgb, var(${a > 0 ? "--other" : "--accent"}) ${(100 * Math.abs(a)) / most}%, var(--paper))`;
    return square;
  });
  return [
    make("p", { class: "note", style: "margin: 0" }, words, A.length > UNITS ? `, the first ${UNITS}` : ""),
    make("div", { class: "units", "aria-hidden": "true" }, ...squares),
  ];
};
