import { element, rounded, text } from './svg.ts';

/** Room around the plot for labels, in pixels. */
const LEFT = 56;
const RIGHT = 16;
const TOP = 12;
const BOTTOM = 40;

interface Axis {
  readonly most: number;
  readonly label: string;
  /** A value as words. */
  readonly words: (value: number) => string;
}

/** Two axes from zero, and what is drawn between them. */
export class Plane {
  constructor(
    private readonly width: number,
    private readonly height: number,
    private readonly across: Axis,
    private readonly upwards: Axis,
  ) {}

  x(value: number): number {
    return LEFT + (value / (this.across.most || 1)) * (this.width - LEFT - RIGHT);
  }

  y(value: number): number {
    return this.height - BOTTOM - (value / (this.upwards.most || 1)) * (this.height - TOP - BOTTOM);
  }

  /** Grid, ticks and labels. */
  axes(): string {
    const right = this.width - RIGHT;
    const bottom = this.height - BOTTOM;
    const rows = ticks(this.upwards.most, 5).map((value) =>
      [
        element('line', { class: 'grid', x1: LEFT, x2: right, y1: this.y(value), y2: this.y(value) }),
        text(LEFT - 8, this.y(value) + 4, this.upwards.words(value), { 'text-anchor': 'end' }),
      ].join(''),
    );
    const columns = ticks(this.across.most, 8).map((value) =>
      [
        element('line', { class: 'grid', x1: this.x(value), x2: this.x(value), y1: TOP, y2: bottom }),
        text(this.x(value), bottom + 16, this.across.words(value), { 'text-anchor': 'middle' }),
      ].join(''),
    );
    return [
      ...rows,
      ...columns,
      text((LEFT + right) / 2, this.height - 6, this.across.label, { 'text-anchor': 'middle', class: 'label' }),
      element(
        'text',
        { x: 0, y: 0, 'text-anchor': 'middle', class: 'label', transform: `translate(13 ${rounded((TOP + bottom) / 2)}) rotate(-90)` },
        this.upwards.label,
      ),
    ].join('');
  }

  /** A line that keeps its height until the next point. */
  steps(
    points: readonly (readonly [number, number])[],
    attributes: Readonly<Record<string, string | number>>,
    ...body: readonly string[]
  ): string {
    const path = points.map(([x, y], place) =>
      place === 0 ? `M${rounded(this.x(x))} ${rounded(this.y(y))}` : `H${rounded(this.x(x))}V${rounded(this.y(y))}`,
    );
    return element('path', { d: path.join(''), fill: 'none', ...attributes }, ...body);
  }

  /** An upright line with a name at its top. */
  mark(value: number, name: string, row = 0): string {
    const before = this.x(value) > this.width * 0.75;
    return [
      element('line', { class: 'mark', x1: this.x(value), x2: this.x(value), y1: TOP, y2: this.height - BOTTOM }),
      text(this.x(value) + (before ? -5 : 5), TOP + 12 + 15 * row, name, { class: 'mark', 'text-anchor': before ? 'end' : 'start' }),
    ].join('');
  }
}

/** Round numbers from 0 to `most`, about `count` of them. */
export function ticks(most: number, count: number): number[] {
  if (!(most > 0)) return [0];
  const rough = most / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) as number;
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, i) => i * step);
}
