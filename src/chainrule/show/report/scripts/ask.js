// Draw and ask: the network answers to what is drawn, dropped, chosen or typed.
const FEW = 10; // classes shown, the most probable ones of more

live.ask = (root, own, shared) => {
  const network = unpacked(shared.network);
  const answers = make("div", { class: "bar" });
  const said = make("p", { role: "status" });
  const hidden = make("div");

  const answer = (raw) => {
    const A = forward(network, raw);
    const output = A[A.length - 1];
    answers.replaceChildren();
    if (own.classes.length) {
      const P = probabilities(output);
      const decided = P.length === 2 ? Number(P[1] > own.threshold) : P.indexOf(Math.max(...P));
      let order = [...P.keys()];
      if (P.length > FEW) order = order.sort((i, j) => P[j] - P[i]).slice(0, FEW);
      for (const k of order) {
        const bar = make("i", { style: `width: ${100 * P[k]}%`, "data-value": P[k] });
        answers.append(make("bdi", {}, own.classes[k]), make("span", {}, bar), make("span", {}, percent(P[k])));
      }
      said.replaceChildren("It says ", make("strong", {}, make("bdi", {}, own.classes[decided])), ".");
    } else {
      const value = make("strong", { "data-value": output[0] }, short(output[0]));
      said.replaceChildren("It predicts ", value, ".");
    }
    hidden.replaceChildren(...A.slice(0, -1).flatMap(unitSquares));
  };

  const given = (own.shape ? drawing : typing)(own, shared, answer);
  const said_of = own.classes.length ? "Probabilities" : "Prediction";
  const right = make("div", {}, make("h3", {}, said_of), said, answers, make("h3", {}, "Hidden units"), hidden);
  if (network.layers.length === 1) right.lastChild.previousSibling.remove();
  root.append(make("div", { class: "beside" }, given, right));
};

// One side of n pixels made `to` long, of (lines, n) pixels of 4 bytes: (to, lines). Bicubic, widened
// where it shrinks, as the program does it (Pillow).
const resampled = (pixels, n, to) => {
  const lines = pixels.length / 4 / n, scale = n / to, wide = Math.max(1, scale);
  const made = new Uint8ClampedArray(4 * lines * to).fill(255);
  const cubic = (x) => (x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? -0.5 * (((x - 5) * x + 8) * x - 4) : 0);
  for (let i = 0; i < to; i++) {
    const middle = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(middle - 2 * wide + 0.5)), end = Math.min(n, Math.trunc(middle + 2 * wide + 0.5));
    const shares = Array.from({ length: end - first }, (_, k) => cubic(Math.abs(first + k - middle + 0.5) / wide));
    const sum = shares.reduce((a, b) => a + b);
    for (let line = 0; line < lines; line++) for (let c = 0; c < 3; c++) {
      let value = 0;
      for (let k = 0, at = 4 * (line * n + first) + c; k < shares.length; k++, at += 4) value += shares[k] * pixels[at];
      made[4 * (i * lines + line) + c] = value / sum;
    }
  }
  return made;
};

// A picture on white, of that many pixels.
const shrunk = (found, width, height) => {
  const whole = make("canvas", { width: found.width, height: found.height }).getContext("2d");
  whole.fillStyle = "#fff";
  whole.fillRect(0, 0, found.width, found.height);
  whole.drawImage(found, 0, 0);
  const { data } = whole.getImageData(0, 0, found.width, found.height);
  if (data[3] !== 255) throw new Error("nothing is drawn on so large a canvas");
  return resampled(resampled(data, found.width, width), found.height, height);
};

// A canvas of as many pixels as the network has, to draw on, with the test pictures to begin with.
const drawing = ({ shape: [height, width, colors], exact, empty }, { examples }, answer) => {
  const canvas = make("canvas", { width, height, role: "img", "aria-label": "The picture that is asked about" });
  canvas.style.width = `${Math.min(20, (20 * width) / height)}rem`;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const ask = () => {
    const { data } = context.getImageData(0, 0, width, height);
    const raw = [];
    for (let i = 0; i < data.length; i += 4) {
      if (colors) raw.push(data[i], data[i + 1], data[i + 2]);
      // As Pillow makes gray of colors.
      else raw.push((data[i] * 19595 + data[i + 1] * 38470 + data[i + 2] * 7471 + 32768) >> 16);
    }
    answer(raw);
  };
  const show = (...picture) => {
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, height);
    context.drawImage(...picture);
    ask();
  };

  // With a pen.
  const hex = (c) => c.toString(16).padStart(2, "0");
  const paper = `#${(empty.length === 3 ? empty : [empty[0], empty[0], empty[0]]).map(hex).join("")}`;
  // A pen that can be seen on it.
  const pens = empty.reduce((a, b) => a + b) / empty.length < 128 ? ["white", "black"] : ["black", "white"];
  const coded = { white: "#ffffff", black: "#000000" };
  let last = null, color = coded[pens[0]], thick = Math.max(1, Math.round(width / 14));
  const place = ({ offsetX, offsetY }) => [(offsetX * width) / canvas.clientWidth, (offsetY * height) / canvas.clientHeight];
  const line = (event) => {
    if (!last) return;
    const next = place(event);
    Object.assign(context, { strokeStyle: color, lineWidth: thick, lineCap: "round" });
    context.beginPath();
    context.moveTo(...last);
    context.lineTo(...next);
    context.stroke();
    last = next;
    ask();
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    line(event);
  });
  canvas.addEventListener("pointermove", line);
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (last = null));

  // From a file.
  const read = async (file) => {
    try {
      const found = await createImageBitmap(file, { colorSpaceConversion: "none" });
      context.putImageData(new ImageData(shrunk(found, width, height), width), 0, 0);
      note.textContent = "";
      ask();
    } catch {
      note.textContent = "That is no picture that this browser reads, or too large a one.";
    }
  };
  const note = make("p", { class: "note", role: "status" });
  canvas.addEventListener("dragover", (event) => event.preventDefault());
  canvas.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) read(event.dataTransfer.files[0]);
  });
  const file = control("Or drop a picture, or choose one:", { type: "file", accept: "image/*" }, () => file.input.files.length && read(file.input.files[0]));

  const parts = [canvas];
  if (exact) {
    const sheet = examples.sheet;
    const image = make("img", { src: sheet.uri, alt: "" });
    const start = (i) => {
      const [x, y] = [(i % sheet.columns) * width, Math.floor(i / sheet.columns) * height];
      show(image, x, y, width, height, 0, 0, width, height);
    };
    const { row } = choice(`Begin with one of the ${examples.of}:`, examples.names, start);
    image.decode().then(() => start(0));
    parts.push(row);
  }
  const clear = () => {
    context.fillStyle = paper;
    context.fillRect(0, 0, width, height);
    ask();
  };
  const pen = colors
    ? control("Pen:", { type: "color", value: color }, (_, input) => (color = input.value)).row
    : choice("Pen:", pens, (k) => (color = coded[pens[k]])).row;
  pen.append(
    control("Width:", { type: "range", min: 1, max: Math.ceil(width / 4), value: thick }, (n) => (thick = n)).row,
    make("button", { type: "button", click: clear }, "Empty picture"),
  );
  if (!exact) clear();
  return make("div", {}, ...parts, pen, file.row, note);
};

// A number for each feature, beginning with those of an example.
const typing = ({ names, rows, least, most }, { examples }, answer) => {
  const raw = [...rows[0]];
  const fields = names.map((name, j) => {
    const ends = { min: least[j], max: most[j], step: "any" };
    const moved = control(`${isolated(name)}, moved`, { type: "range", ...ends }, (value) => set(j, value));
    const typed = control(isolated(name), { type: "number", step: "any", placeholder: "missing" }, (value, input) => set(j, input.value === "" ? NaN : value));
    if (least[j] < most[j]) typed.row.append(moved.input);
    moved.input.setAttribute("aria-label", `${isolated(name)}, moved`);
    return { typed: typed.input, moved: moved.input, row: typed.row };
  });
  const fill = (j, value) => {
    raw[j] = value ?? NaN;
    const known = !Number.isNaN(raw[j]);
    if (Number(fields[j].typed.value) !== raw[j] || !known) fields[j].typed.value = known ? raw[j] : "";
    if (known) fields[j].moved.value = raw[j];
  };
  const set = (j, value) => {
    fill(j, value);
    answer(raw);
  };
  const start = (i) => {
    rows[i].forEach((value, j) => fill(j, value));
    answer(raw);
  };
  const { row } = choice(`Begin with one of the ${examples.of}:`, examples.names.slice(0, rows.length), start);
  start(0);
  return make("div", {}, row, ...fields.map((field) => field.row));
};
