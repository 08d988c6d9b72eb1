import { COMPRESSED, PLAIN } from './object-table.ts';
import type { PdfDocument } from './pdf-document.ts';
import { type IndirectObject, PdfDictionary } from './pdf-values.ts';
import { collectReferences, roleOf } from './references.ts';

/** The unit of an object that does not exist. */
export const NO_UNIT = -1;
const NOT_LOADED = -1;
/** A barrier that whoever walks knows beforehand, such as a page of the map: its bytes are not looked at. */
export const KNOWN_BARRIER = 1;
/** A barrier that only shows once the object is read: its bytes are needed to find that it is none of the page's. */
export const FOUND_BARRIER = 2;

/**
 * Which object refers to which, and which bytes of the file each needs. Objects are read when they are first asked for and forgotten at
 * once: only slots remain. The bytes of an object form its *unit*: its own span, or the object stream that holds it.
 */
export class ObjectGraph {
  /** The slots that each object refers to, one list after the other. */
  edges = new Int32Array(4_096);
  /** By slot: where its list begins, {@link NOT_LOADED} before, and one past its end. */
  readonly edgeStarts: Int32Array;
  readonly edgeEnds: Int32Array;
  /** By slot: the slot whose span holds the object, or {@link NO_UNIT}. */
  readonly units: Int32Array;
  /** By slot: the span of a unit in the file. */
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** By slot: {@link KNOWN_BARRIER} or {@link FOUND_BARRIER} for objects that belong to the document or to another page. */
  readonly barriers: Uint8Array;
  private edgeCount = 0;
  private readonly scratch: number[] = [];

  /** @param readsAhead reads all objects of an object stream when one of them is asked for; whoever wants every page wants them all */
  constructor(
    readonly document: PdfDocument,
    private readonly readsAhead: boolean,
  ) {
    const { size } = document.table;
    this.edgeStarts = new Int32Array(size).fill(NOT_LOADED);
    this.edgeEnds = new Int32Array(size);
    this.units = new Int32Array(size).fill(NO_UNIT);
    this.starts = new Float64Array(size);
    this.ends = new Float64Array(size);
    this.barriers = new Uint8Array(size);
  }

  slotOf(num: number): number | undefined {
    return this.document.table.slotOf(num);
  }

  isLoaded(slot: number): boolean {
    return this.edgeStarts[slot] !== NOT_LOADED;
  }

  /** The slots that an object which is loaded refers to. */
  referencesOf(slot: number): Int32Array {
    return this.edges.subarray(Math.max(0, this.edgeStarts[slot] as number), this.edgeEnds[slot]);
  }

  /** Slots of object numbers. A number without an entry is null by definition, unless entries may have been lost. */
  slotsOf(numbers: readonly number[]): number[] {
    const slots: number[] = [];
    for (const num of numbers) {
      const slot = this.slotOf(num);
      if (slot !== undefined) slots.push(slot);
      else this.document.missing(num);
    }
    return slots;
  }

  async load(slot: number): Promise<void> {
    const { table } = this.document;
    if (this.isLoaded(slot)) return;
    this.edgeStarts[slot] = 0;
    const num = table.numbers[slot] as number;
    if (table.kinds[slot] === PLAIN) {
      const object = await this.document.load(num);
      if (object) this.putPlain(slot, object, false);
    } else if (table.kinds[slot] === COMPRESSED) await this.loadCompressed(slot, table.positions[slot] as number);
  }

  /** Records a page that was read already. */
  async putPage(slot: number, object: IndirectObject): Promise<void> {
    const container = object.container === undefined ? undefined : this.slotOf(object.container);
    if (container === undefined) this.putPlain(slot, object, true);
    else {
      await this.load(container);
      this.putCompressed(slot, object, container, true);
    }
  }

  /** Objects of one stream are used together: decoding it once and reading all of them saves decoding it again. */
  private async loadCompressed(slot: number, number: number): Promise<void> {
    const { document } = this;
    const { table } = document;
    const asked = await document.load(table.numbers[slot] as number);
    const container = this.slotOf(number);
    if (!asked || container === undefined) return;
    await this.load(container);
    this.putCompressed(slot, asked, container, false);
    const stream = this.readsAhead ? await document.objectStream(number) : undefined;
    if (!stream) return;
    for (let index = 0; index < stream.numbers.length; index++) {
      const num = stream.numbers[index] as number;
      const other = this.slotOf(num);
      if (other === undefined || this.isLoaded(other) || table.kinds[other] !== COMPRESSED || table.positions[other] !== number) continue;
      if (stream.indexOf(num, table.details[other] as number) !== index) continue;
      const object = document.compressedAt(stream, index, number);
      if (object) this.putCompressed(other, object, container, false);
    }
  }

  private putPlain(slot: number, object: IndirectObject, isPage: boolean): void {
    this.units[slot] = slot;
    this.starts[slot] = object.start;
    this.ends[slot] = object.end;
    this.edgeStarts[slot] = this.edgeCount;
    this.addReferences(slot, object, isPage);
    this.edgeEnds[slot] = this.edgeCount;
  }

  private putCompressed(slot: number, object: IndirectObject, container: number, isPage: boolean): void {
    this.units[slot] = this.units[container] as number;
    this.edgeStarts[slot] = this.edgeCount;
    this.addReferences(slot, object, isPage);
    // What reading the container takes, its /Length perhaps, every object in it needs as well. That multiplies, so it is paid for.
    this.document.meter.spendVisits((this.edgeEnds[container] as number) - (this.edgeStarts[container] as number));
    for (let at = this.edgeStarts[container] as number; at < (this.edgeEnds[container] as number); at++)
      this.addEdge(this.edges[at] as number);
    this.edgeEnds[slot] = this.edgeCount;
  }

  private addReferences(slot: number, { value, stream }: IndirectObject, isPage: boolean): void {
    const { scratch } = this;
    scratch.length = 0;
    const isStream = stream !== undefined;
    const role = isPage ? 'page' : value instanceof PdfDictionary ? roleOf(value, isStream) : 'plain';
    if ((role === 'page' || role === 'barrier') && this.barriers[slot] === 0) this.barriers[slot] = FOUND_BARRIER;
    if (role === 'barrier' && value instanceof PdfDictionary && value.get('Type') === 'ObjStm') collectContainerReferences(value, scratch);
    else collectReferences(value, scratch, isStream, role);
    this.document.meter.spendVisits(scratch.length);
    for (let index = 0; index < scratch.length; index++) {
      const target = this.slotOf(scratch[index] as number);
      if (target !== undefined) this.addEdge(target);
      else this.document.missing(scratch[index] as number);
    }
  }

  private addEdge(slot: number): void {
    if (this.edgeCount === this.edges.length) {
      const larger = new Int32Array(this.edges.length * 2);
      larger.set(this.edges);
      this.edges = larger;
    }
    this.edges[this.edgeCount++] = slot;
  }
}

/** What reading an object stream needs; /Extends only names another one. */
function collectContainerReferences(value: PdfDictionary, numbers: number[]): void {
  for (const key of ['Length', 'Filter', 'DecodeParms', 'N', 'First']) collectReferences(value.get(key) ?? null, numbers);
}
