import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EntryPlaces } from './entry-places.ts';

describe('places of entries', () => {
  it('are what a map would tell, whatever their ids are', () => {
    const key = fc.oneof(
      fc.constantFrom('', 'a', 'ab', 'é'),
      fc.array(fc.nat(255), { maxLength: 255, size: 'max' }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    );
    const step = fc.tuple(key, fc.option(fc.nat(2 ** 40)));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const places = new EntryPlaces();
        const twin = new Map<string, number>();
        for (const [id, start] of steps) {
          const bytes = Buffer.from(`<${id}>`, 'latin1');
          const place = [bytes, 1, bytes.length - 1] as const;
          if (start === null) {
            places.delete(...place);
            twin.delete(id);
          } else {
            places.set(start, ...place);
            twin.set(id, start);
          }
        }
        expect(steps.map(([id]) => places.get(Buffer.from(id, 'latin1')))).toEqual(steps.map(([id]) => twin.get(id)));
        expect(places.size).toBe(twin.size);
        const told: [string, number][] = [];
        places.each((bytes, idStart, idEnd, start) => told.push([Buffer.from(bytes.subarray(idStart, idEnd)).toString('latin1'), start]));
        expect(new Map(told)).toEqual(twin);
        expect(told).toHaveLength(twin.size);
      }),
      { numRuns: 50 },
    );
  });
});
