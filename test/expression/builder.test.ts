import { describe, expect, test } from 'vitest';
import { ExpressionBuilder, operationCount, reachable } from '../../src/expression/mod.js';

function setUp() {
  const builder = new ExpressionBuilder();
  const [x, y] = [builder.coordinate(0), builder.coordinate(1)];
  const [a, t] = [builder.parameter('a'), builder.symbol({ kind: 'time' })];
  const number = (value: number) => builder.constant(value);
  return { builder, x, y, a, t, number };
}

describe('hash-consing', () => {
  test('equal expressions are one object, also with commuted operands', () => {
    const { builder, x, y } = setUp();
    expect(builder.add(x, y)).toBe(builder.add(y, x));
    expect(builder.multiply(x, y)).toBe(builder.multiply(y, x));
    expect(builder.call('equal', x, y)).toBe(builder.call('equal', y, x));
    expect(builder.subtract(x, y)).not.toBe(builder.subtract(y, x));
    expect(builder.call('exp', builder.add(x, y))).toBe(builder.exp(builder.add(y, x)));
  });

  test('stays correct while its table grows', () => {
    const { builder, x } = setUp();
    const made = Array.from({ length: 20_000 }, (_, i) => builder.add(x, builder.constant(i + 1)));
    expect(new Set(made).size).toBe(20_000);
    made.forEach((node, i) => expect(builder.add(x, builder.constant(i + 1))).toBe(node));
  });

  test('arguments have smaller ids, and flags say what a node depends on', () => {
    const { builder, x, a, t } = setUp();
    const e = builder.add(builder.multiply(a, t), builder.exp(x));
    for (const node of reachable([e])) {
      if (node.kind === 'call')
        for (const argument of node.arguments) expect(argument.id).toBeLessThan(node.id);
    }
    expect(e).toMatchObject({ varies: true, timeDependent: true });
    expect(builder.multiply(a, a)).toMatchObject({ varies: false, timeDependent: false });
    expect(builder.symbol({ kind: 'step', name: 'temperature' })).toMatchObject({
      varies: false,
      timeDependent: true,
    });
  });

  test('-0 is 0, NaN is refused, two builders do not mix', () => {
    const { builder, x } = setUp();
    expect(builder.constant(-0)).toBe(builder.constant(0));
    expect(Object.is(new ExpressionBuilder().constant(-0).value, 0)).toBe(true);
    expect(() => builder.constant(Number.NaN)).toThrow(RangeError);
    expect(() => new ExpressionBuilder().exp(x)).toThrow(TypeError);
    expect(() => builder.call('add', x)).toThrow('add takes 2 arguments, not 1');
  });

  test('a value that is not finite is not folded', () => {
    const { builder, number } = setUp();
    expect(builder.divide(number(1), number(0)).kind).toBe('call');
    expect(builder.divide(number(0), number(0)).kind).toBe('call');
    expect(builder.call('log', number(-1)).kind).toBe('call');
    expect(builder.power(number(0), number(-1)).kind).toBe('call');
  });

  test('makes 50 000 nodes without storing more than asked for', () => {
    const { builder, x } = setUp();
    const before = builder.size;
    let sum = builder.constant(0) as ReturnType<typeof builder.add>;
    for (let i = 0; i < 25_000; i++) sum = builder.add(builder.multiply(builder.parameter('p', i), x), sum);
    expect(builder.size - before).toBe(1 + 3 * 25_000 - 1);
    expect(operationCount([sum])).toBe(25_000 + 24_999);
  });
});

describe('identities', () => {
  test('neutral and absorbing elements', () => {
    const { builder: b, x, number } = setUp();
    expect(b.add(x, number(0))).toBe(x);
    expect(b.multiply(number(1), x)).toBe(x);
    expect(b.multiply(x, number(0))).toBe(number(0));
    expect(b.subtract(x, x)).toBe(number(0));
    expect(b.divide(x, number(1))).toBe(x);
    expect(b.power(x, number(1))).toBe(x);
    expect(b.power(x, number(0))).toBe(number(1));
    expect(b.where(number(1), x, number(2))).toBe(x);
    expect(b.minimum(x, x)).toBe(x);
  });

  test('signs move outwards and cancel', () => {
    const { builder: b, x, y, number } = setUp();
    expect(b.negate(b.negate(x))).toBe(x);
    expect(b.add(x, b.negate(y))).toBe(b.subtract(x, y));
    expect(b.subtract(x, b.negate(y))).toBe(b.add(x, y));
    expect(b.negate(b.subtract(x, y))).toBe(b.subtract(y, x));
    expect(b.multiply(b.negate(x), b.negate(y))).toBe(b.multiply(x, y));
    expect(b.multiply(number(-1), x)).toBe(b.negate(x));
    expect(b.add(x, number(-2))).toBe(b.subtract(x, number(2)));
    expect(b.call('absolute', b.negate(x))).toBe(b.call('absolute', x));
  });

  test('constants fold, constants and uniform factors gather', () => {
    const { builder: b, x, a, number } = setUp();
    expect(b.multiply(number(0.5), b.multiply(x, number(2)))).toBe(x);
    expect(b.multiply(a, b.multiply(b.parameter('h'), x))).toBe(
      b.multiply(b.multiply(a, b.parameter('h')), x),
    );
    expect(b.multiply(number(1e200), b.multiply(number(1e200), x))).toMatchObject({
      kind: 'call',
      varies: true,
    });
    expect(b.add(number(2), number(3))).toBe(number(5));
    expect(b.call('less', number(1), number(2))).toBe(number(1));
    expect(b.call('sigmoid', number(0))).toBe(number(0.5));
  });

  test('small integer powers are products, halves are roots', () => {
    const { builder: b, x, number } = setUp();
    expect(b.power(x, number(2))).toBe(b.multiply(x, x));
    expect(operationCount([b.power(x, number(16))])).toBe(4);
    expect(operationCount([b.power(x, number(15))])).toBe(6);
    expect(b.power(x, number(-2))).toBe(b.divide(number(1), b.multiply(x, x)));
    expect(b.power(x, number(0.5))).toBe(b.squareRoot(x));
    expect(b.power(x, number(17))).toMatchObject({ operator: 'power' });
    expect(b.power(x, number(1.5))).toMatchObject({ operator: 'power' });
    expect(b.power(number(2), number(10))).toBe(number(1024));
  });
});

describe('substitution', () => {
  test('replaces symbols and simplifies', () => {
    const { builder: b, x, y, a, number } = setUp();
    const e = b.multiply(a, b.add(x, y));
    expect(b.substitute(e, new Map([[a, number(1)]]))).toBe(b.add(x, y));
    expect(b.substitute(e, new Map([[x, y]]))).toBe(b.multiply(a, b.add(y, y)));
    expect(b.substitute(e, () => undefined)).toBe(e);
  });

  test('toSide moves node and parameter symbols only', () => {
    const { builder: b, x, a } = setUp();
    const node = b.symbol({ kind: 'node', side: 'source' });
    const moved = b.toSide(b.add(b.multiply(a, x), node), 'target');
    const target = b.parameter('a', 0, 'target');
    expect(moved).toBe(b.add(b.multiply(target, x), b.symbol({ kind: 'node', side: 'target' })));
    expect(b.toSide(moved, 'source')).toBe(b.add(b.multiply(a, x), node));
  });
});
