// Who holds the points x_g (and velocities v_g) of nodes and moves them: the calling thread here, threads of a pool in cluster/. What
// comes back for a node is a few numbers, however many coordinates it has. Masses are not here: flow.ts has them.

/** What the masses need to know of a node after a motion. */
export interface NodeReport {
  /** V(x_g, g). */
  readonly value: number;
  /** |∇V|^2 at x_g. */
  readonly gradientSquared: number;
  /** |v_g|^2; 0 in first order. */
  readonly speedSquared: number;
}

/** Motion of all points over one step. */
export interface Motion {
  /** Number of the step that ends: `batch` of the evaluation at the new points. */
  readonly step: number;
  readonly time: number;
  readonly timeStep: number;
  /** Friction over the step, second order: velocities shrink by exp(-friction * timeStep). */
  readonly friction: number;
}

/** Points of nodes, wherever they are. Nodes are named by their text; all calls are answered in the order of `nodes`. */
export interface NodeTeam {
  /** Takes in nodes at given points, or where objective and config start them; evaluates there. */
  add(nodes: readonly NewNode[], at: { readonly step: number; readonly time: number }): Promise<readonly NodeReport[]>;
  remove(nodes: readonly string[]): Promise<void>;
  /** Moves all nodes by one step, in the given order, and evaluates at the new points. */
  move(nodes: readonly string[], motion: Motion): Promise<readonly NodeReport[]>;
  /** Stops all velocities (restart). */
  halt(nodes: readonly string[]): Promise<void>;
  /** V on the whole data, for objectives with mini-batches. */
  values(nodes: readonly string[], time: number): Promise<readonly number[]>;
  /** Copies of points and velocities. */
  read(nodes: readonly string[]): Promise<readonly { readonly x: Float64Array; readonly v: Float64Array }[]>;
  /** Neighbours by the objective. */
  neighbours(nodes: readonly string[]): Promise<readonly (readonly { readonly node: string; readonly weight: number }[])[]>;
  close(): Promise<void>;
}

export interface NewNode {
  readonly node: string;
  /** Where it starts; undefined: where the objective or the config wants it. */
  readonly from:
    | { readonly kind: 'start' }
    | { readonly kind: 'transfer'; readonly parent: string }
    | { readonly kind: 'state'; readonly x: Float64Array; readonly v: Float64Array };
}
