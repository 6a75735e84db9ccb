import { test } from 'vitest';
import { loadConfig, parseConfig, STARTER_CONFIG, ConfigError } from '/work/main/src/config/mod.js';
import { buildModel } from '/work/main/src/model/mod.js';
for (const f of ['quickstart','diabetes-variable-selection','flashing-ratchet','mueller-brown','STARTER'])
test(f, () => { try {
  const t0=performance.now();
  const c = f==='STARTER'?parseConfig(STARTER_CONFIG):loadConfig(`configs/${f}.yaml`); const t1=performance.now();
  const {model,notes}=buildModel(c); console.log(f, (t1-t0).toFixed(), (performance.now()-t1).toFixed(), notes, model.graph.nodeCount, model.potentials.length, model.stepCount, model.builder.size);
 } catch(e){ console.log(e instanceof ConfigError? e.message:e); throw new Error('x') } });
for (const g of ['{hypercube: 16}','{ring: 100000}','{grid: [300,300]}'])
test(g, () => { const t0=performance.now(); const c=parseConfig(STARTER_CONFIG,{overrides:['graph='+g,'potential={formula: x^2+y^2+a, parameters: {a: sin(node)}}','time.step=0.001']}); const {model,notes}=buildModel(c); console.log(g,(performance.now()-t0).toFixed(),notes, model.graph.targets.length)});
