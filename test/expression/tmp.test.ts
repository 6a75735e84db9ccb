import { test } from 'vitest';
import { regression } from './contexts.js';
import { parseFormula, canonicalForm, cheapest, gradient, operationCount, canonicalTerms, print, compileTape } from '../../src/expression/mod.js';
test('measure', () => {
  for (let k = 0; k < 6; k++) {
    const { context, formula } = regression(442, 10);
    const b = context.builder;
    const t0 = performance.now();
    const v = parseFormula(formula, context);
    const t1 = performance.now();
    const c = canonicalForm(b, v);
    const t2 = performance.now();
    const g = gradient(b, c, 10).map((e) => cheapest(b, e));
    const t3 = performance.now();
    const gv = gradient(b, v, 10);
    const t4 = performance.now();
    const gvc = gv.map((e) => cheapest(b, e));
    const t5 = performance.now();
    const dv = canonicalForm(b, b.subtract(b.toSide(v, 'target'), v));
    const t6 = performance.now();
    const dv2 = canonicalForm(b, b.subtract(b.toSide(c, 'target'), c));
    const t7 = performance.now();
    console.log('size', b.size, 'parse', t1-t0, 'canon', t2-t1, 'grad(canon)', t3-t2, 'grad(v)', t4-t3, 'cheapest', t5-t4, 'dV raw', t6-t5, 'dV canon', t7-t6,
      operationCount([v]), operationCount([c]), operationCount([c, ...g]), operationCount(gv), operationCount(gvc), operationCount([dv]), operationCount([dv2]), canonicalTerms(b, dv)?.length);
    if (k === 5) { console.log(print(g[9]!).slice(0, 1500)); }
    void compileTape;
  }
});
