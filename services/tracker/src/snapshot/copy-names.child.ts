// The thread that reads the names of the documents of a copy.
import { setPriority } from 'node:os';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { readNames } from './names-thread.ts';
import type { NamesOrder } from './restoring-order.ts';

/**
 * The thread that reads documents has more to do, and names wait for it: where processors are few it goes first, and names that fall
 * behind catch up while it waits. On Linux a priority belongs to a thread.
 */
const NAMES_NICENESS = 5;

if (process.platform === 'linux')
  try {
    setPriority(NAMES_NICENESS);
  } catch {
    // A tracker that was started with less than that gives nothing up.
  }
readNames(parentPort as MessagePort, workerData as NamesOrder);
