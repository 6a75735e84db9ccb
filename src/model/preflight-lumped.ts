// What the lumped representation asks of a config beyond its form: which mobilities go with which dynamics (mathematics, sections 4, 6
// and 7), what starts empty, what grows out of what.

import type { BuildContext } from './context.js';
import type { Model } from './model.js';
import { isDensityMobility } from './mobility.js';
import { lowestTemperature } from './temperature.js';

/** Refuses what has no meaning. Called while the model is built, also for runs that go on. */
export function refuseUnfitLumped(context: BuildContext, end: number): void {
  const { dynamics, temperature, potential, observe } = context.config;
  const { mobility, kind, integrator } = dynamics;
  const at = ['dynamics', 'mobility'];
  if (mobility === 'free') {
    context.refuse(at, 'free rates have no energy that lumped masses could follow', {
      value: mobility,
      hint: 'use another mobility, or representation: particles',
    });
    return;
  }
  if (kind === 'accelerated' && (!isDensityMobility(mobility) || mobility === 'upwind')) {
    const why = isDensityMobility(mobility)
      ? 'has no derivative where the flow turns'
      : 'depends on V, and second-order dynamics wants a mobility of the masses alone';
    context.refuse(at, `${mobility} ${why}`, {
      value: mobility,
      hint: 'use log-mean, harmonic, geometric, arithmetic or constant, or kind: gradient-flow',
    });
  }
  if ((mobility === 'arithmetic' || mobility === 'constant') && !(lowestTemperature(temperature, end) > 0)) {
    context.refuse(['temperature'], `${mobility} takes mass from empty nodes at temperature 0`, {
      hint: 'use a temperature > 0, or another mobility',
    });
  }
  if (integrator === 'leimkuhler-matthews') {
    context.refuse(['dynamics', 'integrator'], 'is for noise, and points of lumped nodes move without', {
      value: integrator,
      hint: 'use heun (order 2), or leave it out',
    });
  }
  if (observe.entropy !== 'none') {
    context.refuse(['observe', 'entropy'], 'is for particles: the entropy of masses is known', {
      value: observe.entropy,
      hint: 'leave it out',
    });
  }
  if (context.config.grow !== undefined && potential.nodes !== undefined) {
    context.refuse(['potential', 'nodes'], 'names nodes of a graph, and this one grows', {
      at: 'key',
      hint: 'write one formula of the letters',
    });
  }
}

/** Points out what starts empty and stays so. */
export function checkLumped(context: BuildContext, model: Model): void {
  const { mobility, initialMasses, graph } = model;
  const isSecondOrder = context.config.dynamics.kind === 'accelerated';
  const stays =
    mobility === 'geometric' ||
    mobility === 'harmonic' ||
    (mobility === 'log-mean' && (isSecondOrder || !(lowestTemperature(model.temperature, 0) > 0)));
  const empty = initialMasses.findIndex((mass) => mass === 0);
  if (!stays || empty < 0) return;
  context.warn(
    'stays-empty',
    ['initial', 'masses'],
    `node "${graph.nodeNames[empty]}" begins empty, and mobility ${mobility} moves little or no mass to where there is none`,
    'give every node a mass > 0, or use another mobility',
  );
}
