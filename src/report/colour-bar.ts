// What a colour of a picture means: viridis from left to right, with the values at round places below it.

import { linearAxis, logAxis } from '../drawing/mod.js';
import { chartWidth, unit } from './chart.js';
import { element, type Markup } from './markup.js';
import { pictureAddress } from './picture.js';

const ramp = pictureAddress(
  Array.from({ length: 256 }, (_, k) => k / 255),
  256,
  1,
);

/** How values become colours: evenly in their logarithm, or in their square root, which shows what is thin beside what is dense. */
export type ColourScale = 'log' | 'root';

/** A bar from `low` to `high`; `low` is 0 for roots. */
export function colourBar(name: string, [low, high]: readonly [number, number], scale: ColourScale): Markup {
  const [left, width] = [96, chartWidth - 120];
  const place = (value: number): number =>
    scale === 'log' ? Math.log(value / low) / Math.log(high / low) : Math.sqrt(value / high);
  const { ticks } = scale === 'log' ? logAxis(low, high) : linearAxis(0, high, 4);
  return element(
    'svg',
    {
      viewBox: `0 0 ${chartWidth} 34`,
      role: 'img',
      class: 'chart bar',
      'aria-label': `Colours: ${name} from dark, low, to light, high.`,
    },
    element('text', { x: left - 10, y: 13, class: 'name end' }, name),
    element('image', { href: ramp, x: left, y: 3, width, height: 12, preserveAspectRatio: 'none' }),
    ticks
      .filter(({ value }) => place(value) >= -0.001 && place(value) <= 1.001)
      .map(({ value, label }) =>
        element('text', { x: unit(left + place(value) * width), y: 29, class: 'tick middle' }, label),
      ),
  );
}
