// What the programs of the slow engine read beside a particle: the values of the slots of nodes and edges during one exchange. The kernel's
// counterpart writes them into records (kernel/uniforms.ts). Not the programs.

import { evaluateAll, type Environment } from '../expression/mod.js';
import { INVERSE_OF_ZERO, type KernelPlan } from '../kernel/mod.js';
import { temperatureAt, type Model } from '../model/mod.js';
import { exchangesPerStep } from './engine.js';

/** What is the same for all particles of a node: the slots of its class and of its edges, during one exchange. */
export class Uniforms {
  readonly #ofNode: number[][];
  readonly #ofEdge: number[][] = [];

  constructor(
    private readonly model: Model,
    private readonly plan: KernelPlan,
    step: number,
    exchange: number,
  ) {
    const { graph, timeStep, temperature, diffusivity } = model;
    const reactionTime = timeStep / exchangesPerStep(model);
    const diffusionStart = step * timeStep;
    const reactionMiddle = diffusionStart + (exchange + 0.5) * reactionTime;
    const reactionTemperature = temperatureAt(temperature, reactionMiddle);
    const quantities = {
      timeStep,
      reactionTime,
      diffusionStart,
      diffusionEnd: diffusionStart + timeStep,
      diffusionTemperature: temperatureAt(temperature, diffusionStart + timeStep / 2),
      temperature: reactionTemperature,
      inverseTemperature: reactionTemperature > 0 ? 1 / reactionTemperature : INVERSE_OF_ZERO,
    };
    const parameter = (name: string, component: number, node: number): number | undefined => {
      if (name === '#diffusivity') return diffusivity[node];
      if (name === '#totalWeight') {
        return graph.weights
          .subarray(graph.offsets[node], graph.offsets[node + 1])
          .reduce((sum, k) => sum + k, 0);
      }
      const table = model.parameters.find((candidate) => candidate.name === name);
      return table?.values[node * table.components + component];
    };
    const environment = (node: number, edge: number): Environment => ({
      time: reactionMiddle,
      node,
      target: graph.targets[edge],
      parameter: (name, component, side) =>
        parameter(name, component, side === 'source' ? node : graph.targets[edge]),
      edge: { weight: graph.weights[edge] },
      step: quantities,
    });
    const round = rounding(plan);
    this.#ofNode = Array.from(plan.classOfNode, (nodeClass, node) => {
      for (let edge = graph.offsets[node]; edge < graph.offsets[node + 1]; edge++) {
        const { slots } = plan.kinds[plan.kindOfEdge[edge]];
        this.#ofEdge[edge] = evaluateAll(slots.expressions, environment(node, edge)).map(round);
      }
      return evaluateAll(plan.classes[nodeClass].slots.expressions, environment(node, -1)).map(round);
    });
  }

  /** Values of the banks of a node: `node`; `edge`, the edge at hand; `edge0`, `edge1`, … its edges in kernel order. */
  of(node: number, edge = -1): (bank: string, slot: number) => number {
    return (bank, slot) => {
      if (bank === 'node') return this.#ofNode[node][slot];
      if (bank === 'edge') return this.#ofEdge[edge][slot];
      const position = this.model.graph.offsets[node] + Number(bank.slice('edge'.length));
      return this.#ofEdge[this.plan.edgeOrder[position]][slot];
    };
  }
}

/** Rounds to the kernel's precision. */
export function rounding({ precision }: KernelPlan): (value: number) => number {
  return precision === 'f32' ? Math.fround : (value) => value;
}
