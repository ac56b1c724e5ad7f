"""Points in the plane, as the course's third assignment draws them."""

import numpy as np

Array = np.ndarray
Rows = tuple[Array, Array]


def load_planar_dataset() -> Rows:
    """The course's flower: 400 points X (2, 400) and their labels Y (1, 400), 0 red and 1 blue.

        r = 4 sin(4 theta) + 0.2 noise,   x = (r sin theta, r cos theta)

    theta runs over [0, 3.12] for the first 200 and [3.12, 6.24] for the others, with noise of 0.2
    as well. Drawn after np.random.seed(1): always the same points. Y is uint8.
    """
    np.random.seed(1)
    noise = 0.2 * np.random.randn(2, 2, 200)  # of each class, of theta and of r, of each point
    theta = np.linspace([0, 3.12], [3.12, 6.24], 200, axis=1) + noise[:, 0]
    r = 4 * np.sin(4 * theta) + noise[:, 1]
    X = (r * np.array([np.sin(theta), np.cos(theta)])).reshape(2, 400)
    return X, np.repeat(np.array([[0, 1]], np.uint8), 200, axis=1)


def load_extra_datasets() -> tuple[Rows, Rows, Rows, Rows, Rows]:
    """Noisy circles, noisy moons, six blobs, Gaussian quantiles, and points without structure.

    Each X (200, 2), examples as rows, and labels (200,), from scikit-learn's generators of these
    names and NumPy's global generator as it stands; the last is a second set of points instead of
    labels.
    """
    from sklearn import datasets

    return (
        datasets.make_circles(200, factor=0.5, noise=0.3),
        datasets.make_moons(200, noise=0.2),
        datasets.make_blobs(200, n_features=2, centers=6, random_state=5),
        datasets.make_gaussian_quantiles(cov=0.5, n_samples=200, n_features=2, n_classes=2),
        (np.random.rand(200, 2), np.random.rand(200, 2)),
    )
