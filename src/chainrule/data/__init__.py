"""Where X and Y come from: files, folders, built-in sets; and the matrix that holds them."""

from chainrule._lazy import lazily

lazily(__name__)
