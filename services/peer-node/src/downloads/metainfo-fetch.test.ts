import { describe, expect, it } from '@jest/globals';
import type { DocumentIdentity, Host } from '@pageswarm/contracts';
import { PageSwarmError, type PeerId, parseEndpoint } from '@pageswarm/primitives';
import { DocumentHasher, encodeMetainfo, infoHashes } from '@pageswarm/torrent';
import type { SwarmClientPool } from '@pageswarm/transport';
import { fetchMetainfo } from './metainfo-fetch.ts';

const BYTES = Buffer.alloc(40_000, 'a page, and ');
const { size, pieceLength, root, pieceLayer, v1Pieces } = new DocumentHasher(BYTES.length).update(BYTES).finish();
const NAMED = { name: 'x.pdf', size, pieceLength, root, pieceLayer, v1Pieces };
const METAINFO = encodeMetainfo(NAMED);
const IDENTITY = { id: root, name: 'x.pdf', size, pieceLength, ...infoHashes(NAMED) } as DocumentIdentity;
const OTHER_METAINFO = encodeMetainfo({ name: 'x.pdf', ...new DocumentHasher(3).update(Buffer.from('abc')).finish() });
const NEVER = new Promise<never>(() => {});

describe('fetchMetainfo', () => {
  it('takes the metainfo of the first host that has it right', async () => {
    const { asked, fetched } = fetchFrom({ metainfo: refusal('gone') }, { metainfo: OTHER_METAINFO }, {});
    expect(await fetched).toMatchObject({ name: 'x.pdf', root, pieceLayer });
    expect(asked()).toEqual(['connect 1', 'metainfo 1', 'connect 2', 'metainfo 2', 'connect 3', 'metainfo 3']);
  });

  it.each([
    ['takes no connection', { connect: NEVER }],
    ['takes a connection and answers no ping', { ping: NEVER }],
    ['answers pings and sends no metainfo', { metainfo: NEVER }],
  ])('does not wait for a host that %s', async (_, silent) => {
    const began = performance.now();
    await fetchFrom(silent, silent, {}).fetched;
    expect(performance.now() - began).toBeLessThan(2_500);
  });

  it('names why each host could not give it', async () => {
    const { fetched } = fetchFrom({ connect: Promise.reject(refusal('nobody listens')) }, { metainfo: refusal('not here') });
    await expect(fetched).rejects.toMatchObject({
      code: 'NO_HOSTS',
      message: 'No host gave the metainfo (127.0.0.1:1: nobody listens; 127.0.0.1:2: not here)',
    });
  });

  it('says that no host is known when there is none', async () => {
    await expect(fetchFrom().fetched).rejects.toMatchObject({ code: 'NO_HOSTS', message: 'No host of the document is known' });
  });

  it('ends when the download is paused meanwhile', async () => {
    const pause = new AbortController();
    const { fetched } = fetchFromUntil(pause.signal, { metainfo: NEVER });
    pause.abort(new Error('paused'));
    await expect(fetched).rejects.toThrow('paused');
  });
});

const refusal = (detail: string) => new PageSwarmError('NOT_FOUND', detail);

/** A host that does everything right but what it is told here. */
interface Behaviour {
  readonly connect?: Promise<never>;
  readonly ping?: Promise<never>;
  readonly metainfo?: Uint8Array | Error | Promise<never>;
}

const fetchFrom = (...hosts: readonly Behaviour[]) => fetchFromUntil(new AbortController().signal, ...hosts);

function fetchFromUntil(signal: AbortSignal, ...behaviours: readonly Behaviour[]) {
  const asked: string[] = [];
  const peerOf = (number: number) => String(number).padStart(40, '0') as PeerId;
  const get = ({ port }: ReturnType<typeof parseEndpoint>) => {
    const { connect, ping, metainfo = METAINFO } = behaviours[port - 1] as Behaviour;
    return {
      remote: { peerId: peerOf(port) },
      connect: async () => {
        asked.push(`connect ${port}`);
        await connect;
      },
      ping: async () => ping ?? 1,
      bytes: async () => {
        asked.push(`metainfo ${port}`);
        const bytes = await metainfo;
        if (bytes instanceof Error) throw bytes;
        return { head: { bytes: bytes.length }, body: [bytes] };
      },
    };
  };
  const hosts = behaviours.map((_, index) => ({ peerId: peerOf(index + 1), address: `127.0.0.1:${index + 1}` }) as Host);
  const fetched = fetchMetainfo(IDENTITY, hosts, { get } as unknown as SwarmClientPool, signal);
  fetched.catch(() => {});
  return { asked: () => asked, fetched };
}
