import { afterEach, describe, expect, it } from '@jest/globals';
import { encodeLayout, type FindingsHead, type Host, MAX_ENCODED_TEXTS_BYTES, PageTextsWriter, PEER_PATTERNS } from '@pageswarm/contracts';
import { documentId, formatEndpoint, peerId } from '@pageswarm/primitives';
import { waitUntil } from '@pageswarm/testing';
import { ByteReply, SwarmClientPool, SwarmServer } from '@pageswarm/transport';
import { MAX_ENCODED_LAYOUT_BYTES } from '../library/finding-store.ts';
import type { LocalDocument } from '../library/local-document.ts';
import { MAX_CHECKED_PAGES, MAX_FINDINGS_HOSTS, PublishedFindings } from './published-findings.ts';

const identity = (digits: string) => ({ peerId: peerId(digits.repeat(20)), role: 'peer' as const });
const TEXTS = ['one page', 'and another page', ''];
const WORDS = [2, 3, 0];
const SIZES = [{ pages: 3, width: 100, height: 200 }];
const LAYOUT = encodeLayout({ outline: null, pageLabels: ['i', 'ii', '1'], pageSizes: SIZES });

function textsOf(pages: readonly string[]): Uint8Array {
  const writer = new PageTextsWriter();
  for (const page of pages) writer.add(page);
  return writer.finish();
}

interface Answer {
  readonly layout?: Uint8Array;
  readonly texts?: Uint8Array;
  /** What it says that it sends; as much as it does send, if it is left out. */
  readonly head?: FindingsHead;
  /** Sends nothing, ever; or a head, and then nothing until it is told to stop. */
  readonly silent?: 'at once' | 'after the head';
}

/** A host that hands over what it is told to. */
class ScriptedHost {
  asked = 0;
  stopped = 0;
  private readonly server = new SwarmServer({ host: '127.0.0.1', port: 0, identity: identity('01') });

  constructor({ layout = LAYOUT, texts = textsOf(TEXTS), head, silent }: Answer) {
    this.server.route(PEER_PATTERNS.findings, async ({ context }) => {
      this.asked++;
      const stopped = new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve()));
      void stopped.then(() => this.stopped++);
      if (silent === 'at once') await stopped;
      async function* body() {
        if (silent === 'after the head') await stopped;
        yield layout;
        yield texts;
      }
      return new ByteReply<FindingsHead>(head ?? { layout: layout.length, texts: texts.length }, body());
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve, reject) => this.server.listen((error) => (error ? reject(error) : resolve())));
    return formatEndpoint(this.server.address());
  }

  stop(): Promise<void> {
    return this.server.close();
  }
}

describe('what other hosts keep of the pages of a document', () => {
  const hosts: ScriptedHost[] = [];
  const connections = new SwarmClientPool({ identity: identity('02') });

  afterEach(async () => {
    for (const host of hosts.splice(0)) await host.stop();
  });

  /** Asks hosts that answer like this, one after another, for a document with these words on its pages. */
  async function find(answers: readonly Answer[], words: readonly number[] = WORDS, timeoutMs?: number) {
    const found: Host[] = [];
    for (const answer of answers) {
      const host = new ScriptedHost(answer);
      hosts.push(host);
      found.push({ address: await host.start(), complete: true } as Host);
    }
    const document = { id: documentId('ab'.repeat(32)), record: { inspection: { words } } } as LocalDocument;
    return new PublishedFindings({ hostsOf: async () => found }, connections, timeoutMs).find(document);
  }
  const asked = () => hosts.map((host) => host.asked);

  it('is taken over from the first that has it', async () => {
    expect(await find([{}, {}])).toEqual({ layout: Buffer.from(LAYOUT), texts: Buffer.from(textsOf(TEXTS)) });
    expect(asked()).toEqual([1, 0]);
  });

  it.each<[string, Answer]>([
    ['texts of another document', { texts: textsOf(['one page', 'and another document page', '']) }],
    ['texts of fewer pages', { texts: textsOf(TEXTS.slice(1)) }],
    ['no texts', { texts: new Uint8Array(0) }],
    ['texts that cannot be read', { texts: Buffer.from('no texts') }],
    ['a layout that cannot be read', { layout: Buffer.from('no layout') }],
    ['labels of fewer pages', { layout: encodeLayout({ outline: null, pageLabels: ['i'], pageSizes: SIZES }) }],
    ['sizes of more pages', { layout: encodeLayout({ outline: null, pageLabels: null, pageSizes: [...SIZES, ...SIZES] }) }],
    ['more than it announced', { head: { layout: LAYOUT.length, texts: 1 } }],
  ])('is taken from the next when one hands over %s', async (_, wrong) => {
    expect(await find([wrong, {}])).toMatchObject({ layout: Buffer.from(LAYOUT) });
    expect(asked()).toEqual([1, 1]);
  });

  it.each<[string, FindingsHead]>([
    ['a layout larger than is kept', { layout: MAX_ENCODED_LAYOUT_BYTES + 1, texts: 1 }],
    ['texts larger than are kept', { layout: 1, texts: MAX_ENCODED_TEXTS_BYTES + 1 }],
    ['what is no number of bytes', { layout: -1, texts: 0 }],
  ])('is not even read when one announces %s', async (_, head) => {
    expect(await find([{ head, silent: 'after the head' }, {}])).toMatchObject({ layout: Buffer.from(LAYOUT) });
    await waitUntil('the end of its answer', 4_000, () => hosts[0]?.stopped === 1);
  });

  it('is taken from the next when one says nothing for too long', async () => {
    expect(await find([{ silent: 'at once' }, {}], WORDS, 100)).toMatchObject({ layout: Buffer.from(LAYOUT) });
  });

  it('is asked for at so many hosts and no more', async () => {
    const wrong = { texts: textsOf(['something else', '', '']) };
    expect(await find([...Array(MAX_FINDINGS_HOSTS).fill(wrong), {}])).toBeUndefined();
    expect(asked()).toEqual([...Array(MAX_FINDINGS_HOSTS).fill(1), 0]);
  });

  it('is checked on so many pages, evenly spread', async () => {
    const pages = 2 * MAX_CHECKED_PAGES;
    const layout = encodeLayout({ outline: null, pageLabels: null, pageSizes: null });
    const lyingAbout = (page: number) => ({
      layout,
      texts: textsOf(Array.from({ length: pages }, (_, index) => (index === page ? 'two words' : 'one'))),
    });
    const words = Array(pages).fill(1);
    for (const page of [0, 2, pages - 2]) expect([page, await find([lyingAbout(page)], words)]).toEqual([page, undefined]);
    expect(await find([lyingAbout(1)], words)).toBeDefined();
  });

  it('may have fewer words on a page so long that its text was cut', async () => {
    const layout = encodeLayout({ outline: null, pageLabels: null, pageSizes: null });
    expect(await find([{ layout, texts: textsOf(['cut']) }], [60_000])).toBeDefined();
    expect(await find([{ layout, texts: textsOf(['cut']) }], [40_000])).toBeUndefined();
  });
});
