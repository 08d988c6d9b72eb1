import { createHash } from 'node:crypto';
import { PageSwarmError } from '@pageswarm/primitives';
import { z } from 'zod';

/** What is noted: a banned peer or address, a hash on the allow-list, the info-hash of a plain v1 .torrent that was given out. */
export const NOTE_KINDS = ['banned peer', 'banned address', 'allowed', 'plain v1'] as const;
export type NoteKind = (typeof NOTE_KINDS)[number];

/** The most notes of one kind. */
export const MAX_NOTES = 100_000;
/** The longest text of a note, in characters. */
export const MAX_NOTE_TEXT_LENGTH = 500;

const NoteSchema = z.object({
  kind: z.enum(NOTE_KINDS),
  /** A peer id, an address, or a hash in hex. */
  subject: z.string().min(1).max(100),
  /** Why, or what it belongs to. */
  text: z.string().max(MAX_NOTE_TEXT_LENGTH),
  /** Milliseconds since 1970. */
  since: z.number(),
});
export type Note = z.output<typeof NoteSchema>;

/**
 * What a tracker knows that no peer could tell it again: decisions of its admin, and info-hashes that it made. Few and small,
 * so the snapshot keeps each as an entry of its own.
 */
export class Notes {
  private readonly byKind = new Map<NoteKind, Map<string, Note>>(NOTE_KINDS.map((kind) => [kind, new Map()]));
  private readonly byId = new Map<string, Note>();
  private readonly listeners: ((id: string) => void)[] = [];

  constructor(private readonly most = MAX_NOTES) {}

  get size(): number {
    return this.byId.size;
  }

  count(kind: NoteKind): number {
    return this.of(kind).size;
  }

  get(kind: NoteKind, subject: string): Note | undefined {
    return this.of(kind).get(subject);
  }

  /** In the order in which they came. */
  all(kind: NoteKind): Iterable<Note> {
    return this.of(kind).values();
  }

  /** Writes a note, over another about the same. @throws PageSwarmError LIMIT_EXCEEDED */
  put(note: Note): void {
    const notes = this.of(note.kind);
    if (!notes.has(note.subject) && notes.size >= this.most)
      throw new PageSwarmError('LIMIT_EXCEEDED', `There are ${this.most} notes "${note.kind}" already`);
    notes.set(note.subject, note);
    const id = idOf(note);
    this.byId.set(id, note);
    this.tell(id);
  }

  remove(kind: NoteKind, subject: string): boolean {
    const note = this.of(kind).get(subject);
    if (!note) return false;
    this.of(kind).delete(subject);
    this.byId.delete(idOf(note));
    this.tell(idOf(note));
    return true;
  }

  /** Calls `listener` with the id of every note that is written or removed. */
  onChange(listener: (id: string) => void): void {
    this.listeners.push(listener);
  }

  /** The ids of all notes, in hex. */
  ids(): IterableIterator<string> {
    return this.byId.keys();
  }

  /** The bytes of a note for the snapshot; undefined for one that is gone. */
  encode(id: string): Buffer | undefined {
    const note = this.byId.get(id);
    return note && Buffer.from(JSON.stringify(note));
  }

  /** Takes a note out of a snapshot, unless there is a newer one. @throws PageSwarmError INVALID_SNAPSHOT */
  restore(id: string, bytes: Buffer): void {
    const note = decoded(bytes);
    if (!note || idOf(note) !== id) throw new PageSwarmError('INVALID_SNAPSHOT', `Entry ${id} is no note`);
    if (!this.byId.has(id)) this.put(note);
  }

  /** Another tracker removed the note of this id. */
  drop(id: string): void {
    const note = this.byId.get(id);
    if (note) this.remove(note.kind, note.subject);
  }

  private of(kind: NoteKind): Map<string, Note> {
    return this.byKind.get(kind) as Map<string, Note>;
  }

  private tell(id: string): void {
    for (const listener of this.listeners) listener(id);
  }
}

function idOf({ kind, subject }: Note): string {
  return createHash('sha1').update(`${kind} ${subject}`).digest('hex');
}

function decoded(bytes: Buffer): Note | undefined {
  try {
    return NoteSchema.safeParse(JSON.parse(bytes.toString())).data;
  } catch {
    return undefined;
  }
}
