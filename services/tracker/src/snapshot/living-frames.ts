import { hashOfBytes } from '../columns/hash-table.ts';
import { tableMemory } from '../columns/table-memory.ts';
import { EntryPlaces, type EntryPlacesParts } from './entry-places.ts';

/** Places that the hashes of ids choose, a power of two: of a million entries 3 in 100 share theirs with an earlier one. */
const PLACES = 2 ** 24;
const PLACE_SHIFT = 32 - Math.log2(PLACES);
/** Places in one number, of two bits each. */
const PLACES_PER_WORD = 16;

const [UNUSED, ONCE, SEVERAL] = [0, 1, 2] as const;
/** Stands for where the entry is that was removed. */
const REMOVED = -1;

/** What another thread needs to tell living frames from others; most of it is shared, and neither may note any more meanwhile. */
export interface LivingParts {
  readonly uses: Uint32Array;
  readonly repeated: EntryPlacesParts;
}

/**
 * Tells of a frame of a snapshot file whether a later one is of the same entry, for very many entries. Nearly all have one
 * frame, and of those two bits are kept; ids are kept only of what comes to a place that was used before.
 */
export class LivingFrames {
  private readonly repeated = new EntryPlaces();
  /** How often a place was used. */
  private uses = new Uint32Array(tableMemory((PLACES / PLACES_PER_WORD) * Uint32Array.BYTES_PER_ELEMENT));
  private firsts = 0;

  static of({ uses, repeated }: LivingParts): LivingFrames {
    const frames = new LivingFrames();
    frames.uses = uses as Uint32Array<SharedArrayBuffer>;
    frames.repeated.takeOver(repeated);
    return frames;
  }

  /** What {@link LivingFrames.of} makes the same of in another thread. */
  get parts(): LivingParts {
    return { uses: this.uses, repeated: this.repeated.handOver() };
  }

  /** Never fewer than the entries that are living, and more if some have several frames. */
  get most(): number {
    return this.firsts + this.repeated.size;
  }

  /** A frame stands in the file, behind all that were noted before. @param hasValue whether the entry is not removed by it @returns how many are out of date by it at the most */
  note(start: number, hasValue: boolean, bytes: Uint8Array, idStart: number, idEnd: number): number {
    const place = placeOf(bytes, idStart, idEnd);
    const uses = this.usesOf(place);
    if (uses !== UNUSED) {
      if (uses === ONCE) this.setUses(place, SEVERAL);
      this.repeated.set(hasValue ? start : REMOVED, bytes, idStart, idEnd);
      return hasValue ? 1 : 2;
    }
    if (!hasValue) return 1;
    this.setUses(place, ONCE);
    this.firsts++;
    return 0;
  }

  /** Whether a frame that was noted with a value is the last of its entry. */
  isLiving(start: number, bytes: Uint8Array, idStart: number, idEnd: number): boolean {
    if (this.usesOf(placeOf(bytes, idStart, idEnd)) !== SEVERAL) return true;
    return (this.repeated.get(bytes, idStart, idEnd) ?? start) === start;
  }

  /** False if the entry is not there; nearly always true only if it is. */
  mayHold(id: Uint8Array): boolean {
    return this.usesOf(placeOf(id, 0, id.length)) !== UNUSED && this.repeated.get(id) !== REMOVED;
  }

  private usesOf(place: number): number {
    return ((this.uses[place >>> 4] as number) >>> (2 * (place & 15))) & 3;
  }

  private setUses(place: number, uses: number): void {
    const shift = 2 * (place & 15);
    this.uses[place >>> 4] = ((this.uses[place >>> 4] as number) & ~(3 << shift)) | (uses << shift);
  }
}

function placeOf(bytes: Uint8Array, idStart: number, idEnd: number): number {
  return hashOfBytes(bytes, idStart, idEnd) >>> PLACE_SHIFT;
}
