import { describe, expect, it } from '@jest/globals';
import { isPageSwarmError } from '@pageswarm/primitives';
import fc from 'fast-check';
import { sampleFacts, samplePeer } from '../catalog/catalog.sample.ts';
import { decodeDocument, encodeDocument } from './document-codec.ts';
import { storedDocuments } from './document-entries.sample.ts';
import { decodePeer, encodePeer } from './peer-codec.ts';

const TAG = '0123456789abcdef';
describe('a document of a snapshot', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(storedDocuments, (record) => {
        const { completed, holdings, ...facts } = record;
        const holders = [...holdings].map(([peerId, { have, complete }]) => [peerId, have, complete]);
        expect(decodeDocument(record.id, encodeDocument(record, TAG))).toEqual({
          writer: TAG,
          facts,
          past: { completed, holdings: holders },
        });
      }),
    );
  });

  it('is refused with a code when it was cut, made longer, or written by anybody else', () => {
    fc.assert(
      fc.property(storedDocuments, fc.uint8Array({ maxLength: 300 }), fc.nat(), (record, noise, at) => {
        const bytes = encodeDocument(record, TAG);
        const foreign = { code: 'INVALID_SNAPSHOT' };
        expect(() => decodeDocument(record.id, bytes.subarray(0, at % bytes.length))).toThrow(expect.objectContaining(foreign));
        expect(() => decodeDocument(record.id, Buffer.concat([bytes, Buffer.from([0])]))).toThrow(expect.objectContaining(foreign));
        expect(() => decodeDocument('aa', bytes)).toThrow(expect.objectContaining(foreign));
        // Noise and changed bytes are refused or read as something that the contract allows; nothing else is thrown.
        const changed = Buffer.from(bytes);
        changed[at % bytes.length] = (changed[at % bytes.length] as number) ^ (1 + (at % 255));
        for (const each of [Buffer.from(noise), changed])
          try {
            const { facts } = decodeDocument(record.id, each);
            expect(facts.name.length).toBeGreaterThan(0);
          } catch (error) {
            if (!isPageSwarmError(error)) throw error;
            expect(error.code).toBe('INVALID_SNAPSHOT');
          }
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['JSON', '{"id":"x"}'],
    ['zeros', '\0'.repeat(500)],
    ['another format', '\xd2'],
  ])('is not %s', (_, content) => {
    const { id } = sampleFacts(1);
    const foreign = expect.objectContaining({ code: 'INVALID_SNAPSHOT' });
    expect(() => decodeDocument(id, Buffer.from(content, 'latin1'))).toThrow(foreign);
    expect(() => decodePeer(samplePeer(1), Buffer.from(content, 'latin1'))).toThrow(foreign);
  });
});

describe('a peer of a snapshot', () => {
  const peer = { peerId: samplePeer(1), name: 'ann', zone: undefined, address: { host: '::1', port: 7 }, httpAddress: undefined };

  it('comes back as it was, with the state that it had', () => {
    const http = { ...peer, zone: 'north', httpAddress: { host: '10.0.0.1', port: 8 } };
    for (const facts of [peer, http]) {
      const record = { ...facts, state: 'live', joinedAt: 1, lastSeen: 2 } as const;
      expect(decodePeer(peer.peerId, encodePeer(record as never))).toEqual({ facts, state: 'live' });
    }
  });

  it('is refused when it was cut or its address is none', () => {
    const bytes = encodePeer({ ...peer, state: 'live', joinedAt: 1, lastSeen: 2 } as never);
    const foreign = expect.objectContaining({ code: 'INVALID_SNAPSHOT' });
    for (let length = 0; length < bytes.length; length++) expect(() => decodePeer(peer.peerId, bytes.subarray(0, length))).toThrow(foreign);
    const noAddress = Buffer.from(bytes.toString('latin1').replace('[::1]:7', '[::1]:x'), 'latin1');
    expect(() => decodePeer(peer.peerId, noAddress)).toThrow(foreign);
  });
});
