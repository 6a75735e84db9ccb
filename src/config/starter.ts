// What `wasserwerk init` writes: a small config that runs in seconds, with every common key explained. A test loads it.

export const STARTER_CONFIG = `# A config for Wasserwerk: particles that diffuse in R^d and jump along the edges of a graph.
#   wasserwerk validate this-file.yaml     check it and print the model
#   wasserwerk run this-file.yaml          run it
# All quantities are dimensionless. Numbers may be formulas: 2*pi/8, 1/128, 1_000_000.

name: double well on a ring

# The coordinates, as they are called in formulas. An integer d gives x[0] ... x[d-1].
# For a box: boundary: periodic (or reflecting), box: [[-2, 2], [-2, 2]].
space: { variables: [x, y] }

# The graph: ring, path, complete, star, hypercube: n; grid: [a, b];
# nodes and edges written out; or file: graph.graphml. weight is K, the pace of jumps.
graph: { ring: 6, weight: 1 }

# The potential V(x, y, node). Parameters have a value per node: numbers, lists, or formulas of node (0 ... 5 here).
potential:
  formula: (x^2 - 1)^2 + 0.5*(y - b)^2 + h
  parameters:
    b: sin(2*pi*node/6)
    h: [0, 0.5, 1, 1.5, 1, 0.5]

# eps. For annealing: { exponential: { from: 2, to: 0.1, duration: 5 } }.
temperature: 0.5

# metropolis: rate K min(1, exp(-dV/eps)). All of metropolis, barker, symmetric lead to the Gibbs density exp(-V/eps).
dynamics: { mobility: metropolis, integrator: leimkuhler-matthews }

particles: 60_000

# The law at time 0: gaussian, uniform or point; masses: uniform, a list, or { node: mass }.
initial:
  gaussian: { mean: 0, std: 1 }
  masses: uniform

# The time step, and the end as a time or a number of steps.
time: { step: 0.01, end: 5 }

# The same config and seed give the same bits on any number of workers.
seed: 1

# Every so many steps: masses, means and energies, with the entropy from nearest neighbours; and particles written to disk.
observe: { every: 25, entropy: knn }
snapshots: { every: 250, particles: 5_000 }
checkpoint: { every: 60s, keep: 2 }
`;
