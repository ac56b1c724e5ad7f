"""The course's functions, by its names, argument names, shapes and return structures.

One module for each assignment of *Neural Networks and Deep Learning* (deeplearning.ai), because
the same names serve several, with other arguments or another result:

    course.basics        Python basics with NumPy    sigmoid(x) -> s
    course.logistic      logistic regression         sigmoid(z) -> s,     predict(w, b, X)
    course.planar        one hidden layer            sigmoid(x) -> s,     predict(parameters, X)
    course.step_by_step  a deep network's steps      sigmoid(Z) -> A, Z
    course.application   a deep network's training   sigmoid(Z) -> A, Z,  predict(X, y, parameters)
    course.deep          the last two at once, with starting weights from any seed

So a notebook's own definitions give way to one line, such as
`from chainrule.course.application import *`.

Three things hold throughout. Arguments are never changed. Weights are drawn from NumPy's global
generator, as the course draws them. What the course's own functions take is taken; what they
would take silently wrongly is an InputError, not a guess (docs/course.md lists what differs). The
steps are the textbook's and are written to be read; the functions that train (`model`, `nn_model`,
`two_layer_model`, `L_layer_model`, `LogisticRegression.fit`) run the same iterations on the
library's engine.

Arguments and results follow the assignments as deeplearning.ai has published them since 2021;
each docstring says where an older edition differs.
"""
