import { COMPRESSED, PLAIN } from './object-table.ts';
import type { PdfDocument } from './pdf-document.ts';
import { type IndirectObject, PdfDictionary, type PdfValue } from './pdf-values.ts';
import { collectReferences, roleOf } from './references.ts';

const NO_REFERENCES = new Int32Array(0);
/** The unit of an object that does not exist. */
export const NO_UNIT = -1;

/**
 * Which object refers to which, and which bytes of the file each needs. Objects are read when they are first asked for and forgotten at
 * once: only slots remain. The bytes of an object form its *unit*: its own span, or the object stream that holds it.
 */
export class ObjectGraph {
  /** By slot: slots that the object refers to; undefined until it is loaded. */
  readonly references: (Int32Array | undefined)[];
  /** By slot: the slot whose span holds the object, or {@link NO_UNIT}. */
  readonly units: Int32Array;
  /** By slot: the span of a unit in the file. */
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** By slot: 1 for objects that belong to the document, not to a page. */
  readonly barriers: Uint8Array;

  /** @param readsAhead reads all objects of an object stream when one of them is asked for; whoever wants every page wants them all */
  constructor(
    readonly document: PdfDocument,
    private readonly readsAhead: boolean,
  ) {
    const { size } = document.table;
    this.references = new Array<Int32Array | undefined>(size).fill(undefined);
    this.units = new Int32Array(size).fill(NO_UNIT);
    this.starts = new Float64Array(size);
    this.ends = new Float64Array(size);
    this.barriers = new Uint8Array(size);
  }

  slotOf(num: number): number | undefined {
    return this.document.table.slotOf(num);
  }

  /** Slots of object numbers. A number without an entry is null by definition, unless entries may have been lost. */
  async slotsOf(numbers: readonly number[]): Promise<Int32Array> {
    if (numbers.length === 0) return NO_REFERENCES;
    const slots: number[] = [];
    for (const num of numbers) {
      const slot = this.slotOf(num);
      if (slot !== undefined) slots.push(slot);
      else if (this.document.incomplete) await this.document.load(num);
    }
    return Int32Array.from(slots);
  }

  async load(slot: number): Promise<void> {
    const { table } = this.document;
    if (this.references[slot]) return;
    this.references[slot] = NO_REFERENCES;
    const num = table.numbers[slot] as number;
    if (table.kinds[slot] === PLAIN) {
      const object = await this.document.load(num);
      if (object) await this.put(slot, object);
    } else if (table.kinds[slot] === COMPRESSED) await this.loadContainer(slot, table.positions[slot] as number);
  }

  /** Records an object that was read already; `isPage` for what the page tree calls a page. */
  async put(slot: number, object: IndirectObject, isPage = false): Promise<void> {
    if (object.container !== undefined) {
      const container = this.slotOf(object.container);
      if (container === undefined) return;
      await this.load(container);
      this.units[slot] = this.units[container] as number;
    } else {
      this.units[slot] = slot;
      this.starts[slot] = object.start;
      this.ends[slot] = object.end;
    }
    const references = await this.slotsOf(this.record(slot, object.value, object.stream !== undefined, isPage));
    this.references[slot] = object.container === undefined ? references : this.withContainer(references, object.container);
  }

  /** Objects of one stream are used together: decoding it once and reading all of them saves decoding it again. */
  private async loadContainer(slot: number, container: number): Promise<void> {
    const { document } = this;
    const { table } = document;
    const asked = await document.load(table.numbers[slot] as number);
    if (!asked) return;
    await this.put(slot, asked);
    const stream = this.readsAhead ? await document.objectStream(container) : undefined;
    if (!stream) return;
    for (const [index, num] of stream.numbers.entries()) {
      const other = this.slotOf(num);
      if (other === undefined || this.references[other] || table.kinds[other] !== COMPRESSED || table.positions[other] !== container)
        continue;
      if (stream.indexOf(num, table.details[other] as number) !== index) continue;
      const object = document.compressedAt(stream, index, container);
      if (object) await this.put(other, object);
    }
  }

  private record(slot: number, value: PdfValue, isStream: boolean, isPage: boolean): number[] {
    const numbers: number[] = [];
    const role = isPage ? 'page' : value instanceof PdfDictionary ? roleOf(value, isStream) : 'plain';
    if (role === 'page' || role === 'barrier') this.barriers[slot] = 1;
    if (value instanceof PdfDictionary && isContainer(value, isStream)) collectContainerReferences(value, numbers);
    else collectReferences(value, numbers, isStream, role);
    return numbers;
  }

  private withContainer(references: Int32Array, container: number): Int32Array {
    const slot = this.slotOf(container);
    const own = slot === undefined ? undefined : this.references[slot];
    return own && own.length > 0 ? Int32Array.from([...references, ...own]) : references;
  }
}

function isContainer(value: PdfDictionary, isStream: boolean): boolean {
  return isStream && value.get('Type') === 'ObjStm';
}

/** What reading an object stream needs; /Extends only names another one. */
function collectContainerReferences(value: PdfDictionary, numbers: number[]): void {
  for (const key of ['Length', 'Filter', 'DecodeParms', 'N', 'First']) collectReferences(value.get(key) ?? null, numbers);
}
