"""The verbs on a Dask cluster: the numbers of one process, whoever computes them, and bad luck."""

import os
from signal import SIGINT, SIGKILL, raise_signal

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.data import open_data
from chainrule.data.matrix import FloatMatrix
from chainrule.data.matrix import cluster as module
from chainrule.data.matrix.kept import KeptPasses
from chainrule.data.matrix.verbs import Gram, Times
from chainrule.data.matrix.workers import ADDRESS, Cluster
from chainrule.errors import ClusterError, InputError
from chainrule.influence.out_of_distribution import Neighborhoods

distributed = pytest.importorskip("distributed", exc_type=ImportError)
M, N_X = 40, 3000
MEMORY = 1e-4  # GB: stretches of 160 features
RNG = np.random.default_rng(0)
X = RNG.integers(0, 3, (M, N_X)).astype(np.uint8)
W, D = RNG.standard_normal((3, N_X)), RNG.standard_normal((2, 3, M))


@pytest.fixture(scope="module")
def local():
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=":0", silence_logs=60
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield cluster, client


@pytest.fixture
def opened(tmp_path, local, monkeypatch):
    """A function that opens the table, with a matrix of half of it; ranges of few features."""
    monkeypatch.setattr(module, "FEATURES", 300)
    monkeypatch.setattr(module, "TASK_BYTES", 1)
    np.save(tmp_path / "X.npy", np.asfortranarray(X))
    np.save(tmp_path / "y.npy", np.arange(M) % 2)

    def open_with(cluster, **how):
        return open_data(tmp_path, memory=MEMORY, cluster=cluster, **how).train

    return open_with


def test_there_are_as_many_local_workers_as_asked():
    said = []
    client = Cluster("local:3", said.append).client
    assert len(client.scheduler_info()["workers"]) == 3
    assert said[0].endswith("3 workers with 3 threads")
    client.cluster.close()
    client.close()


def of_all_verbs(data):
    """What is learned, and what each verb gives, by name."""
    X = data.matrix()
    half, rest = X.select(np.arange(0, M, 2)), X.select(np.arange(1, M, 2))
    K, Z = X.once(Gram(), Times(W))
    return {
        "mean": data.scaling.arrays()["scaling.shift"],
        "gram": K,
        "times": Z,
        "outer": X.outer(D),
        "columns": X.columns([7, 3]),
        "by the others": Neighborhoods(X, standardized=True).nearest_among,
        "with others": half.gram(rest),
        "with floats": half.gram(FloatMatrix(rest.columns(slice(None)))),
    }


class Killer:
    """Told of progress, it kills a worker in the middle of each pass."""

    def __init__(self, cluster):
        self.cluster, self.killed, self.done = cluster, 0, np.inf

    def __call__(self, done, total, unit):
        if done < self.done:
            pids = [one.pid for one in self.cluster.workers.values()]
            os.kill(pids[self.killed % len(pids)], SIGKILL)
            self.killed += 1
        self.done = done


def all_there(cluster, client):
    """Two workers again; one that is killed while it starts would not come by itself."""
    cluster.scale(2)
    client.wait_for_workers(2, timeout=120)


def test_the_numbers_of_one_process_and_the_same_bits_for_one_worker_and_two(local, opened):
    cluster, client = local
    alone = of_all_verbs(opened(None))
    by_one = of_all_verbs(opened(client))
    all_there(cluster, client)
    by_two = of_all_verbs(opened(client))
    for name, expected in alone.items():
        assert_allclose(by_one[name], expected, rtol=1e-10, atol=1e-10, err_msg=name)
        assert_array_equal(by_two[name], by_one[name], err_msg=name)


def test_what_workers_see_and_have_is_looked_at_first(local, opened, tmp_path):
    _, client = local
    source = opened(client).features.source
    with pytest.raises(InputError, match=r"worker tcp.*GiB for each of 1 threads; got"):
        Cluster(client).check(source, 1e15)
    os.utime(tmp_path / "X.npy", ns=(0, 0))
    with pytest.raises(InputError, match=r"worker tcp.*X.npy as it is here.*; got another"):
        Cluster(client).check(source, 0)


# What one worker has instead, how it is given back, and what is said.
UNLIKE = {
    "another version": (
        "import distributed.versions as c; c.kept = c._version_cached;"
        "c._version_cached = lambda package: '0.0.9'",
        "c._version_cached = c.kept",
        r"worker tcp.*expected python .*; got python .*chainrule 0.0.9",
    ),
    "a path that it does not see": (
        "import chainrule.data.matrix.source as c, types; c.kept = c.os;"
        "c.os = types.SimpleNamespace(stat=lambda path: open('/gone/' + path.name))",
        "c.os = c.kept",
        r"worker tcp.*X.npy as it is here, at the same path; got No such file",
    ),
    "too little memory": (
        "import chainrule.data.matrix.cluster as c; c.kept = c.BlockMatrix;"
        "c.BlockMatrix = lambda *of: bytearray(2**60)",
        "c.BlockMatrix = c.kept",
        r"X.npy: a worker has too little memory",
    ),
}


@pytest.mark.parametrize(("instead", "back", "message"), UNLIKE.values(), ids=UNLIKE)
def test_one_worker_unlike_the_others_ends_it_in_one_line(local, opened, instead, back, message):
    cluster, client = local
    all_there(cluster, client)
    one = [next(iter(client.scheduler_info()["workers"]))]
    client.run(exec, instead, workers=one)
    try:
        with pytest.raises((InputError, ClusterError), match=message) as found:
            opened(client)
        assert "\n" not in str(found.value)
    finally:
        client.run(exec, f"{instead.partition(';')[0]}; {back}", workers=one)


def test_what_stays_in_memory_has_no_work_for_a_cluster(tmp_path, opened, monkeypatch):
    opened(None)
    data = open_data(tmp_path, cluster="local:2").train
    assert "the cluster has nothing to do" in " ".join(data.notes)
    monkeypatch.setenv(ADDRESS, "tcp://127.0.0.1:1")
    assert not any("cluster" in note for note in open_data(tmp_path).train.notes)


@pytest.mark.parametrize("asked", ["local", "local:0", "local:x", "here", 3], ids=str)
def test_what_is_no_cluster(asked):
    with pytest.raises(InputError, match=r"cluster: expected local:N, .*tcp.*json"):
        Cluster(asked)
    with pytest.raises(InputError, match="the file that a scheduler wrote"):
        _ = Cluster("gone.json").client


@pytest.mark.parametrize("text", ["", "{}", "no JSON", "[1]", '{"address": 5}', "\xff"])
def test_a_file_that_no_scheduler_wrote(text, tmp_path):
    path = tmp_path / "scheduler.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=r"scheduler.json: expected the file that a scheduler"):
        _ = Cluster(str(path)).client


def test_a_variable_that_names_no_cluster_is_named_where_one_is_needed(
    tmp_path, opened, monkeypatch
):
    opened(None)
    monkeypatch.setenv(ADDRESS, "here")
    assert not open_data(tmp_path).train.in_file
    with pytest.raises(InputError, match=rf"{ADDRESS}: expected local:N.* got 'here'\. Or unset"):
        opened(None).matrix().gram()


def test_a_scheduler_that_is_gone_is_one_line(local, opened):
    cluster, _ = local
    with distributed.Client(cluster, set_as_default=False) as client:
        X = opened(client).matrix()
    with pytest.raises(
        ClusterError, match=r"the scheduler does not answer any more, while .*X.npy"
    ):
        X.outer(D)


def test_a_worker_that_is_killed_in_the_middle_of_a_verb_changes_no_bit(local, opened):
    cluster, client = local
    killer, data = Killer(cluster), opened(client)
    X, killed = data.matrix(), opened(client).matrix()
    killed.source.progress = killer
    for verb in (
        lambda X: X.once(Gram(), Times(W)),
        lambda X: [X.outer(D)],
    ):
        expected = verb(X)
        all_there(cluster, client)
        for value, known in zip(verb(killed), expected, strict=True):
            assert_array_equal(value, known)
    assert killer.killed == 2


def test_a_pass_that_ctrl_c_ended_goes_on_with_the_same_bits(
    local, opened, tmp_path_factory, monkeypatch
):
    (_, client), folder = local, tmp_path_factory.mktemp("kept")
    monkeypatch.setattr(module, "TASKS", 2)
    expected, told, read = opened(client).matrix().once(Gram(), Times(W)), [], []

    def begun(progress):
        X = opened(client).matrix()
        X.keep_passes(KeptPasses(folder, told.append))
        X.source.progress = progress
        return X

    X = begun(lambda done, total, unit: done > 0.7 * total and raise_signal(SIGINT))
    with pytest.raises(KeyboardInterrupt):
        X.once(Gram(), Times(W))
    again = begun(lambda done, total, unit: read.append(done / total)).once(Gram(), Times(W))
    for value, known in zip(again, expected, strict=True):
        assert_array_equal(value, known)
    assert told == ["a pass over the file, from feature 1,800 of 3,000 on"]
    assert read == pytest.approx([0.7, 0.8, 0.9, 1])


def test_a_task_whose_workers_die_too_often_ends_in_one_line(local, opened, monkeypatch):
    cluster, client = local
    all_there(cluster, client)
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)
    X = opened(client).matrix()
    X.source.progress = Killer(cluster)
    with pytest.raises(
        ClusterError, match=r"X.npy(, features \d+ to \d+)?: 1 workers died.*memory"
    ):
        X.gram()
