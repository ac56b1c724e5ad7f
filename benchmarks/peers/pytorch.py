"""PyTorch, eager, on the processor: whole tensors, no DataLoader, the cost read where chainrule
reads it. SGD as PyTorch sets it up by default, neither its fused nor its for-each variant by name.
"""

import os

import torch
from torch import nn

from benchmarks.experiments import Experiment
from benchmarks.peers import Trained
from benchmarks.peers.ours import COST_EVERY
from benchmarks.problems import Problem
from chainrule.network import Network

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))  # set by the harness


def train(problem: Problem, start: Network, experiment: Experiment) -> Trained:
    model = module(start)
    X = torch.from_numpy(problem.rows)  # shares memory
    if problem.n_classes == 2:
        y, loss = torch.from_numpy(problem.Y.T.copy()), nn.BCEWithLogitsLoss()
    else:
        y, loss = torch.from_numpy(problem.labels), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=experiment.learning_rate)
    if experiment.epochs is None:
        full_batch(model, X, y, loss, optimizer, experiment.iterations)
    else:
        mini_batches(model, X, y, loss, optimizer, experiment)
    layers = [layer for layer in model if isinstance(layer, nn.Linear)]
    return Trained(
        [layer.weight.detach().numpy() for layer in layers],
        [layer.bias.detach().numpy()[:, None] for layer in layers],
    )


def module(start: Network) -> nn.Sequential:
    """The same network, ending in logits: the losses take those."""
    steps = []
    for W, b in zip(start.weights, start.biases, strict=True):
        layer = nn.Linear(W.shape[1], W.shape[0], dtype=torch.from_numpy(W).dtype)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(W))
            layer.bias.copy_(torch.from_numpy(b[:, 0]))
        steps += [layer, nn.ReLU()]
    return nn.Sequential(*steps[:-1])


def full_batch(model, X, y, loss, optimizer, iterations):
    costs = []
    for i in range(iterations):
        optimizer.zero_grad()
        J = loss(model(X), y)
        if i % COST_EVERY == 0:
            costs.append(J.item())
        J.backward()
        optimizer.step()


def mini_batches(model, X, y, loss, optimizer, experiment):
    generator = torch.Generator().manual_seed(0)
    for _ in range(experiment.epochs):
        total = torch.zeros(())
        for index in torch.randperm(len(X), generator=generator).split(experiment.batch_size):
            optimizer.zero_grad()
            J = loss(model(X.index_select(0, index)), y.index_select(0, index))
            total += J.detach() * len(index)
            J.backward()
            optimizer.step()
        total.item()
