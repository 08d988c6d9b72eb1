// The thread that reads the names of the documents of a copy.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { readNames } from './names-thread.ts';
import type { NamesOrder } from './restoring-order.ts';

readNames(parentPort as MessagePort, workerData as NamesOrder);
