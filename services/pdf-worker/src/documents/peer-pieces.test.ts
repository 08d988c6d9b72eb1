import { describe, expect, it } from '@jest/globals';
import { documentId, peerId } from '@pageswarm/primitives';
import { SwarmClient, SwarmServer } from '@pageswarm/transport';
import fc from 'fast-check';
import { type BytesClient, cutIntoPieces, PIECES_TIMEOUT_MS, peerPieces } from './peer-pieces.ts';

async function* chunksOf(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] as number;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

async function collect(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return all;
}

describe('pieces out of a stream of bytes', () => {
  it('are the same wherever the stream is cut', async () => {
    const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50, size: 'max' }), { minLength: 1, maxLength: 8, size: 'max' });
    const cuts = fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(pieces, cuts, async (wanted, lengths) => {
        const stream = chunksOf(Buffer.concat(wanted), lengths);
        const found = await collect(
          cutIntoPieces(
            stream,
            wanted.map(({ length }) => length),
          ),
        );
        expect(found.map((piece) => [...piece])).toEqual(wanted.map((piece) => [...piece]));
      }),
    );
  });

  it.each([9, 11])('are refused when %i bytes come for 10', async (length) => {
    await expect(collect(cutIntoPieces(chunksOf(new Uint8Array(length), [4]), [5, 5]))).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' });
  });
});

describe('the pieces of a peer', () => {
  const document = { id: documentId('ab'.repeat(32)), size: 40_000, pieceLength: 16_384 };
  const answering = (head: unknown) => {
    const calls: unknown[][] = [];
    const bytes = async (...call: unknown[]) => {
      calls.push(call);
      return { head, body: chunksOf(new Uint8Array(40_000 - 16_384), [10_000]), cancel: () => undefined };
    };
    return { calls, client: { bytes } as unknown as BytesClient };
  };

  it('are asked for on demand, and the last one is shorter', async () => {
    const { calls, client } = answering({ pieces: [[1, 2]] });
    const { signal } = new AbortController();
    const pieces = await collect(peerPieces(client, document)([1, 2], signal));
    expect(pieces.map(({ length }) => length)).toEqual([16_384, 40_000 - 2 * 16_384]);
    const request = { id: document.id, pieces: [[1, 2]], demand: true };
    expect(calls).toEqual([['pieces.get', request, { signal, timeoutMs: PIECES_TIMEOUT_MS }]]);
  });

  it.each([[[[1, 1]]], [[[0, 2]]], [[]]])('are not taken from an answer that holds %j', async (pieces) => {
    const { client } = answering({ pieces });
    const read = collect(peerPieces(client, document)([1, 2], new AbortController().signal));
    await expect(read).rejects.toMatchObject({ code: 'PIECE_NOT_HERE' });
  });

  it('are not taken from an answer that is none', async () => {
    const { client } = answering({ pieces: 'all' });
    const read = collect(peerPieces(client, document)([1, 2], new AbortController().signal));
    await expect(read).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('are not waited for longer than a request may take', async () => {
    const identity = (digits: string) => ({ peerId: peerId(digits.repeat(20)), role: 'peer' as const });
    const peer = new SwarmServer({ host: '127.0.0.1', port: 0, identity: identity('01') });
    peer.route('pieces.get', () => new Promise<never>(() => undefined));
    await new Promise<void>((resolve, reject) => peer.listen((error) => (error ? reject(error) : resolve())));
    const client = new SwarmClient({ endpoint: peer.address(), identity: identity('02') });
    try {
      const read = collect(peerPieces(client, document, 50)([1, 2], new AbortController().signal));
      await expect(read).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    } finally {
      client.destroy();
      await peer.close();
    }
  });
});
