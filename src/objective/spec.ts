// An objective as a config names it, as plain data that may go to other threads.

/** Where V comes from, if not from formulas. Paths are absolute. */
export type ObjectiveSpec =
  | {
      readonly kind: 'module';
      readonly path: string;
      readonly options: Readonly<Record<string, unknown>>;
    }
  | {
      readonly kind: 'command';
      /** Program and arguments; started without a shell. */
      readonly command: readonly string[];
      /** Folder it is started in. */
      readonly folder: string;
      /** Seconds that an answer may take. */
      readonly timeout: number;
      readonly options: Readonly<Record<string, unknown>>;
    };

/** The objective in words, for messages. */
export function describeObjective(spec: ObjectiveSpec): string {
  return spec.kind === 'module' ? `the module ${spec.path}` : `the command ${spec.command.join(' ')}`;
}
