"""High-precision tables for the tests of src/elementary (development only; needs python3-mpmath).

    python3 generate.py [--scale 1] [--out .] [name ...]

writes one JSON file a function with, for both precisions, inputs and true values. It is not run by the tests and knows
nothing of the implementation. A row is `x expected offset` (binary functions: `x y expected offset`): bit patterns in
hexadecimal, `expected` the nearest number of the precision and `offset` what it misses, in hundredths of its ulp, from
50-digit arithmetic. Rows are joined by commas, several to a string. Only rows with a finite, normal expected value are
written; limits, signs of zero, overflow and NaN are the business of the property tests.
"""
import argparse
import json
import os
import random
import struct

from mpmath import mp, mpf
import mpmath

mp.dps = 50
LN2 = 0.6931471805599453
PI = 3.141592653589793


class Format:
    def __init__(self, name, code, integer, bits, lowest):
        self.name, self.code, self.integer, self.bits, self.lowest = name, code, integer, bits, lowest
        self.largest = (2 - mpf(2) ** (1 - bits)) * mpf(2) ** (-lowest + 1)
        self.digits = 2 * struct.calcsize(code)

    def round(self, x):
        try:
            return struct.unpack(self.code, struct.pack(self.code, x))[0]
        except OverflowError:
            return float('inf')

    def hex(self, x):
        return format(struct.unpack(self.integer, struct.pack(self.code, x))[0], f'0{self.digits}x')

    def step(self, x, n):
        """The n-th neighbour of x > 0."""
        i = struct.unpack(self.integer, struct.pack(self.code, x))[0]
        return struct.unpack(self.code, struct.pack(self.integer, i + n))[0]

    def nearest(self, x):
        """x as (number of the precision, offset in hundredths of its ulp); x within the normal range."""
        mantissa, exponent = mpmath.frexp(x)
        scaled = mpmath.ldexp(mantissa, self.bits)
        whole = mpmath.nint(scaled)
        return float(mpmath.ldexp(whole, int(exponent) - self.bits)), int(mpmath.nint((scaled - whole) * 100))


F32 = Format('f32', '>f', '>I', 24, -126)
F64 = Format('f64', '>d', '>Q', 53, -1022)

# Where exp may flush to zero.
FLUSH = mpf(2) ** mpf('0.51')


def uniform(rng, low, high, count):
    return [rng.uniform(low, high) for _ in range(count)]


def logarithmic(rng, low, high, count, signs=(1, -1)):
    """Magnitudes 2^low to 2^high."""
    return [rng.choice(signs) * 2.0 ** rng.uniform(low, high) for _ in range(count)]


def around(fmt, centers, steps=(0, 1, 2, 3, 10)):
    """Neighbours of positive centres, and their negatives."""
    out = []
    for c in centers:
        c = fmt.round(c)
        for s in steps:
            out += [fmt.step(c, s), fmt.step(c, -s), -fmt.step(c, s), -fmt.step(c, -s)]
    return out


def inputs_exp(fmt, rng, n):
    top = 88.7228 if fmt is F32 else 709.7827
    bottom = -86.98 if fmt is F32 else -708.05
    return (uniform(rng, bottom, top, n) + uniform(rng, -1, 1, n) + uniform(rng, top - 1, top, n // 8)
            + logarithmic(rng, -30 if fmt is F32 else -60, 0, n // 4)
            + around(fmt, [(k + 0.5) * LN2 for k in range(0, 120, 6)] + [k * LN2 for k in range(1, 120, 12)], (0, 1, 2)))


def inputs_log(fmt, rng, n):
    low = -149 if fmt is F32 else -1074
    return [abs(x) for x in uniform(rng, 0.5, 2, n) + logarithmic(rng, low, 1 - fmt.lowest, n // 2, (1,))
            + logarithmic(rng, low, fmt.lowest, n // 16, (1,))
            + [1 + x for x in logarithmic(rng, -fmt.bits, -1, n // 2)]
            + around(fmt, [2.0**k for k in (-3, -1, 0, 1, 2, 60)] + [2.0 ** (k + 0.5) for k in (-3, -2, -1, 0, 1, 40)])]


def inputs_log1p(fmt, rng, n):
    return ([x for x in logarithmic(rng, -40 if fmt is F32 else -80, 0, n) if x > -1] + uniform(rng, -0.999, 3, n)
            + logarithmic(rng, 0, 120 if fmt is F32 else 1000, n // 2, (1,))
            + [-1 + 2.0 ** rng.uniform(-fmt.bits, -1) for _ in range(n // 4)]
            + [x for x in around(fmt, [0.41421356, 0.29289322, 1.8284271, 4.6568542]) if x > -1])


def inputs_trigonometric(fmt, rng, n):
    top = 1e5 if fmt is F32 else 1e8
    return (uniform(rng, -8, 8, n) + logarithmic(rng, -20 if fmt is F32 else -40, 3, n // 4)
            + uniform(rng, -top, top, n // 2) + logarithmic(rng, 3, 16 if fmt is F32 else 26, n // 2)
            + around(fmt, [k * PI / 4 for k in list(range(1, 17)) + [101, 1002, 30001]], (0, 1, 2)))


def inputs_atan(fmt, rng, n):
    return (uniform(rng, -3, 3, n) + logarithmic(rng, -30, 30, n)
            + around(fmt, [0.41421356237, 1, 2.41421356237, 1e10], (0, 1, 2, 7)))


def inputs_hyperbolic(top32, top64):
    def inputs(fmt, rng, n):
        top = top32 if fmt is F32 else top64
        return (uniform(rng, -top, top, n // 2) + uniform(rng, -3, 3, n) + uniform(rng, -1, 1, n // 2)
                + logarithmic(rng, -30 if fmt is F32 else -60, 0, n // 3) + uniform(rng, top * 0.99, top, n // 16)
                + around(fmt, [(k + 0.5) * LN2 / 2 for k in range(0, 8)], (0, 1)))
    return inputs


def inputs_erf(fmt, rng, n):
    top = 4.2 if fmt is F32 else 6.2
    return (uniform(rng, -top, top, n) + uniform(rng, -1.5, 1.5, n) + logarithmic(rng, -30, 0, n // 4)
            + around(fmt, [0.925], (0, 1, 2, 3, 4, 5, 6)))


def inputs_logistic(fmt, rng, n):
    top = 86.9 if fmt is F32 else 708
    return (uniform(rng, -top, top, n) + uniform(rng, -3, 3, n) + logarithmic(rng, -30, 2, n // 4)
            + uniform(rng, -40, 40, n // 4))


def inputs_atan2(fmt, rng, n):
    edge = 120 if fmt is F32 else 1000
    pairs = list(zip(uniform(rng, -2, 2, n), uniform(rng, -2, 2, n)))
    pairs += list(zip(logarithmic(rng, -20, 20, n // 2), logarithmic(rng, -20, 20, n // 2)))
    pairs += list(zip(logarithmic(rng, edge, edge + 7.9, n // 4), logarithmic(rng, edge, edge + 7.9, n // 4)))
    return pairs


def inputs_power(fmt, rng, n):
    limit = 126 if fmt is F32 else 1022
    pairs = list(zip(uniform(rng, 0, 20, n), uniform(rng, -20, 20, n)))
    for _ in range(n):  # results near the limits
        x = 2.0 ** rng.uniform(-limit, limit)
        pairs.append((x, rng.uniform(-1, 1) * limit * LN2 / abs(mpmath.log(x))))
    for _ in range(n // 2):  # x near 1, large y
        x = 1 + rng.choice((1, -1)) * 2.0 ** rng.uniform(-fmt.bits + 4, -2)
        pairs.append((x, rng.uniform(-1, 1) * limit * LN2 / abs(mpmath.log(fmt.round(x)))))
    for _ in range(n // 4):  # negative x, whole y
        pairs.append((-(2.0 ** rng.uniform(-4, 4)), float(rng.randint(-25, 25))))
    return [(x, float(y)) for x, y in pairs if x != 1]


def softplus(x):
    return mpmath.log1p(mpmath.exp(x)) if x < 60 else x + mpmath.log1p(mpmath.exp(-x))


TRIGONOMETRIC = inputs_trigonometric
# name: (true function, inputs, n for f32, n for f64)
FUNCTIONS = {
    'exp': (mpmath.exp, inputs_exp, 500, 300),
    'expm1': (mpmath.expm1, inputs_exp, 500, 300),
    'log': (mpmath.log, inputs_log, 600, 450),
    'log1p': (mpmath.log1p, inputs_log1p, 500, 350),
    'sin': (mpmath.sin, TRIGONOMETRIC, 500, 300),
    'cos': (mpmath.cos, TRIGONOMETRIC, 500, 300),
    'tan': (mpmath.tan, TRIGONOMETRIC, 500, 300),
    'atan': (mpmath.atan, inputs_atan, 700, 500),
    'sinh': (mpmath.sinh, inputs_hyperbolic(89.4, 710.4), 600, 450),
    'cosh': (mpmath.cosh, inputs_hyperbolic(89.4, 710.4), 600, 450),
    'tanh': (mpmath.tanh, inputs_hyperbolic(12, 24), 600, 450),
    'erf': (mpmath.erf, inputs_erf, 700, 500),
    'sigmoid': (lambda x: 1 / (1 + mpmath.exp(-x)), inputs_logistic, 600, 450),
    'softplus': (softplus, inputs_logistic, 600, 450),
    'atan2': (mpmath.atan2, inputs_atan2, 600, 450),
    'power': (mpmath.power, inputs_power, 500, 350),
}


def rows(name, fmt, scale):
    function, inputs, n32, n64 = FUNCTIONS[name]
    rng = random.Random(f'{name} {fmt.name}')
    out, seen = [], set()
    for x in inputs(fmt, rng, int((n32 if fmt is F32 else n64) * scale)):
        arguments = tuple(fmt.round(v) for v in (x if isinstance(x, tuple) else (x,)))
        if arguments in seen or any(v == 0 or abs(v) == float('inf') for v in arguments):
            continue
        seen.add(arguments)
        # The first argument of atan2 is y.
        value = function(*(mpf(v) for v in arguments))
        if abs(value) < FLUSH * mpf(2) ** fmt.lowest or abs(value) > fmt.largest:
            continue
        expected, offset = fmt.nearest(value)
        out.append(' '.join([fmt.hex(v) for v in arguments] + [fmt.hex(expected), str(offset)]))
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--scale', type=float, default=1)
    parser.add_argument('--out', default=os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument('names', nargs='*')
    options = parser.parse_args()
    for name in options.names or FUNCTIONS:
        table = {}
        for fmt in (F32, F64):
            all_rows = rows(name, fmt, options.scale)
            table[fmt.name] = [','.join(all_rows[i:i + 12]) for i in range(0, len(all_rows), 12)]
        with open(os.path.join(options.out, name + '.json'), 'w') as file:
            json.dump(table, file, indent=2)
            file.write('\n')


if __name__ == '__main__':
    main()
