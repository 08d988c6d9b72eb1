// crowd-apart.child.js FILE PIECE_BYTES LEECHERS RATE FOLDER: one run of a crowd of Transmissions, in the network in which it is started.
// Prints the run as JSON, and ends when its standard input does.

import { runCrowd } from './crowd-run.ts';
import { sharedFile } from './shared-file.ts';
import { transmissionCrowd } from './transmission.crowd.ts';

const [path = '', pieceBytes, leechers, rate, folder = ''] = process.argv.slice(2);
process.stdin.resume().on('end', () => process.exit());
const run = await runCrowd(transmissionCrowd, await sharedFile(path, Number(pieceBytes)), {
  ...{ leechers: Number(leechers), rate: Number(rate), folder },
});
process.stdout.write(`${JSON.stringify(run)}\n`);
process.exit();
