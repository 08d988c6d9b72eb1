import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HoldingTable, MAX_WALKED_HOSTS } from './holding-table.ts';

function rowsOf(first: number, following: (row: number) => number): number[] {
  const rows: number[] = [];
  for (let row = first; row !== -1; row = following(row)) rows.push(row);
  return rows;
}

describe('the table of holdings', () => {
  it('tells what a map of pairs tells, in the order of their coming, whoever comes and goes', () => {
    // Documents get more hosts than are gone through, and fewer again.
    const [slots, hosts] = [2, MAX_WALKED_HOSTS + 4];
    const step = fc.tuple(
      fc.constantFrom('add', 'add', 'set', 'delete', 'rotate'),
      fc.nat(slots),
      fc.nat(hosts),
      fc.nat(8_192),
      fc.boolean(),
      fc.nat(9),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        const table = new HoldingTable();
        const twin = new Map<string, readonly [slot: number, host: number, have: number, complete: boolean, session: number]>();
        /** The documents of each host in their order. */
        const orders: string[][] = Array.from({ length: hosts + 1 }, () => []);
        for (const [what, slot, host, have, complete, session] of steps) {
          const key = `${slot} ${host}`;
          const order = orders[host] as string[];
          if (what === 'rotate' && order.length > 0) {
            table.rotateHost(host);
            order.push(order.shift() as string);
          }
          const row = table.find(slot, host);
          expect(row !== -1).toBe(twin.has(key));
          if (what === 'add' && row === -1) {
            table.add(slot, host, have, complete, session);
            order.push(key);
          }
          if (what === 'set' && row !== -1) table.set(row, have, complete, session);
          if (what === 'delete' && row !== -1) {
            table.delete(row);
            twin.delete(key);
            order.splice(order.indexOf(key), 1);
          }
          if ((what === 'add' && row === -1) || (what === 'set' && row !== -1)) twin.set(key, [slot, host, have, complete, session]);
        }
        const told = (row: number) => [
          table.slotOf(row),
          table.hostOf(row),
          table.haveOf(row),
          table.isComplete(row),
          table.sessionOf(row),
        ];
        const found: string[] = [];
        for (let slot = 0; slot <= slots; slot++)
          for (let host = 0; host <= hosts; host++) if (table.find(slot, host) !== -1) found.push(`${slot} ${host}`);
        expect(found.sort()).toEqual([...twin.keys()].sort());
        for (let n = 0; n <= hosts; n++) {
          const ofSlot = [...twin.values()].filter(([slot]) => slot === n);
          const ofHost = (orders[n] as string[]).map((key) => twin.get(key));
          expect(rowsOf(table.firstOfSlot(n), (row) => table.followingOfSlot(row)).map(told)).toEqual(ofSlot);
          expect(rowsOf(table.firstOfHost(n), (row) => table.followingOfHost(row)).map(told)).toEqual(ofHost);
          expect([table.hostsOf(n), table.documentsOf(n)]).toEqual([ofSlot.length, ofHost.length]);
        }
      }),
    );
  });

  it('finds each row after very many came at once, and of those that come and go then', async () => {
    const table = new HoldingTable();
    const most = MAX_WALKED_HOSTS + 3;
    table.beginFilling();
    for (let slot = 0; slot <= most; slot++) for (let host = 0; host < slot; host++) table.add(slot, host, 1, false, 0);
    await table.endFilling(() => undefined);
    const found = (slot: number) => Array.from({ length: most + 1 }, (_, host) => table.find(slot, host) !== -1);
    for (let slot = 0; slot <= most; slot++) {
      expect(found(slot)).toEqual(found(slot).map((_, host) => host < slot));
      for (let host = slot - 1; host >= 0; host--) {
        table.delete(table.find(slot, host));
        expect(found(slot)).toEqual(found(slot).map((_, other) => other < host));
      }
    }
  });

  it('has the same rows when those of a document come at once', async () => {
    const tables = [new HoldingTable(), new HoldingTable()] as const;
    const hostsOf = (slot: number) => Array.from({ length: slot }, (_, n) => (7 * slot + n) % 13);
    const told = Uint32Array.from({ length: 13 }, (_, n) => 2 * n + (n % 2));
    for (const table of tables) table.beginFilling();
    for (let slot = 0; slot < 12; slot++) {
      for (const [n, host] of hostsOf(slot).entries()) tables[0].add(slot, host, n, n % 2 === 1, 0);
      tables[1].addAll(slot, slot, Uint32Array.from(hostsOf(slot)), told);
    }
    const rows = [];
    for (const table of tables) {
      await table.endFilling(() => undefined);
      // One in the middle goes and another comes, which looks at all links.
      for (const slot of [3, 11]) {
        table.delete(table.find(slot, hostsOf(slot)[1] as number));
        table.add(slot, 11, 5, true, 1);
      }
      const told = (row: number) => [table.slotOf(row), table.hostOf(row), table.haveOf(row), table.isComplete(row), table.sessionOf(row)];
      rows.push([
        Array.from({ length: 12 }, (_, slot) => rowsOf(table.firstOfSlot(slot), (row) => table.followingOfSlot(row)).map(told)),
        Array.from({ length: 13 }, (_, host) => rowsOf(table.firstOfHost(host), (row) => table.followingOfHost(row)).map(told)),
        Array.from({ length: 13 }, (_, n) => [table.hostsOf(n), table.documentsOf(n), table.find(11, n)]),
        table.writes,
      ]);
    }
    expect(rows[1]).toEqual(rows[0]);
  });

  it('writes one row for each change, and one for each document of a host that ends, whatever else there is', () => {
    const table = new HoldingTable();
    for (let slot = 0; slot < 100; slot++) for (let host = 0; host < 50; host++) table.add(slot, host, 1, false, 0);
    const before = table.writes;
    for (let row = table.firstOfHost(7); row !== -1; row = table.firstOfHost(7)) table.delete(row);
    expect(table.writes - before).toBe(100);
  });
});
