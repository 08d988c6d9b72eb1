import type { DownloadState } from './download-status.ts';
import type { HostQueues } from './host-queues.ts';
import type { Transfer } from './transfer.ts';

/** Holds after every event. Recounts everything that the engine keeps as running sums. @throws Error with a sentence when something does not hold */
export function checkInvariants(transfer: Transfer, state: DownloadState): void {
  const { book, ledger, hosts, picker } = transfer;
  let open = 0;
  let missing = 0;
  let unstored = 0;
  let storedBytes = 0;
  for (let piece = 0; piece < book.count; piece++) {
    const times = ledger.timesAsked(piece);
    if (book.isOpen(piece)) open++;
    if (book.isOpen(piece) || book.isRequested(piece)) missing += book.bytesOf(piece);
    if (book.isArrived(piece)) unstored += book.bytesOf(piece);
    if (book.stored.has(piece)) storedBytes += book.bytesOf(piece);
    if (times > 0 !== book.isRequested(piece))
      fail(`piece ${piece} is asked of ${times} hosts and requested is ${book.isRequested(piece)}`);
    if (times === 0) continue;
    const asked = ledger.askedOf(piece);
    if (new Set(asked.map((request) => request.host)).size < asked.length) fail(`piece ${piece} is asked of one host twice`);
    if (asked.length > 2) fail(`piece ${piece} is asked of ${asked.length} hosts`);
    for (const { host } of asked) {
      if (hosts.at(host).phase !== 'live') fail(`piece ${piece} is asked of a host that is ${hosts.at(host).phase}`);
      if (!picker.holds(host, piece)) fail(`piece ${piece} is asked of a host without it`);
    }
  }
  equal(open, book.openCount, 'open pieces');
  equal(missing, book.missingBytes, 'missing bytes');
  equal(unstored, book.unstoredBytes, 'unstored bytes');
  equal(storedBytes, book.storedBytes, 'stored bytes');
  let inFlight = 0;
  for (const host of hosts.all()) {
    let bytes = 0;
    for (const request of ledger.of(host.index)) {
      const pending = request.pieces.filter((piece) => ledger.isPending(request, piece));
      equal(pending.length, request.pending, 'pending pieces');
      for (const piece of pending) bytes += book.bytesOf(piece);
    }
    equal(bytes, ledger.bytesOf(host.index), 'bytes in flight of a host');
    inFlight += bytes;
    if (host.phase === 'live' && state === 'downloading') {
      let held = 0;
      for (const piece of book.open()) if (picker.holds(host.index, piece)) held++;
      equal(held, picker.openHeldBy(host.index), 'open pieces of a host');
    }
  }
  equal(inFlight, ledger.totalBytes, 'bytes in flight');
  if (state !== 'downloading') equal(inFlight, 0, 'bytes in flight while nothing is downloaded');
  if (state === 'done' && !book.complete) fail('done without all pieces');
  if (state === 'downloading') checkPlan(transfer);
}

/** As long as pieces are planned, the plan covers exactly what is open: nothing twice (by construction), nothing forgotten. */
function checkPlan(transfer: Transfer): void {
  const { queues, strategy } = transfer as unknown as {
    queues: HostQueues;
    strategy: { plan?: { homeless: Set<number> }; crowd?: boolean };
  };
  if (!strategy.plan || strategy.crowd) return;
  for (const piece of transfer.book.open())
    if (!queues.isPlanned(piece) && !strategy.plan.homeless.has(piece)) fail(`piece ${piece} is open and in nobody's plan`);
}

function equal(actual: number, kept: number, what: string): void {
  if (actual !== kept) fail(`${what}: there are ${actual}, the engine thinks ${kept}`);
}

function fail(sentence: string): never {
  throw new Error(sentence);
}
