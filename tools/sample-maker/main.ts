// npm run samples -- [folder]: makes the sample PDFs, by default in samples/ below the current folder.
import { resolve } from 'node:path';
import { makeSamples } from './sample-folder.ts';

const folder = resolve(process.argv[2] ?? 'samples');
for (const { path, size, sample } of await makeSamples(folder))
  process.stdout.write(`${path}  ${sample.pages} pages, ${size.toLocaleString('en')} bytes\n`);
