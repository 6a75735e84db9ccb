"""The model `ring-ou` on a grid with SciPy's sparse LU, as somebody who knows SciPy would write it. See README.md here.

    /usr/bin/python3 grid_scipy.py CELLS STEPS MODE

CELLS x CELLS cells on [-7, 7]^2 and 8 nodes, Scharfetter-Gummel fluxes, walls, implicit Euler with dt = 0.01.

MODE coupled: (1 - dt L) f' = f for transport and reaction of all nodes at once, factored once by `splu`.
MODE split:   transport of each node by an LU of its own, then the reaction in closed form along each edge, with NumPy:
              what the splitting of Wasserwerk would be with SciPy for lines and columns together.

The matrix has the sparsity of a symmetric one, hence MMD_AT_PLUS_A and no pivoting off the diagonal (an M-matrix needs
none): three times faster than the default ordering. Prints one line of JSON; factoring is timed by itself.
"""

import json
import sys
import time

import numpy as np
import scipy
import scipy.sparse as sp
from scipy.sparse.linalg import splu
from scipy.special import ndtr

NODES = 8
WEIGHT = 1.0
DT = 0.01
LOW, HIGH = -7.0, 7.0

_g = np.arange(NODES)
CX = 2 * np.cos(2 * np.pi * _g / NODES)
CY = 2 * np.sin(2 * np.pi * _g / NODES)


def bernoulli(z):
    small = np.abs(z) < 1e-8
    return np.where(small, 1 - z / 2, z / np.expm1(np.where(small, 1.0, z)))


def line(n, v, h):
    """The matrix of minus the divergence along one coordinate, where V = v + something that does not depend on it."""
    z = np.diff(v)
    right, left = bernoulli(z) / h**2, bernoulli(-z) / h**2
    out = np.zeros(n)
    out[:-1] -= right
    out[1:] -= left
    return sp.diags([right, out, left], [-1, 0, 1], format="csc")


def transport(x, h, g):
    n = len(x)
    eye = sp.identity(n, format="csc")
    ax, ay = line(n, 0.5 * (x - CX[g]) ** 2, h), line(n, 0.5 * (x - CY[g]) ** 2, h)
    return sp.kron(ax, eye, format="csc") + sp.kron(eye, ay, format="csc")


def factor(matrix):
    return splu(
        matrix.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
    )


def main():
    n, steps, mode = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    h = (HIGH - LOW) / n
    x = LOW + h * (np.arange(n) + 0.5)
    cells = n * n
    xx, yy = np.meshgrid(x, x, indexing="ij")
    v = [0.5 * ((xx - CX[g]) ** 2 + (yy - CY[g]) ** 2).ravel() + g / 4 for g in range(NODES)]
    mass = np.diff(ndtr(LOW + h * np.arange(n + 1)))
    f = np.tile(np.outer(mass, mass).ravel() / (NODES * h * h), (NODES, 1))
    f /= f.sum() * h * h

    def rates(g, to):
        """q = K exp(-dV/2), there and back."""
        half = 0.5 * (v[to] - v[g])
        return WEIGHT * np.exp(-half), WEIGHT * np.exp(half)

    edges = [(g, (g + 1) % NODES) for g in range(NODES)]
    begin, cpu = time.perf_counter(), time.process_time()
    if mode == "coupled":
        blocks = [[None] * NODES for _ in range(NODES)]
        leaving = [np.zeros(cells) for _ in range(NODES)]
        for g, to in edges:
            there, back = rates(g, to)
            leaving[g] += there
            leaving[to] += back
            blocks[to][g], blocks[g][to] = sp.diags(-DT * there), sp.diags(-DT * back)
        for g in range(NODES):
            blocks[g][g] = sp.identity(cells) - DT * transport(x, h, g) + sp.diags(DT * leaving[g])
        lu = factor(sp.bmat(blocks))
    else:
        lus = [factor(sp.identity(cells) - DT * transport(x, h, g)) for g in range(NODES)]
        shares = []
        for g, to in edges:
            there, back = rates(g, to)
            total = there + back
            relaxed = -np.expm1(-total * DT) / total
            shares.append((there * relaxed, back * relaxed))
    factor_seconds, factor_cpu = time.perf_counter() - begin, time.process_time() - cpu
    begin, cpu = time.perf_counter(), time.process_time()
    for _ in range(steps):
        if mode == "coupled":
            f = lu.solve(f.ravel()).reshape(NODES, cells)
        else:
            for g in range(NODES):
                f[g] = lus[g].solve(f[g])
            for (g, to), (there, back) in zip(edges, shares):
                net = there * f[g] - back * f[to]
                f[g] -= net
                f[to] += net
    seconds, cpu_seconds = time.perf_counter() - begin, time.process_time() - cpu
    print(
        json.dumps(
            {
                "tool": f"SciPy splu, {mode}",
                "version": f"SciPy {scipy.__version__}, NumPy {np.__version__}, Python {sys.version.split()[0]}",
                "cells": cells * NODES,
                "steps": steps,
                "factorSeconds": factor_seconds,
                "factorCpuSeconds": factor_cpu,
                "seconds": seconds,
                "cpuSeconds": cpu_seconds,
                "masses": (f.sum(axis=1) * h * h).tolist(),
            }
        )
    )


if __name__ == "__main__":
    main()
