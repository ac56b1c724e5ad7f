// Weights as a picture: bytes around 0 on a canvas. Gray pictures from blue through gray to yellow,
// whose lightness rises all the way; of colors each around its middle.
const ENDS = [[0, 34, 78], [125, 124, 120], [254, 232, 56]];

const signed = (canvas, values, colors) => {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < image.data.length / 4; i++) {
    for (let c = 0; c < 3; c++) {
      const w = values[colors ? i * colors + c : i] / 127;
      const end = ENDS[w < 0 ? 0 : 2][c];
      image.data[4 * i + c] = colors ? 127.5 + 127.5 * w : ENDS[1][c] + (end - ENDS[1][c]) * Math.abs(w);
    }
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
};

// A canvas for one unit, as large as is looked at.
const signedCanvas = ([height, width], words) => {
  const canvas = make("canvas", { width, height, role: "img", "aria-label": words });
  canvas.style.width = "7rem";
  return canvas;
};
