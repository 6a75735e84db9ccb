// Names of columns that follow the names of coordinates, which a config chooses freely.

const taken: readonly string[] = ['step', 'time', 'node', 'node_index', 'density'];

/** Columns of the coordinates: their names, and `coordinate_<name>` for one that is called as another column is. */
export function coordinateColumns(names: readonly string[]): readonly string[] {
  return names.map((name) => (taken.includes(name) ? `coordinate_${name}` : name));
}

/** Columns of velocities beside those of coordinates. */
export function velocityColumns(columns: readonly string[]): readonly string[] {
  return columns.map((name) => (columns.includes(`w_${name}`) ? `velocity_${name}` : `w_${name}`));
}
