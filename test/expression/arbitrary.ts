// Random formulas for property tests. No tests here.

import fc from 'fast-check';

// Coordinates several times, so that most formulas vary.
const leaves = [
  'x',
  'x',
  'x',
  'x',
  'y',
  'y',
  'y',
  'y',
  'x[1]',
  'a',
  'b',
  'h',
  'z[0]',
  'z[2]',
  't',
  'node',
  'v[2]',
  'A[1,0]',
  '2',
  '0.5',
  '3',
  '1e-3',
  'pi',
  '0',
  '1',
];
const smooth = [
  'exp',
  'sin',
  'cos',
  'tanh',
  'atan',
  'sigmoid',
  'softplus',
  'erf',
  'sinh',
  'cosh',
  'tan',
  'expm1',
];
const rough = ['abs', 'floor', 'sign', 'sqrt', 'log', 'log1p'];

/**
 * Text of a random formula in the example context (contexts.ts); with `rough`, kinks, jumps and domain edges
 * too.
 */
export function formulas(options: { rough: boolean }): fc.Arbitrary<string> {
  const functions = options.rough ? [...smooth, ...rough] : smooth;
  const { formula } = fc.letrec<{ formula: string }>((tie) => ({
    formula: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(...leaves),
      fc
        .tuple(fc.constantFrom('+', '-', '*', '*', '+', '/'), tie('formula'), tie('formula'))
        .map(([sign, a, b]) => (sign === '/' ? `(${a})/(1.5 + (${b})^2)` : `(${a})${sign}(${b})`)),
      fc
        .tuple(tie('formula'), fc.constantFrom('2', '3', '4', '-2', '0.5'))
        .map(([a, n]) => (Number(n) === 0.5 || Number(n) < 0 ? `(1.2 + (${a})^2)^${n}` : `(${a})^${n}`)),
      fc.tuple(fc.constantFrom(...functions), tie('formula')).map(([name, a]) => `${name}(${a})`),
      tie('formula').map((a) => `-(${a})`),
      fc
        .tuple(fc.constantFrom('min', 'max', 'atan2'), tie('formula'), tie('formula'))
        .map(([name, a, b]) => `${name}(${a}, ${b})`),
      fc
        .tuple(fc.constantFrom('<', '<=', '>', '>='), tie('formula'), tie('formula'), tie('formula'))
        .map(([sign, a, b, c]) => `where(${a} ${sign} ${b}, ${b}, ${c})`),
      ...(options.rough
        ? [
            fc
              .tuple(fc.constantFrom('and', 'or', '==', '!='), tie('formula'), tie('formula'))
              .map(([sign, a, b]) => `((${a}) ${sign} (${b}))`),
            tie('formula').map((a) => `(not (${a}))`),
            fc.tuple(tie('formula'), tie('formula')).map(([a, b]) => `(${a})^(${b})`),
          ]
        : []),
    ),
  }));
  return formula;
}

/** Random sums of products, mostly of low degree: what canonicalForm is made for. */
export function polynomials(): fc.Arbitrary<string> {
  const { formula } = fc.letrec<{ formula: string }>((tie) => ({
    formula: fc.oneof(
      { depthSize: 'medium', withCrossShrink: true },
      fc.constantFrom(
        'x',
        'x',
        'y',
        'y',
        'a',
        'b',
        'h',
        'z[1]',
        '2',
        '0.5',
        '-3',
        'exp(x)',
        'cos(y-a)',
        't',
        'sin(b)',
      ),
      fc
        .tuple(fc.constantFrom('+', '-', '*'), tie('formula'), tie('formula'))
        .map(([s, a, b]) => `(${a})${s}(${b})`),
      tie('formula').map((a) => `(${a})^2`),
      tie('formula').map((a) => `-(${a})`),
      fc
        .tuple(tie('formula'), fc.constantFrom('2', '(2*s2)', '(1+a^2)', '(1+x^2)'))
        .map(([a, b]) => `(${a})/${b}`),
    ),
  }));
  return formula;
}
