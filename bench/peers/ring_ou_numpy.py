"""The model `ring-ou` in NumPy, as somebody who knows NumPy well would write it. See README.md in this folder.

    /usr/bin/python3 ring_ou_numpy.py PARTICLES STEPS SEED [BLOCK]

Structure of arrays, f32 throughout, node parameters gathered from tables, every operation in place, and the particles
taken in blocks that stay in the second-level cache (measured: blocks of 4k, 8k and 16k 30, 28 and 28 ns per
particle-step, of 32k and 64k 26, no blocks at all 28). BLOCK 0 takes the
arrays whole, as vectorised NumPy is commonly written. Prints one line of JSON.
"""

import json
import sys
import time

import numpy as np

NODES = 8
WEIGHT = np.float32(1.0)
DT = np.float32(0.01)
NOISE = np.float32(np.sqrt(2 * 1.0 * 0.01))  # sqrt(2 T dt), T = 1
BLOCK = 32768

_g = np.arange(NODES)
_cx = 2 * np.cos(2 * np.pi * _g / NODES)
_cy = 2 * np.sin(2 * np.pi * _g / NODES)
_v0 = 0.5 * (_cx**2 + _cy**2) + 0.25 * _g  # V(0, g)


def _rate_table(shift):
    """q(x; g -> g + shift) = exp(a x + b y + c): V is quadratic with the same curvature on all nodes, it cancels."""
    to = (_g + shift) % NODES
    a = 0.5 * (_cx[to] - _cx)
    b = 0.5 * (_cy[to] - _cy)
    c = -0.5 * (_v0[to] - _v0) + np.log(WEIGHT)
    return tuple(t.astype(np.float32) for t in (a, b, c))


UP = _rate_table(+1)
DOWN = _rate_table(-1)
PULL_X = (DT * _cx).astype(np.float32)
PULL_Y = (DT * _cy).astype(np.float32)
KEEP = np.float32(1) - DT


def evaluate_rate(table, x, y, node, out, tmp):
    """out = exp(a[node] x + b[node] y + c[node])"""
    a, b, c = table
    a.take(node, out=out, mode="clip")  # mode 'clip' is the one that fills `out` without a buffer
    out *= x
    b.take(node, out=tmp, mode="clip")
    tmp *= y
    out += tmp
    c.take(node, out=tmp, mode="clip")
    out += tmp
    np.exp(out, out=out)


def step_block(rng, x, y, node, scratch):
    n = len(x)
    r0, r1, r2, r3 = (f[:n] for f in scratch)

    # Euler-Maruyama: x += -dt (x - c) + sqrt(2 T dt) xi
    for position, pull in ((x, PULL_X), (y, PULL_Y)):
        rng.standard_normal(dtype=np.float32, out=r0)
        r0 *= NOISE
        pull.take(node, out=r1, mode="clip")
        r0 += r1
        position *= KEEP
        position += r0

    # Jump with probability 1 - exp(-(up + down) dt), to a neighbour chosen by its rate.
    evaluate_rate(UP, x, y, node, r0, r2)
    evaluate_rate(DOWN, x, y, node, r1, r2)
    np.add(r0, r1, out=r1)
    np.multiply(r1, -DT, out=r2)
    np.exp(r2, out=r2)
    rng.random(dtype=np.float32, out=r3)
    jumpers = np.flatnonzero(r3 >= r2)
    ups = rng.random(len(jumpers), dtype=np.float32) * r1[jumpers] < r0[jumpers]
    node[jumpers] = (node[jumpers] + np.where(ups, 1, NODES - 1)) % NODES


def run(rng, state, steps, size):
    x, y, node = state
    n = len(x)
    size = min(size or n, n)
    scratch = [np.empty(size, np.float32) for _ in range(4)]
    for _ in range(steps):
        for start in range(0, n, size):
            block = slice(start, start + size)
            step_block(rng, x[block], y[block], node[block], scratch)


def initial(rng, n):
    """x ~ N(0, 1), masses uniform."""
    x = rng.standard_normal(n, dtype=np.float32)
    y = rng.standard_normal(n, dtype=np.float32)
    node = np.arange(n, dtype=np.intp) % NODES  # intp: `take` would convert any other index at every call
    return x, y, node


def main():
    particles, steps, seed = (int(a) for a in sys.argv[1:4])
    size = int(sys.argv[4]) if len(sys.argv) > 4 else BLOCK
    rng = np.random.default_rng(seed)
    run(rng, initial(rng, particles), 3, size)  # warm up on a state that is thrown away
    state = initial(rng, particles)
    start, cpu_start = time.perf_counter(), time.process_time()
    run(rng, state, steps, size)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    masses = np.bincount(state[2], minlength=NODES) / particles
    print(
        json.dumps(
            {
                "tool": "numpy",
                "version": f"NumPy {np.__version__}, Python {sys.version.split()[0]}",
                "particles": particles,
                "steps": steps,
                "seconds": seconds,
                "cpuSeconds": cpu_seconds,
                "particleStepsPerSecond": particles * steps / seconds,
                "masses": masses.tolist(),
            }
        )
    )


if __name__ == "__main__":
    main()
