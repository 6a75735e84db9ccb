// What a colour of a picture means: viridis from left to right, with the values at round places below it.

import { linearAxis, logAxis, type Axis } from './axis.js';
import { chartWidth, unit } from './chart.js';
import { element, type Markup } from './markup.js';
import { pictureAddress } from './picture.js';

const ramp = pictureAddress(
  Array.from({ length: 255 }, (_, k) => k / 254),
  255,
  1,
);

/** A bar from `low` to `high`. */
export function colourBar(name: string, low: number, high: number, scale: 'linear' | 'log'): Markup {
  const [left, width] = [130, chartWidth - 160];
  const ends = scale === 'log' ? logAxis(low, high) : linearAxis(low, high, 4);
  // Rounded ends of a log axis would not be those of the colours.
  const place: Axis['place'] =
    scale === 'log' ? (value) => Math.log(value / low) / Math.log(high / low) : ends.place;
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
    ends.ticks
      .filter(({ value }) => place(value) >= -0.001 && place(value) <= 1.001)
      .map(({ value, label }) =>
        element('text', { x: unit(left + place(value) * width), y: 29, class: 'tick middle' }, label),
      ),
  );
}
