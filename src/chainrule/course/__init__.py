"""The course's functions, by its names, argument names, shapes and return structures.

One module for each assignment of *Neural Networks and Deep Learning* (deeplearning.ai), because
two names serve two assignments each, with other arguments or another result:

    course.basics     Python basics with NumPy      sigmoid(x) -> s
    course.logistic   logistic regression           sigmoid(z) -> s,      predict(w, b, X)
    course.deep       networks of two and L layers  sigmoid(Z) -> A, Z,   predict(X, y, parameters)

So a notebook's own definitions give way to one line, such as
`from chainrule.course.deep import *`.

Three things hold throughout. Arguments are never changed. Weights are drawn from NumPy's global
generator, as the course draws them. A rank-1 array where a column or a row is meant is an
InputError, not a guess. The steps are the textbook's and are written to be read; the functions
that train (`model`, `two_layer_model`, `L_layer_model`, `LogisticRegression.fit`) run the same
iterations on the library's engine.

Arguments and results follow the assignments as deeplearning.ai has published them since 2021;
each docstring says where an older edition differs.
"""
