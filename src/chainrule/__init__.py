"""chainrule: neural networks from their equations, trained exactly and fast.

import chainrule as cr

data = cr.open_data("fashion", positive="Sandal")
network = cr.Network.create((784, 20, 7, 5, 1), rng=1)
result = cr.train(network, data.train, learning_rate=0.05, iterations=1000)
model = cr.Model.of(result.network, data)
print(cr.evaluate(model, data.test).accuracy)

cr.MLPClassifier and cr.MLPRegressor are scikit-learn estimators. Every name, and every package
such as cr.graph, is imported when it is first asked for.
"""

from chainrule._lazy import lazily
from chainrule._version import __version__ as __version__

lazily(__name__)
