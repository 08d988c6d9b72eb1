import { describe, expect, it } from '@jest/globals';
import { addressBytes, ManualClock } from '@pageswarm/primitives';
import { Announce, EVENT } from '../bittorrent/announce.ts';
import { sampleFacts } from '../catalog/catalog.sample.ts';
import { Admission, type AdmissionOptions, DRAINING_RETRY_MINUTES, STARTING_RETRY_MINUTES } from './admission.ts';
import { AllowList } from './allow-list.ts';
import { Bans, normalAddress } from './bans.ts';
import { Notes } from './notes.ts';
import { RATE_BURST_SECONDS, rateLimitOf } from './rate-limiter.ts';

const PEER = 'ab'.repeat(20);
const book = sampleFacts(1);

function admission(options: Partial<AdmissionOptions> = {}) {
  const clock = new ManualClock();
  const notes = new Notes();
  const [bans, allowList] = [new Bans(notes, clock), new AllowList(notes, clock)];
  const gate = new Admission(
    bans,
    allowList,
    { isOpen: false, allowListOnly: false, announces: rateLimitOf(undefined, 1), ...options },
    clock,
  );
  const request = new Announce();
  const announce = (address: string, event: number = EVENT.none) => {
    request.setSender(addressBytes(address) as Buffer);
    request.peerId.write(PEER, 'hex');
    request.event = event;
    return gate.refusalOf(request);
  };
  return { clock, bans, allowList, gate, announce };
}

describe('admission', () => {
  it('keeps banned peers and addresses out, however they write them, until the ban is lifted', () => {
    const { gate, bans, announce } = admission();
    bans.add('address', normalAddress('::ffff:10.0.0.9'), 'noise');
    bans.add('address', normalAddress('2001:DB8::1'), '');
    bans.add('peer', 'cd'.repeat(20), '');
    for (const hosts of [['10.0.0.9'], ['10.0.0.1', '::ffff:10.0.0.9']])
      expect(() => gate.demandEntry(PEER, ...hosts)).toThrow('Banned from this tracker: noise');
    expect(() => gate.demandEntry(PEER, '2001:db8:0::1')).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
    expect(() => gate.demandEntry('cd'.repeat(20), '10.0.0.1')).toThrow('Banned');
    gate.demandEntry(PEER, '10.0.0.1', 'peer.example');
    expect([announce('10.0.0.9')?.reason, announce('2001:db8::1')?.reason, announce('10.0.0.1')]).toEqual([
      'banned from this tracker',
      'banned from this tracker',
      undefined,
    ]);
    expect(bans.lift('address', '10.0.0.9')).toBe(true);
    expect(announce('10.0.0.9')).toBeUndefined();
    bans.add('peer', PEER, '');
    expect(announce('10.0.0.9')?.reason).toBe('banned from this tracker');
    expect([bans.size, [...bans.all()].map(({ banned }) => banned)]).toEqual([3, ['peer', 'peer', 'address']]);
  });

  it('lists no address that is none', () => {
    expect(() => normalAddress('10.0.0')).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });

  it('takes nothing in while the tracker goes away, and lets clients leave', () => {
    const { gate, announce } = admission();
    gate.isDraining = true;
    expect(announce('10.0.0.1')).toMatchObject({ retryInMinutes: DRAINING_RETRY_MINUTES });
    expect(announce('10.0.0.1', EVENT.stopped)).toBeUndefined();
    expect(() => gate.demandEntry(PEER, '10.0.0.1')).toThrow(expect.objectContaining({ code: 'GOING_AWAY' }));
    expect(() => gate.demandTime()).toThrow(expect.objectContaining({ code: 'GOING_AWAY' }));
  });

  it('answers nobody while the tracker does not know yet what it lists', () => {
    const { gate, announce } = admission();
    gate.isStarting = true;
    expect(announce('10.0.0.1', EVENT.stopped)).toMatchObject({ retryInMinutes: STARTING_RETRY_MINUTES });
    expect(gate.scrapeRefusal()).toMatchObject({ retryInMinutes: STARTING_RETRY_MINUTES });
    gate.isStarting = false;
    expect([announce('10.0.0.1'), gate.scrapeRefusal()]).toEqual([undefined, undefined]);
  });

  it('asks an address that announces too often to wait', () => {
    const { announce, clock } = admission();
    for (let n = 0; n < RATE_BURST_SECONDS; n++) expect(announce('10.0.0.1')).toBeUndefined();
    expect(announce('10.0.0.1')).toMatchObject({ retryInMinutes: 1 });
    expect(announce('10.0.0.2')).toBeUndefined();
    clock.advance(1_000);
    expect(announce('10.0.0.1')).toBeUndefined();
  });

  it('tracks what is not listed in an open tracker, and what is allowed with an allow-list', () => {
    const hash = Buffer.from(book.infoHashV1, 'hex');
    const cut = Buffer.from(book.infoHashV2, 'hex').subarray(0, 20);
    expect([admission().gate.tracksUnlisted(hash), admission({ isOpen: true }).gate.tracksUnlisted(hash)]).toEqual([false, true]);
    const { gate, allowList } = admission({ isOpen: true, allowListOnly: true });
    expect([gate.tracksUnlisted(hash), gate.tracksUnlisted(cut)]).toEqual([false, false]);
    allowList.add(book.infoHashV1, 'a book');
    allowList.add(book.infoHashV2, 'a book');
    expect([gate.tracksUnlisted(hash), gate.tracksUnlisted(cut)]).toEqual([true, true]);
    allowList.remove(book.infoHashV2);
    expect(gate.tracksUnlisted(cut)).toBe(false);
  });

  it.each(['id', 'md5', 'infoHashV1', 'infoHashV2'] as const)('allows a document by its %s', (field) => {
    const { gate, allowList } = admission({ allowListOnly: true });
    expect(() => gate.demandAllowed(book)).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
    allowList.add(book[field], '');
    gate.demandAllowed(book);
    admission().gate.demandAllowed(book);
  });
});
