/** An SVG element. `body` is markup; text goes in through {@link escaped}. */
export function element(name: string, attributes: Readonly<Record<string, string | number>>, ...body: readonly string[]): string {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(typeof value === 'number' ? rounded(value) : value)}"`);
  return `<${name}${list.join('')}>${body.join('')}</${name}>`;
}

export function text(x: number, y: number, words: string, more: Readonly<Record<string, string | number>> = {}): string {
  return element('text', { x, y, ...more }, escaped(words));
}

/** A picture with words for those who do not see it. */
export function picture({ id, title, about, width, height }: Picture, ...body: readonly string[]): string {
  return element(
    'svg',
    {
      ...{ viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-labelledby': `${id}-title ${id}-about` },
    },
    element('title', { id: `${id}-title` }, escaped(title)),
    element('desc', { id: `${id}-about` }, escaped(about)),
    ...body,
  );
}

export interface Picture {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly width: number;
  readonly height: number;
}

/** Text that is safe in markup and in attributes. */
export function escaped(words: string): string {
  return words.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Coordinates to a tenth of a pixel keep the page small. */
export function rounded(value: number): string {
  return String(Math.round(value * 10) / 10);
}
