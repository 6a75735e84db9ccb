// The functions of a node class in the module's table, called by class number.

/** Table entries of a class, in this order. */
export const entry = { diffuse: 0, test: 1, hop: 2, thin: 3 } as const;

export const ENTRIES_PER_CLASS = 4;
