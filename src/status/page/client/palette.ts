// The colours of the style sheet as drawings on a canvas need them. Read anew when the theme changes.

import { hues } from '../../../drawing/mod.js';

export interface Palette {
  readonly ground: string;
  readonly panel: string;
  readonly ink: string;
  readonly soft: string;
  readonly faint: string;
  readonly edge: string;
  readonly flow: string;
  readonly hues: readonly string[];
}

let palette: Palette | undefined;

/** The colours of the theme that is shown now. */
export function colours(): Palette {
  if (palette) return palette;
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  palette = {
    ground: read('ground'),
    panel: read('panel'),
    ink: read('ink'),
    soft: read('soft'),
    faint: read('faint'),
    edge: read('edge'),
    flow: read('flow'),
    hues: hues.map((_, k) => read(`c${k}`)),
  };
  return palette;
}

export function forgetColours(): void {
  palette = undefined;
}

/** The colour of the k-th name. */
export function hueColour(k: number): string {
  const { hues: all } = colours();
  return all[k % all.length];
}
