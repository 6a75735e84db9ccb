// How the law of x given one node looks on a small canvas: a filled histogram, dots, or a heat map in viridis, with a frame and
// its range.

import { brief, viridis } from '../../../drawing/mod.js';
import { surface, type Surface } from './canvas.js';
import type { Histogram, Range, Raster } from './density.js';
import { colours, hueColour } from './palette.js';
import type { ParticlePicture } from './picture.js';

export type PanelContent =
  | { readonly kind: 'empty' }
  | { readonly kind: 'histogram'; readonly histogram: Histogram; readonly range: Range }
  | {
      readonly kind: 'cloud';
      readonly picture: ParticlePicture;
      readonly rows: Int32Array;
      readonly coordinates: readonly [number, number];
      readonly ranges: readonly [Range, Range];
    }
  | { readonly kind: 'raster'; readonly raster: Raster };

/** Dots of a cloud; of more, every k-th. */
const mostDots = 6000;
const pad = { left: 8, right: 8, top: 6, bottom: 20 };
const steps = viridis();

/** Draws a panel. Returns the largest density that it shows, where it shows one. */
export function paintPanel(
  canvas: HTMLCanvasElement,
  content: PanelContent,
  hue: number,
  names: readonly [string, string],
): number | undefined {
  const on = surface(canvas);
  if (!on) return undefined;
  const { context, width, height } = on;
  const palette = colours();
  const area = {
    left: pad.left,
    top: pad.top,
    width: width - pad.left - pad.right,
    height: height - pad.top - pad.bottom,
  };
  let most: number | undefined;
  let ranges: readonly [Range, Range | undefined] | undefined;
  switch (content.kind) {
    case 'empty':
      context.fillStyle = palette.soft;
      context.textAlign = 'center';
      context.fillText('no particles', width / 2, height / 2);
      break;
    case 'histogram': {
      most = paintHistogram(on, area, content.histogram, content.range, hue);
      ranges = [content.range, undefined];
      break;
    }
    case 'cloud':
      paintCloud(on, area, content, hue);
      ranges = content.ranges;
      break;
    case 'raster':
      paintRaster(on, area, content.raster);
      most = content.raster.most;
      ranges = content.raster.ranges;
      break;
    default:
      content satisfies never;
  }
  context.strokeStyle = palette.edge;
  context.lineWidth = 1;
  context.strokeRect(area.left - 0.5, area.top - 0.5, area.width + 1, area.height + 1);
  if (ranges) paintRanges(on, area, ranges, names);
  return most;
}

interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function paintHistogram(
  { context }: Surface,
  area: Area,
  { edges, density }: Histogram,
  [low, high]: Range,
  hue: number,
): number {
  const most = density.reduce((largest, value) => Math.max(largest, value), 0);
  const foot = area.top + area.height;
  const toX = (x: number): number =>
    area.left + Math.max(0, Math.min(1, (x - low) / (high - low))) * area.width;
  const toY = (value: number): number => foot - (value / (most || 1)) * area.height * 0.94;
  context.beginPath();
  context.moveTo(toX(edges[0]), foot);
  density.forEach((value, k) => {
    context.lineTo(toX(edges[k]), toY(value));
    context.lineTo(toX(edges[k + 1]), toY(value));
  });
  context.lineTo(toX(edges[edges.length - 1]), foot);
  context.fillStyle = hueColour(hue);
  context.strokeStyle = hueColour(hue);
  context.globalAlpha = 0.3;
  context.fill();
  context.globalAlpha = 1;
  context.lineWidth = 1.4;
  context.stroke();
  return most;
}

function paintCloud(
  { context }: Surface,
  area: Area,
  { picture, rows, coordinates: [i, j], ranges }: PanelContent & { kind: 'cloud' },
  hue: number,
): void {
  const { x, dimension } = picture;
  const every = Math.max(1, Math.ceil(rows.length / mostDots));
  const scaleX = area.width / (ranges[0][1] - ranges[0][0]);
  const scaleY = area.height / (ranges[1][1] - ranges[1][0]);
  const dots = rows.length / every;
  const size = dots > 1500 ? 1.5 : 2;
  context.fillStyle = hueColour(hue);
  context.globalAlpha = dots > 1500 ? 0.5 : 0.75;
  for (let k = 0; k < rows.length; k += every) {
    const at = rows[k] * dimension;
    const across = (x[at + i] - ranges[0][0]) * scaleX;
    const up = (x[at + j] - ranges[1][0]) * scaleY;
    if (across < 0 || across > area.width || up < 0 || up > area.height) continue;
    context.fillRect(area.left + across - size / 2, area.top + area.height - up - size / 2, size, size);
  }
  context.globalAlpha = 1;
}

let scratch: HTMLCanvasElement | undefined;

function paintRaster({ context }: Surface, area: Area, { width, height, density, most }: Raster): void {
  scratch ??= document.createElement('canvas');
  scratch.width = width;
  scratch.height = height;
  const pixels = scratch.getContext('2d');
  if (!pixels) return;
  const image = pixels.createImageData(width, height);
  density.forEach((value, k) => {
    const colour = 3 * Math.min(255, Math.floor((255 * value) / (most || 1)));
    image.data.set([steps[colour], steps[colour + 1], steps[colour + 2], 255], 4 * k);
  });
  pixels.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(scratch, area.left, area.top, area.width, area.height);
}

function paintRanges(
  { context }: Surface,
  area: Area,
  [across, up]: readonly [Range, Range | undefined],
  [nameX, nameY]: readonly [string, string],
): void {
  context.fillStyle = colours().soft;
  context.font = '11px system-ui, -apple-system, "Segoe UI", Arial, sans-serif';
  const foot = area.top + area.height + 14;
  context.textAlign = 'left';
  context.fillText(brief(across[0], 2), area.left, foot);
  context.textAlign = 'right';
  context.fillText(brief(across[1], 2), area.left + area.width, foot);
  context.textAlign = 'center';
  const short = up ? `${nameX} →  ${nameY} ↑` : nameX;
  const long = up ? `${short} ${brief(up[0], 2)} … ${brief(up[1], 2)}` : nameX;
  const room = area.width - 64;
  const text = context.measureText(long).width <= room ? long : short;
  context.fillText(text, area.left + area.width / 2, foot, room);
}
