import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';
import { sampleFacts, samplePeer } from '../catalog/catalog.sample.ts';
import { Catalog } from '../catalog/catalog.ts';
import { TextsReader } from './document-texts.ts';
import type { TextsMessage } from './restoring-order.ts';
import { MAX_TEXTS_AHEAD_BYTES, TextsSender } from './texts-sender.ts';

/** The longest names, so that few documents have many bytes of texts. */
const NAME = 'é'.repeat(250);
const ALIASES = Array.from({ length: 60 }, (_, n) => `${n}${NAME}`);
const facts = (n: number) => sampleFacts(n, { name: `${n}.pdf`, aliases: ALIASES });

describe('texts on their way to the thread that reads names', () => {
  it('are no more than the limit before the other has read some, and come whole and in order', async () => {
    const { port1, port2 } = new MessageChannel();
    const catalog = new Catalog();
    const sender = new TextsSender(catalog, port1);
    const names: string[] = [];
    let [sent, isReading, namesAtEnd] = [0, false, 0];
    const unread: number[] = [];
    const read = () => {
      for (const length of unread.splice(0)) port2.postMessage({ read: length });
    };
    const ended = new Promise<readonly number[]>((resolve) => {
      port2.on('message', (message: TextsMessage) => {
        if ('gone' in message) return resolve(message.gone);
        if ('isAll' in message) {
          namesAtEnd = names.length;
          sender.settle([3]);
          return;
        }
        sent += message.texts.length;
        unread.push(message.texts.length);
        for (const reader = new TextsReader(message.texts); !reader.isAtEnd; ) {
          const texts: string[] = [];
          reader.readTexts(0, (bytes, start, end) => void texts.push(bytes.toString('utf8', start, end)));
          expect(texts.slice(1)).toEqual(ALIASES);
          names.push(texts[0] as string);
        }
        if (isReading) read();
        else if (sent > MAX_TEXTS_AHEAD_BYTES)
          // Nothing more comes while nothing is read.
          setTimeout(() => {
            expect(unread.reduce((sum, length) => sum + length, 0)).toBe(sent);
            waitedAt ??= sent;
            isReading = true;
            read();
          }, 50);
      });
    });
    let waitedAt: number | undefined;
    const count = 900;
    for (let n = 0; n < count; n++) {
      catalog.announce(samplePeer(1), facts(n), { have: 0, complete: false });
      await sender.send();
    }
    // The other thread is told that these were all before it is known which of them stay.
    sender.end();
    expect(await ended).toEqual([3]);
    expect(namesAtEnd).toBe(count);
    expect(names).toEqual(Array.from({ length: count }, (_, n) => `${n}.pdf`));
    expect(waitedAt).toBeLessThan(MAX_TEXTS_AHEAD_BYTES + 200_000);
    port2.close();
  }, 60_000);
});
