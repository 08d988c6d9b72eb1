import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@pageswarm/observability';
import { Bitfield, type DocumentId, PageSwarmError } from '@pageswarm/primitives';
import { Registry } from 'prom-client';
import { systemClock } from '../clock.ts';
import type { Library } from '../library/library.service.ts';
import type { LocalDocument } from '../library/local-document.ts';
import { ScrubMeter } from './scrub-meter.ts';
import { SCRUB_STEP_BYTES, Scrubber } from './scrubber.ts';

const PIECE = SCRUB_STEP_BYTES / 4;

/** A document drawn as a string: `.` is a sound piece, `x` a rotten one, `!` one that the disk does not give. */
function drawn(id: string, drawing: string) {
  const have = Bitfield.full(drawing.length);
  const document = {
    id: id as DocumentId,
    record: { id, name: `${id}.pdf`, pieceLength: PIECE },
    complete: true,
    damaged: false,
    have,
    sizeOfPiece: () => PIECE,
    verifies: (piece: number) => drawing[piece] === '.',
    pieces: {
      read: async (offset: number) => {
        if (!have.has(offset / PIECE)) throw new PageSwarmError('PIECE_NOT_HERE', 'forgotten');
        if (drawing[offset / PIECE] === '!') throw new PageSwarmError('STORE_FAILED', 'EIO');
        return new Uint8Array(PIECE);
      },
      forget: async (piece: number) => have.clear(piece),
    },
  };
  return document;
}

function scrubberOf(documents: ReturnType<typeof drawn>[], bytesPerSecond = 1e12) {
  const repaired: string[] = [];
  const registry = new Registry();
  const library = {
    list: () => documents as unknown as LocalDocument[],
    find: (id: DocumentId) => documents.find((document) => document.id === id),
    markDamaged: async (document: { complete: boolean; damaged: boolean }) => {
      document.complete = false;
      document.damaged = true;
    },
  } as unknown as Library;
  const scrubber = new Scrubber({
    library,
    repair: async (document) => void repaired.push(document.id),
    bytesPerSecond,
    clock: systemClock,
    meter: new ScrubMeter(registry),
    logger: createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' }),
  });
  return { scrubber, repaired, registry };
}

describe('the check of stored documents', () => {
  it('leaves sound documents alone', async () => {
    const document = drawn('sound', '........');
    const { scrubber, repaired } = scrubberOf([document]);
    await scrubber.pass();
    expect(repaired).toEqual([]);
    expect(document.have.isFull).toBe(true);
    expect(scrubber.status).toMatchObject({ checkedBytes: 8 * PIECE, rottenPieces: 0, lastPassAt: expect.any(String) });
  });

  it('forgets every rotten piece and has the document repaired once', async () => {
    const document = drawn('rotten', '..x..x.x');
    const { scrubber, repaired, registry } = scrubberOf([document, drawn('sound', '..')]);
    await scrubber.pass();
    expect(document.have.toRanges()).toEqual([
      [0, 2],
      [3, 2],
      [6, 1],
    ]);
    expect(repaired).toEqual(['rotten']);
    expect(scrubber.status.rottenPieces).toBe(3);
    expect(await registry.getSingleMetricAsString('pageswarm_peer_rotten_pieces_total')).toMatch(/ 3$/m);
  });

  it('asks for the repair again as long as the document is damaged', async () => {
    const { scrubber, repaired } = scrubberOf([drawn('rotten', 'x.')]);
    await scrubber.pass();
    await scrubber.pass();
    expect(repaired).toEqual(['rotten', 'rotten']);
  });

  it('takes an unreadable disk for no proof against a document, and goes on with the others', async () => {
    const unreadable = drawn('unreadable', '.!.');
    const rotten = drawn('rotten', 'x.');
    const { scrubber, repaired, registry } = scrubberOf([unreadable, rotten]);
    await scrubber.pass();
    expect(unreadable.have.isFull).toBe(true);
    expect(repaired).toEqual(['rotten']);
    expect(await registry.getSingleMetricAsString('pageswarm_peer_scrub_failures_total')).toMatch(/ 1$/m);
  });

  it('is no faster than its rate, and ends at once', async () => {
    const { scrubber } = scrubberOf([drawn('large', '.'.repeat(8))], 10 * SCRUB_STEP_BYTES);
    const started = performance.now();
    await scrubber.pass();
    expect(performance.now() - started).toBeGreaterThan(190);
    const { scrubber: slow } = scrubberOf([drawn('large', '.'.repeat(8))], 1);
    const pass = slow.pass();
    setTimeout(() => slow.stop(), 20);
    await pass;
    expect(slow.status.checkedBytes).toBe(SCRUB_STEP_BYTES);
  });
});
