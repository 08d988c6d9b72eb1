import type { DocumentIdentity, Inspection } from '@pageswarm/contracts';
import type { Logger } from '@pageswarm/observability';
import type { DocumentPieces, PieceStore } from '@pageswarm/piece-store';
import { type Clock, type DocumentId, PageSwarmError, type PeerId } from '@pageswarm/primitives';
import { type HybridMetainfo, infoHashes, parseMetainfo } from '@pageswarm/torrent';
import { Subject } from 'rxjs';
import type { DocumentIntake, ReceivedFile } from './document-intake.ts';
import { type DocumentRecord, MAX_ALIASES, NOT_INSPECTED } from './document-record.ts';
import type { FindingStore, PageFindings } from './finding-store.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { LocalDocument } from './local-document.ts';
import type { RecordStore, StoredRecord } from './record-store.ts';

/** What happened to a document of this node. */
export interface LibraryChange {
  readonly type: 'added' | 'changed' | 'completed' | 'removed';
  readonly document: LocalDocument;
}

/** What there is to know about a document; the page map and the findings may be missing. */
export interface InspectedDocument {
  readonly inspection: Inspection;
  readonly pageMap?: Uint8Array;
  readonly findings?: PageFindings;
}

export interface LibraryOptions {
  readonly peerId: PeerId;
  readonly clock: Clock;
  readonly store: PieceStore;
  readonly records: RecordStore;
  readonly findings: FindingStore;
  readonly intake: DocumentIntake;
  readonly logger: Logger;
}

/** All documents of which this node has pieces. The one writer of their records. */
export class Library {
  readonly changes = new Subject<LibraryChange>();
  private readonly documents = new Map<DocumentId, LocalDocument>();
  /** Changes of one document happen one after another, so that the same file sent twice at once is added once. */
  private readonly turns = new KeyedQueue<DocumentId>();

  constructor(private readonly options: LibraryOptions) {}

  /** Opens what an earlier process left; a document whose bytes are gone is named in the log and kept as a record only. */
  async start(): Promise<void> {
    await this.options.intake.start();
    for (const stored of await this.options.records.loadAll()) {
      try {
        const document = await this.reopen(stored);
        this.documents.set(document.id, document);
      } catch (error) {
        this.options.logger.error(
          { err: error, documentId: stored.record.id, name: stored.record.name },
          'a document cannot be opened; it is not shared',
        );
      }
    }
  }

  async stop(): Promise<void> {
    await this.options.store.close();
  }

  list(): LocalDocument[] {
    return [...this.documents.values()];
  }

  find(id: DocumentId): LocalDocument | undefined {
    return this.documents.get(id);
  }

  /** @param hash document id, info-hash or md5 in hex. @throws PageSwarmError DOCUMENT_NOT_FOUND */
  get(hash: string): LocalDocument {
    const wanted = hash.toLowerCase();
    const direct = this.documents.get(wanted as DocumentId);
    if (direct) return direct;
    for (const document of this.documents.values()) {
      const { md5, infoHashV1, infoHashV2 } = document.record;
      if (wanted === md5 || wanted === infoHashV1 || wanted === infoHashV2) return document;
    }
    throw new PageSwarmError('DOCUMENT_NOT_FOUND', `This node has no document ${hash.slice(0, 80)}`);
  }

  /**
   * Adds an uploaded file.
   * @throws PageSwarmError DOCUMENT_EXISTS naming the document if the same bytes are here; a new name is kept as an alias
   * @throws PageSwarmError EMPTY_FILE, NOT_A_PDF, TOO_LARGE, STORE_FULL, STORE_FAILED
   */
  async add(name: string, content: AsyncIterable<Uint8Array>): Promise<LocalDocument> {
    const file = await this.options.intake.receive(content);
    try {
      return await this.turns.run(file.hashes.root, async () => {
        const existing = this.documents.get(file.hashes.root);
        if (!existing) return this.adopt(name, file);
        await this.addAlias(existing, name);
        throw new PageSwarmError('DOCUMENT_EXISTS', `These bytes are here as "${existing.record.name}", document ${existing.id}`);
      });
    } finally {
      await this.options.intake.discard(file);
    }
  }

  /** Opens a place for a document of which pieces are about to arrive. */
  async openPartial(
    identity: DocumentIdentity,
    metainfo: HybridMetainfo,
    facts: Pick<DocumentRecord, 'aliases' | 'addedBy' | 'addedAt' | 'inspection'>,
  ): Promise<LocalDocument> {
    return this.turns.run(identity.id, async () => {
      const existing = this.documents.get(identity.id);
      if (existing) return existing;
      const { id: documentId, name, size, pieceLength } = identity;
      const pieces = await this.options.store.open({ documentId, name, size, pieceLength });
      const document = new LocalDocument(
        { version: 1, ...identity, ...facts, complete: false, fileName: null, modifiedAt: null },
        metainfo,
        pieces,
      );
      // What has no record is closed again, so that the next try can open it.
      await this.saveOr(document, () => pieces.close());
      this.documents.set(document.id, document);
      this.changes.next({ type: 'added', document });
      return document;
    });
  }

  /** Moves a document of which every piece and the md5 were verified to its final place. */
  complete(document: LocalDocument): Promise<void> {
    return this.change(document, 'completed', async () => {
      await document.pieces.finish();
      document.record = { ...document.record, complete: true, ...placeOf(document.pieces) };
    });
  }

  /** A complete document lost pieces on the disk: it is a partial one until they are here again. */
  markDamaged(document: LocalDocument): Promise<void> {
    return this.change(document, 'changed', () => {
      document.record = { ...document.record, complete: false };
    });
  }

  /** Keeps what a pdf-worker found: the inspection in the record, the page map in the metainfo, the rest in files beside them. */
  setInspection(document: LocalDocument, { inspection, pageMap, findings }: InspectedDocument): Promise<void> {
    return this.change(document, 'changed', async () => {
      if (findings) await this.options.findings.save(document.id, findings);
      document.record = { ...document.record, inspection };
      if (pageMap) document.metainfo = { ...document.metainfo, pageMap };
    });
  }

  /** Keeps texts and layout of a document of which the rest was known before. */
  setFindings(document: LocalDocument, findings: PageFindings): Promise<void> {
    return this.change(document, 'changed', () => this.options.findings.save(document.id, findings));
  }

  /** Takes over the name that the catalog knows this document by: the first name stays, and the info-hashes belong to it. */
  async adoptCatalogName(document: LocalDocument, name: string, facts: Pick<DocumentRecord, 'addedBy' | 'addedAt'>): Promise<void> {
    if (document.record.name === name) return;
    await this.change(document, 'changed', () => {
      const metainfo = { ...document.metainfo, name };
      const names = new Set([...document.record.aliases, document.record.name]);
      const aliases = [...names].filter((alias) => alias !== name).slice(0, MAX_ALIASES);
      document.metainfo = metainfo;
      document.record = { ...document.record, ...infoHashes(metainfo), name, aliases, ...facts };
    });
  }

  /** Stops sharing a document and removes its bytes. */
  async remove(document: LocalDocument): Promise<void> {
    await this.turns.run(document.id, async () => {
      this.documents.delete(document.id);
      await this.options.records.remove(document.id);
      await this.options.findings.remove(document.id);
      await document.pieces.remove();
    });
    this.changes.next({ type: 'removed', document });
  }

  private async adopt(name: string, { path, hashes }: ReceivedFile): Promise<LocalDocument> {
    const { root, size, pieceLength, pieceLayer, v1Pieces, md5 } = hashes;
    const metainfo: HybridMetainfo = { name, size, pieceLength, root, pieceLayer, v1Pieces };
    const pieces = await this.options.store.adopt({ documentId: root, name, size, pieceLength }, path);
    const record: DocumentRecord = {
      version: 1,
      id: root,
      name,
      size,
      pieceLength,
      md5,
      ...infoHashes(metainfo),
      aliases: [],
      inspection: NOT_INSPECTED,
      addedBy: this.options.peerId,
      addedAt: new Date(this.options.clock.now()).toISOString(),
      complete: true,
      ...placeOf(pieces),
    };
    const document = new LocalDocument(record, metainfo, pieces);
    await this.saveOr(document, () => pieces.remove());
    this.documents.set(root, document);
    this.changes.next({ type: 'added', document });
    return document;
  }

  private async addAlias(document: LocalDocument, alias: string): Promise<void> {
    const { name, aliases } = document.record;
    if (alias === name || aliases.includes(alias) || aliases.length >= MAX_ALIASES) return;
    document.record = { ...document.record, aliases: [...aliases, alias] };
    await this.save(document);
    this.changes.next({ type: 'changed', document });
  }

  private async reopen({ record, metainfo }: StoredRecord): Promise<LocalDocument> {
    const info = parseMetainfo(metainfo);
    if (info.root !== record.id || !info.pieceLayer || !info.v1Pieces)
      throw new PageSwarmError('DOCUMENT_CORRUPT', 'The kept metainfo does not belong to the record');
    const { id: documentId, name, size, pieceLength, fileName, modifiedAt } = record;
    const place = fileName ? { fileName, modifiedAt: modifiedAt ?? undefined } : undefined;
    const pieces = await this.options.store.open({ documentId, name, size, pieceLength }, place);
    const document = new LocalDocument(record, { ...info, root: record.id, pieceLayer: info.pieceLayer, v1Pieces: info.v1Pieces }, pieces);
    if (pieces.needsVerification) await this.verify(document);
    if (record.complete) await this.settle(document);
    return document;
  }

  /** A file that was touched is whole after all, at its new time, or a damaged one from now on. */
  private async settle(document: LocalDocument): Promise<void> {
    const { record, pieces } = document;
    const complete = pieces.have.isFull;
    if (complete) await pieces.finish();
    if (complete && pieces.modifiedAt === (record.modifiedAt ?? undefined)) return;
    document.record = { ...record, complete, ...placeOf(pieces) };
    await this.save(document);
  }

  /** After a hard stop of the machine, or when the file was touched, nothing on the disk is believed unseen. */
  private async verify(document: LocalDocument): Promise<void> {
    const lost = await document.pieces.verify((piece, bytes) => document.verifies(piece, bytes));
    const { id: documentId, name } = document.record;
    this.options.logger.warn({ documentId, name, lost }, 'the pieces of a document were checked again');
  }

  private async change(document: LocalDocument, type: LibraryChange['type'], update: () => void | Promise<void>): Promise<void> {
    const happened = await this.turns.run(document.id, async () => {
      if (this.documents.get(document.id) !== document) return false;
      await update();
      await this.save(document);
      return true;
    });
    if (happened) this.changes.next({ type, document });
  }

  /** Saves a new document, or takes back what was done for it. */
  private async saveOr(document: LocalDocument, takeBack: () => Promise<void>): Promise<void> {
    try {
      await this.save(document);
    } catch (error) {
      await takeBack().catch((err) =>
        this.options.logger.error({ err, documentId: document.id }, 'a document that has no record stays on the disk'),
      );
      throw error;
    }
  }

  /** Called within the document's turn only, so that two saves never mix. */
  private async save(document: LocalDocument): Promise<void> {
    await this.options.records.save({ record: document.record, metainfo: document.encodeMetainfo() });
  }
}

/** Where the finished file stands and since when: what a later start finds it by, and sees that nobody touched it. */
function placeOf({ fileName, modifiedAt }: DocumentPieces): Pick<DocumentRecord, 'fileName' | 'modifiedAt'> {
  return { fileName: fileName ?? null, modifiedAt: modifiedAt ?? null };
}
