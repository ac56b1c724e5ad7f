"""A graph as a picture: laid out in layers, as SVG, or as Graphviz text."""
