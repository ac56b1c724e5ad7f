// What the page calls what the command line has as an option.
export const FIELDS = {
  label: "Label column",
  missing: "Missing values",
  categories: "Columns of texts",
  drop: "Columns to leave out",
  positive: "Two classes",
  hold_out: "Held out as a test set",
  size: "Side of the pictures, in pixels",
  features: "Features",
  activation: "Activation of the hidden layers",
  optimizer: "Optimizer",
  learning_rate: "Learning rate",
  iterations: "Iterations",
  l2: "L2 penalty",
  batch_size: "Batch size",
  seed: "Seed",
};

// The program's words with the fields of the page in the place of options; commands to type stay.
export const inPage = (words) =>
  words.replace(/chainrule [a-z].*|--([a-z0-9-]+)/g, (all, name) => {
    const field = name && FIELDS[name.replaceAll("-", "_")];
    return field ? `\u201c${field}\u201d` : all;
  });
