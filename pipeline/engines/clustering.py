"""Points to speakers: how many there are, and where each one's centre lies.

In: points (n, d) with weights. Out: a number, and centres (k, d). Both look at no more than ``MOST_POINTS`` points,
evenly taken from the whole meeting, so that time and memory stop growing with its length; the centres are then settled
with all points.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MOST_POINTS = 1_500
NEIGHBOURS, FEWEST_NEIGHBOURS = 0.03, 10  # share of all points that count as a point's surroundings, at least so many
ROUNDS = 5

Matrix = npt.NDArray[np.float64]


def thinned(points: Matrix) -> Matrix:
    """At most ``MOST_POINTS`` of the points, evenly spaced."""
    return np.asarray(points[np.linspace(0, len(points) - 1, min(len(points), MOST_POINTS)).astype(int)])


def estimate(points: Matrix, least: int, most: int) -> int:
    """The number of clusters in ``[least, most]`` by the largest eigengap; never more than there are points.

    The eigenvalues are those of the normalised Laplacian of a neighbourhood graph whose distances are scaled by each
    point's own surroundings, so that no threshold depends on the recording. k clusters that hardly touch give k
    eigenvalues near 0, and the gap after them is the widest.
    """
    seen = thinned(points)
    n = len(seen)
    most = min(most, n)
    if most <= least or n < 4:
        return max(1, min(least, n))
    squares = _square_distances(seen, seen)
    surroundings = np.sort(squares, axis=1)[:, min(n - 1, max(FEWEST_NEIGHBOURS, int(NEIGHBOURS * n)))]
    scale = np.sqrt(np.outer(surroundings, surroundings))
    affinity = np.exp(-squares / np.maximum(scale, 1e-12))
    np.fill_diagonal(affinity, 0.0)
    degrees = 1 / np.sqrt(np.maximum(affinity.sum(1), 1e-12))
    values = np.sort(1 - np.linalg.eigvalsh(degrees[:, None] * affinity * degrees))
    gaps = np.diff(np.append(values, 1.0))[least - 1 : most]
    return least + int(gaps.argmax())


def centres(points: Matrix, weights: npt.NDArray[np.float64], count: int) -> Matrix:
    """(k, d) centres, k <= ``count``: Ward's tree cut into ``count`` clusters, settled by a few rounds of k-means."""
    from sklearn.cluster import AgglomerativeClustering

    seen = thinned(points)
    count = min(count, len(seen))
    if count == 1:
        return np.average(points, axis=0, weights=weights)[None]
    labels = AgglomerativeClustering(count, linkage="ward").fit_predict(seen)
    found = np.stack([seen[labels == label].mean(0) for label in range(count)])
    for _ in range(ROUNDS):
        nearest = _square_distances(points, found).argmin(1)
        found = np.stack(
            [
                np.average(points[nearest == i], axis=0, weights=weights[nearest == i]) if (nearest == i).any() else old
                for i, old in enumerate(found)
            ]
        )
    return found


def closeness(points: Matrix, found: Matrix) -> Matrix:
    """(n, k): minus the square distance to each centre, in units of the usual distance to the nearest."""
    squares = _square_distances(points, found)
    usual = float(np.median(squares.min(1)))
    return np.asarray(-squares / max(usual, 1e-12))


def _square_distances(points: Matrix, others: Matrix) -> Matrix:
    squares = (points**2).sum(1)[:, None] + (others**2).sum(1) - 2 * points @ others.T
    return np.asarray(np.maximum(0.0, squares))
