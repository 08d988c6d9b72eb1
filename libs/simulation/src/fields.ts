import { PageSwarmError } from '@pageswarm/primitives';

const BYTE_UNITS: Record<string, number> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, KB: 1e3, MB: 1e6, GB: 1e9 };
const TIME_UNITS: Record<string, number> = { ms: 1, s: 1_000, min: 60_000 };

/** The fields of one mapping; refuses names that it does not know. */
export class Fields {
  private readonly fields: Readonly<Record<string, unknown>>;

  constructor(
    value: unknown,
    private readonly path: string,
    names: readonly string[],
  ) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(path, 'must be a mapping');
    this.fields = value as Record<string, unknown>;
    for (const name of Object.keys(this.fields))
      if (!names.includes(name)) throw refuse(`${path}: ${name}`, `is not known; there are ${names.join(', ')}`);
  }

  value(key: string): unknown {
    return this.fields[key];
  }

  optional<T>(key: string, read: (key: string) => T): T | undefined {
    return this.fields[key] === undefined ? undefined : read(key);
  }

  list(key: string): readonly unknown[] {
    const value = this.fields[key];
    if (!Array.isArray(value)) throw this.refuse(key, 'must be a list');
    return value;
  }

  text(key: string): string {
    const value = this.fields[key];
    if (typeof value !== 'string' || value.trim() === '') throw this.refuse(key, 'must be a text');
    return value;
  }

  flag(key: string): boolean {
    const value = this.fields[key];
    if (typeof value !== 'boolean') throw this.refuse(key, 'must be true or false');
    return value;
  }

  oneOf<T extends string>(key: string, names: readonly T[]): T {
    const value = this.fields[key];
    if (!names.includes(value as T)) throw this.refuse(key, `must be one of ${names.join(', ')}`);
    return value as T;
  }

  number(key: string, least: number, most: number): number {
    const value = this.fields[key];
    if (typeof value !== 'number' || !(value >= least && value <= most))
      throw this.refuse(key, `must be a number from ${least} to ${most}`);
    return value;
  }

  whole(key: string, least: number, most: number): number {
    const value = this.number(key, least, most);
    if (!Number.isInteger(value)) throw this.refuse(key, 'must be a whole number');
    return value;
  }

  part(key: string): number {
    if (this.fields[key] === 'all') return 1;
    if (this.fields[key] === 'none') return 0;
    return this.number(key, 0, 1);
  }

  bytes(key: string, least = 1, most = Number.MAX_SAFE_INTEGER): number {
    const bytes = Math.round(this.measure(key, BYTE_UNITS, '', 'a size such as 64 MiB'));
    if (bytes < least || bytes > most) throw this.refuse(key, `must be from ${least} to ${most} bytes`);
    return bytes;
  }

  /** Bytes per second. */
  rate(key: string): number {
    const rate = this.measure(key, BYTE_UNITS, '/s', 'a rate such as 4 MiB/s');
    if (!(rate > 0)) throw this.refuse(key, 'must be above 0');
    return rate;
  }

  /** Reads an optional field under another name. @returns nothing or one property */
  maybe<Key extends string, T>(as: Key, key: string, read: (key: string) => T): { [K in Key]?: T } {
    const value = this.optional(key, read);
    return value === undefined ? {} : ({ [as]: value } as { [K in Key]: T });
  }

  /** ms. */
  time(key: string): number {
    return this.measure(key, TIME_UNITS, '', 'a time such as 20 ms or 2 s');
  }

  pieceLength(key: string): number {
    const length = this.bytes(key);
    if (length < 16_384 || !Number.isInteger(Math.log2(length))) throw this.refuse(key, 'must be a power of two from 16 KiB');
    return length;
  }

  private measure(key: string, units: Readonly<Record<string, number>>, suffix: string, what: string): number {
    const match = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)(\/s)?$/.exec(String(this.fields[key] ?? ''));
    const unit = units[match?.[2] ?? ''];
    if (!match || unit === undefined || (match[3] ?? '') !== suffix) throw this.refuse(key, `must be ${what}`);
    return Number(match[1]) * unit;
  }

  private refuse(key: string, why: string): PageSwarmError {
    return refuse(`${this.path}: ${key}`, why);
  }
}

export function refuse(field: string, why: string): PageSwarmError {
  return new PageSwarmError('INVALID_REQUEST', `${field} ${why}`);
}
