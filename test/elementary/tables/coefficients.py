"""Near-minimax polynomial coefficients of src/elementary (development only; needs python3-mpmath).

It is the record of where the literals in src/elementary come from. It is not part of the build and not run by the
tests. A weighted Remez exchange on a dense Chebyshev grid, in 60 digits:

    python3 coefficients.py [name ...]

prints, for each polynomial, the coefficients (lowest degree first), rounded to the precision they are used in, and the
largest weighted error of the rounded polynomial.
"""
import struct
import sys

from mpmath import mp, mpf, matrix, lu_solve, pi, log, sqrt, exp, cos, sin, atan, atanh, erf, erfc, expm1, log1p, tan

mp.dps = 60


def remez(f, weight, low, high, degree, points=500, rounds=40):
    """Minimises max |weight(x) (f(x) - p(x))| over a Chebyshev grid of [low, high]."""
    low, high = mpf(low), mpf(high)
    grid = [(low + high) / 2 - (high - low) / 2 * cos(pi * (2 * i + 1) / (2 * points)) for i in range(points)]
    values = [f(x) for x in grid]
    weights = [abs(weight(x)) for x in grid]
    n = degree + 2
    reference = [(points - 1) * i // (n - 1) for i in range(n)]
    center, half = (low + high) / 2, (high - low) / 2
    for _ in range(rounds):
        a, b = matrix(n, n), matrix(n, 1)
        for row, i in enumerate(reference):
            u = (grid[i] - center) / half
            for j in range(degree + 1):
                a[row, j] = u**j
            a[row, degree + 1] = (-1) ** row / weights[i] if weights[i] else mpf(10) ** 40
            b[row] = values[i]
        c = lu_solve(a, b)
        scaled = [c[j] for j in range(degree + 1)]
        error = []
        for i, x in enumerate(grid):
            u, s = (x - center) / half, mpf(0)
            for q in reversed(scaled):
                s = s * u + q
            error.append((values[i] - s) * weights[i])
        extrema, start = [], 0
        for i in range(1, points + 1):
            if i == points or (error[i] > 0) != (error[start] > 0):
                extrema.append(max(range(start, i), key=lambda k: abs(error[k])))
                start = i
        while len(extrema) > n:
            extrema.pop(0 if abs(error[extrema[0]]) < abs(error[extrema[-1]]) else -1)
        if len(extrema) < n or extrema == reference:
            break
        reference = extrema
    # back to powers of x
    result = [mpf(0)] * (degree + 1)
    power = [mpf(1)]
    for q in scaled:
        for j, v in enumerate(power):
            result[j] += q * v
        power = [((power[j - 1] if j else 0) - (center * power[j] if j < len(power) else 0)) / half
                 for j in range(len(power) + 1)]
    return result, grid, values, weights


def round_to(x, precision):
    if precision == 'f32':
        best = struct.unpack('f', struct.pack('f', float(x)))[0]
        for digits in range(6, 12):
            text = f'{best:.{digits}g}'
            if struct.unpack('f', struct.pack('f', float(text)))[0] == best:
                return best, text
    return float(x), repr(float(x))


def show(name, precision, f, weight, low, high, degree):
    c, grid, values, weights = remez(f, weight, low, high, degree)
    rounded = [round_to(q, precision) for q in c]
    worst = mpf(0)
    for x, v, w in zip(grid, values, weights):
        s = mpf(0)
        for q, _ in reversed(rounded):
            s = s * x + mpf(q)
        worst = max(worst, abs((v - s) * w))
    print(f'{name} {precision} degree {degree} on [{mp.nstr(low, 6)}, {mp.nstr(high, 6)}]'
          f' weighted error {mp.nstr(worst, 4)} = 2^{mp.nstr(log(worst) / log(2), 4)}')
    print('  [' + ', '.join(text for _, text in rounded) + ']', flush=True)


E = log(mpf(2)) / 2 * mpf('1.0002')
Z = ((sqrt(mpf(2)) - 1) / (sqrt(mpf(2)) + 1)) ** 2 * mpf('1.0002')
# Next to a boundary n may be the neighbour of the nearest integer: |r| reaches pi/4 + 0.009 for f32 at |x| = 1e5.
Q = {'f32': mpf('0.796') ** 2, 'f64': (pi / 4 * mpf('1.0002')) ** 2}
T = tan(pi / 8) ** 2 * mpf('1.0002')
TINY = mpf(10) ** -12
B = mpf('0.9')


def odd(f):
    """(f(t) - t) / t^3 as a function of z = t^2."""
    return lambda z: (f(sqrt(z)) / sqrt(z) - 1) / z


def at(x):
    return x if abs(x) > TINY else TINY


# -ln u = (C1 - k C2) + r P(r), error relative to -ln u. Where r < 0 the worst case is k = 31 (the bracket is 0), where
# r > 0 it is k = 30, for u <= 1; there the bracket is off by BRACKET, which P can make up for at the far end.
BRACKET = mpf(363409) / 2**19 - log(mpf(2))


def noise_logarithm(r):
    r = at(r)
    return -(log1p(r) + (BRACKET * (r / mpf('0.4142')) if r > 0 else 0)) / r


def noise_weight(r):
    r = at(r)
    return r / log1p(r) if r < 0 else r / (log(mpf(2)) - log1p(r))


JOBS = {
    # e^r - 1 = r + r^2 Q(r); error relative to e^r - 1
    'exp': lambda p, d: show('exp', p, lambda r: (expm1(at(r)) - at(r)) / at(r) ** 2, lambda r: r, -E, E, d),
    'log': lambda p, d: show('log', p, lambda z: (2 * atanh(sqrt(z)) / sqrt(z) - 2) / z, lambda z: z / 2, 0, Z, d),
    'sin': lambda p, d: show('sin', p, odd(sin), lambda z: z, 0, Q[p], d),
    'cos': lambda p, d: show('cos', p, lambda z: (cos(sqrt(z)) - 1 + z / 2) / z**2, lambda z: z * z, 0, Q[p], d),
    'atan': lambda p, d: show('atan', p, odd(atan), lambda z: z, 0, T, d),
    'erf': lambda p, d: show('erf', p, lambda z: erf(sqrt(z)) / sqrt(z) - 1, lambda z: 1, 0, mpf('0.9252') ** 2, d),
    # -ln erfc(t) = t + t P(t); error relative to erf(t)
    'erfc': lambda p, d: show('erfc', p, lambda t: -log(erfc(t)) / t - 1, lambda t: erfc(t) * t / erf(t), B,
                              mpf(4) if p == 'f32' else mpf(6), d),
    # log m = 2 s + (2/3) s^3 + s^5 P(s^2)
    'power': lambda p, d: show('power', p, lambda z: (2 * atanh(sqrt(z)) / sqrt(z) - 2 - 2 * z / 3) / z**2,
                               lambda z: z * z / 2, 0, Z, d),
    'noise-log': lambda p, d: show('noise-log', p, noise_logarithm, noise_weight, sqrt(mpf(1) / 2) - 1, sqrt(mpf(2)) - 1, d),
    'noise-sin': lambda p, d: show('noise-sin', p, lambda z: sin(pi / 4 * sqrt(z)) / sqrt(z), lambda z: sqrt(z), 0, 1, d),
    'noise-cos': lambda p, d: show('noise-cos', p, lambda z: cos(pi / 4 * sqrt(z)), lambda z: 1, 0, 1, d),
}

USED = [
    ('exp', 'f32', 4), ('exp', 'f64', 9),
    ('log', 'f32', 2), ('log', 'f64', 6),
    ('sin', 'f32', 2), ('sin', 'f64', 5),
    ('cos', 'f32', 2), ('cos', 'f64', 5),
    ('atan', 'f32', 3), ('atan', 'f64', 10),
    ('erf', 'f32', 5), ('erf', 'f64', 11),
    ('erfc', 'f32', 6), ('erfc', 'f64', 18),
    ('power', 'f32', 2), ('power', 'f64', 6),
    ('noise-log', 'f32', 6),
    ('noise-sin', 'f32', 2), ('noise-cos', 'f32', 3),
]

if __name__ == '__main__':
    if len(sys.argv) == 4:
        JOBS[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
    else:
        for name, precision, degree in USED:
            JOBS[name](precision, degree)
