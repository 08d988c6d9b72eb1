import type { MessagePort } from 'node:worker_threads';
import type { PeerId } from '@pageswarm/primitives';
import type { JournalDocuments } from './file-snapshot-store.ts';

/** Where the documents of a copy are, for a thread that opens it itself. */
export type CopyPlace = { readonly redisUrl: string } | { readonly snapshotFile: string; readonly journal: JournalDocuments };

/** What the thread that reads the documents of a copy is told when it begins. */
export interface DocumentsOrder {
  readonly place: CopyPlace;
  /** From where in the store's own words; undefined for the beginning. */
  readonly next: string | undefined;
  /** Peers that are known already, by their numbers. */
  readonly holders: readonly PeerId[];
  /** The most documents that the catalog lists. */
  readonly maxDocuments: number;
  /** Texts of documents go there, for the thread that reads them. */
  readonly texts: MessagePort;
}

/** What the thread that reads names is told. */
export interface NamesOrder {
  readonly texts: MessagePort;
}

/** What either thread tells, apart from the parts of its tables. */
export type ThreadReport =
  | { readonly kind: 'progress'; readonly entries: number; readonly obstacle: string | undefined }
  | { readonly kind: 'unreadable'; readonly id: string; readonly code: string; readonly detail: string }
  | { readonly kind: 'warning'; readonly facts: unknown; readonly text: string }
  | { readonly kind: 'filled'; readonly outcome: DocumentsOutcome | undefined };

/** How reading the documents ended. */
export interface DocumentsOutcome {
  /** Where it goes on; what came before is in. */
  readonly next: string | undefined;
  /** Why it ended before all came, as the store told; undefined if all did. */
  readonly failure: { readonly name: string; readonly message: string } | undefined;
  /** Whether the thread that reads names knows all of them as they are. */
  readonly hasNames: boolean;
}

/** What goes to the thread that reads names: texts of the next documents; that those were all; the slots of those that are gone again. */
export type TextsMessage = { readonly texts: Uint8Array<ArrayBuffer> } | { readonly isAll: true } | { readonly gone: readonly number[] };
/** How many bytes of texts it says it has read. */
export interface TextsRead {
  readonly read: number;
}
