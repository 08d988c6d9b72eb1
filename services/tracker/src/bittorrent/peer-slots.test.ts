import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PeerSlots } from './peer-slots.ts';

const keyOf = (n: number) => Buffer.of(10, 0, 0, n >> 8, n & 255, 7);
const idOf = (n: number) => Buffer.alloc(20, n);

/** What is asked of one peer in turn. */
const step = fc.record({
  n: fc.integer({ min: 0, max: 40 }),
  what: fc.constantFrom('seed', 'leech', 'leave'),
  at: fc.integer({ min: 0, max: 9 }),
});

describe('the peers of a swarm', () => {
  it('are what a map of them would be, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 250 }), fc.integer({ min: 0, max: 10 }), (steps, moment) => {
        const slots = new PeerSlots(6);
        const twin = new Map<number, { seeds: boolean; at: number }>();
        for (const { n, what, at } of steps) {
          const place = slots.find(keyOf(n));
          expect(place >= 0).toBe(twin.has(n));
          if (what === 'leave') {
            if (place >= 0) slots.remove(place);
            twin.delete(n);
            continue;
          }
          const seeds = what === 'seed';
          const now = place < 0 ? slots.add(keyOf(n), idOf(n), seeds, at) : slots.update(place, idOf(n), seeds, at);
          twin.set(n, { seeds, at });
          expect([slots.find(keyOf(n)), slots.isSeeder(now)]).toEqual([now, seeds]);
        }
        const oldest = slots.expire(moment);
        for (const [n, { at }] of twin) if (at < moment) twin.delete(n);
        expect(oldest).toBe(Math.min(Number.POSITIVE_INFINITY, ...[...twin.values()].map(({ at }) => at)));
        expect([slots.size, slots.seeders]).toEqual([twin.size, [...twin.values()].filter(({ seeds }) => seeds).length]);
        for (let n = 0; n <= 40; n++) expect(slots.peerIdOf(keyOf(n))).toEqual(twin.has(n) ? idOf(n) : undefined);
      }),
    );
  });

  it('are picked once each, never the asker, and for a seeder no seeders', () => {
    const peers = fc.uniqueArray(fc.integer({ min: 0, max: 300 }), { maxLength: 60 });
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(peers, peers, fc.integer({ min: 0, max: 70 }), chance, fc.boolean(), (all, seeding, most, where, asksAsSeeder) => {
        const slots = new PeerSlots(6);
        const seeds = new Set(seeding);
        for (const n of all) slots.add(keyOf(n), idOf(n), seeds.has(n), 0);
        const own = all.length === 0 ? -1 : slots.find(keyOf(all[0] as number));
        const count = slots.available(own, asksAsSeeder, most);
        const into = Buffer.alloc(3 + 6 * 80);
        const end = slots.pick(into, 3, own, asksAsSeeder, count, where);
        const picked = Array.from({ length: (end - 3) / 6 }, (_, n) => into.readUInt16BE(3 + 6 * n + 3));
        const wanted = all.slice(1).filter((n) => !asksAsSeeder || !seeds.has(n));
        expect(new Set(picked).size).toBe(picked.length);
        expect(picked.length).toBe(Math.min(most, wanted.length));
        for (const n of picked) expect(wanted).toContain(n);
      }),
    );
  });

  it('each get their turn', () => {
    const slots = new PeerSlots(6);
    for (let n = 0; n < 10; n++) slots.add(keyOf(n), idOf(n), n % 2 === 0, 0);
    const first = Array.from({ length: 10 }, (_, n) => {
      const into = Buffer.alloc(6);
      slots.pick(into, 0, -1, false, 1, n / 10);
      return into.readUInt16BE(3);
    });
    expect(first.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
