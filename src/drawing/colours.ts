// Colours. Nodes and other names have one of eight hues that people with any kind of colour vision tell apart (after Okabe
// and Ito, darkened or lightened until they can be read on the page's ground); the ninth to sixteenth are the same, dashed.
// Sizes have viridis, which grows evenly in lightness and reads in grey, too.

/** Hues on white and on near-black; the style sheet names them --c0 … --c7. */
export const hues: readonly { readonly light: string; readonly dark: string }[] = [
  { light: '#0060a8', dark: '#6cb4f5' },
  { light: '#c24a00', dark: '#ff9a5c' },
  { light: '#00785a', dark: '#3ccfa0' },
  { light: '#a0407f', dark: '#e595cb' },
  { light: '#856200', dark: '#e0b93f' },
  { light: '#0b7aa8', dark: '#86dcf7' },
  { light: '#1a1a1a', dark: '#f4f4f4' },
  { light: '#69707d', dark: '#a7afbc' },
];

/** Class of the k-th name, for lines, fills and texts. */
export function hueClass(k: number): string {
  return `h${k % hues.length}`;
}

/** Whether the k-th name is dashed. */
export function isDashed(k: number): boolean {
  return Math.floor(k / hues.length) % 2 === 1;
}

const viridisPoints = [
  ...['440154', '482878', '3e4989', '31688e', '26828e'],
  ...['1f9e89', '35b779', '6ece58', 'b5de2b', 'fde725'],
];

/** Viridis as 256 colours of three bytes. */
export function viridis(): Uint8Array {
  const points = viridisPoints.map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  const colours = new Uint8Array(3 * 256);
  for (let k = 0; k < 256; k++) {
    const at = (k / 255) * (points.length - 1);
    const from = Math.min(points.length - 2, Math.floor(at));
    for (let channel = 0; channel < 3; channel++) {
      const [a, b] = [points[from][channel], points[from + 1][channel]];
      colours[3 * k + channel] = Math.round(a + (at - from) * (b - a));
    }
  }
  return colours;
}
