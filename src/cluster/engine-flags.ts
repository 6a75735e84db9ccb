// V8 settings for the kernels, made before they are compiled: optimised code from the first step on, and on Node 24 and
// later wider vectors where they give the same bits.

import { setFlagsFromString } from 'node:v8';

/** Node's major version from which V8 can pair 128-bit operations into 256-bit ones. */
const REVECTORIZE_SINCE = 24;

export const canRevectorize = Number(process.versions.node.split('.')[0]) >= REVECTORIZE_SINCE;

/** Compiles kernels to optimised code at once, not function by function when they turn out hot. */
export function compileEagerly(): void {
  setFlagsFromString('--no-liftoff');
  setFlagsFromString('--no-wasm-lazy-compilation');
}

/** Switches the experimental pairing of vectors on or off for modules compiled from now on. */
export function setRevectorize(on: boolean): void {
  if (canRevectorize) setFlagsFromString(`--${on ? '' : 'no-'}experimental-wasm-revectorize`);
}
