import { describe, expect, it } from '@jest/globals';
// @ts-expect-error the checker is plain JavaScript, so that it runs before anything is built
import { breachesOf as untyped } from './boundaries.mjs';

const breachesOf = untyped as (path: string, text: string) => string[];

const PURE = 'libs/engine/src/planned.ts';
const TRANSPORT = 'libs/transport/src/planned.ts';
const PEER = 'services/peer-node/src/library/planned.ts';

describe('the boundary checker catches', () => {
  it.each([
    ['a pure lib that opens sockets', PURE, "import { createServer } from 'node:net';", 'a pure lib does no I/O'],
    ['a pure lib that reads files', PURE, "import * as fs from 'node:fs/promises';", 'a pure lib does no I/O'],
    ['a pure lib with a dependency', PURE, "import { z } from 'zod';", 'a pure lib has no dependency outside the house'],
    [
      'a pure lib that imports one with I/O',
      PURE,
      "import { SwarmClient } from '@pageswarm/transport';",
      'a pure lib imports only pure libs',
    ],
    [
      'a lib that imports upward',
      'libs/primitives/src/x.ts',
      "import { bdecode } from '@pageswarm/torrent';",
      'torrent is not below primitives',
    ],
    [
      'a lib that imports its neighbour',
      TRANSPORT,
      "import { SizeField } from '@pageswarm/contracts';",
      'contracts is not below transport',
    ],
    ['a service that imports a service', PEER, "import { startTracker } from '@pageswarm/tracker';", 'nobody imports a service'],
    ['a lib that imports a service', 'libs/http/src/x.ts', "import { x } from '@pageswarm/peer-node';", 'nobody imports a service'],
    ['a path into another service', PEER, "import { x } from '../../../tracker/src/catalog/catalog.ts';", 'entered through its name'],
    ['a path into a lib', PEER, "import { Bitfield } from '../../../../libs/primitives/src/bitfield.ts';", 'entered through its name'],
    [
      'a lib entered by the back door',
      PEER,
      "import { Bitfield } from '@pageswarm/primitives/src/bitfield.ts';",
      'entered through its index.ts',
    ],
    ['sockets outside the transport', PEER, "import net from 'node:net';", 'sockets live in the transport'],
    [
      'Redis outside the snapshot store',
      'services/tracker/src/catalog/x.ts',
      "import { Redis } from 'ioredis';",
      'Redis lives in the snapshot store',
    ],
    ['a PDF library outside the worker', PEER, "import { PDFDocument } from 'pdf-lib';", 'the PDF libraries live in the pdf-worker'],
  ])('%s', (_, path, text, why) => {
    const breaches = breachesOf(path, text);
    expect(breaches).toContainEqual(expect.stringContaining(why));
    for (const breach of breaches) expect(breach).toContain(`${path}:1 imports `);
  });

  it.each(['Date.now()', 'new Date()', 'Math.random()', 'performance.now()', 'setTimeout(f, 1)', 'setInterval(f)', 'process.env'])(
    'time and chance in a pure lib: %s',
    (call) => {
      expect(breachesOf(PURE, `const a = 1;\nconst b = ${call};`)).toEqual([expect.stringContaining(`${PURE}:2 uses `)]);
    },
  );

  it.each([
    "import type { Socket } from 'node:net';",
    "import 'node:net';",
    "import net, { connect } from 'node:net';",
    "import {\n  connect,\n  createServer,\n} from 'node:net';",
    "export { connect } from 'node:net';",
    "export * from 'node:net';",
    "const net = await import('node:net');",
    'import { connect } from "node:net";',
    "const a = 1; import { connect } from 'node:net';",
  ])('an import however it is written: %j', (text) => {
    expect(breachesOf(PEER, text)).toEqual([expect.stringContaining('sockets live in the transport')]);
  });

  it('every breach of a file, each with its line', () => {
    const text = "import { a } from '@pageswarm/primitives';\nimport { b } from 'node:net';\n\nimport { c } from '@pageswarm/tracker';\n";
    expect(breachesOf(PEER, text)).toEqual([expect.stringContaining(`${PEER}:2 `), expect.stringContaining(`${PEER}:4 `)]);
  });
});

describe('the boundary checker lets pass', () => {
  it.each([
    ['a breach in a line comment', PURE, "// import net from 'node:net'; and Date.now()"],
    ['a breach in a block comment', PURE, "/**\n * import net from 'node:net';\n * Math.random()\n */"],
    ['what a pure lib may use', PURE, "import { createHash } from 'node:crypto';\nimport { Bitfield } from '@pageswarm/primitives';"],
    ['a date that is told', PURE, 'const at = new Date(0);'],
    ['time outside the pure libs', TRANSPORT, 'const at = Date.now();'],
    ['sockets in the transport', TRANSPORT, "import { connect } from 'node:net';"],
    ['Redis in the snapshot store', 'services/tracker/src/snapshot/x.ts', "import { Redis } from 'ioredis';"],
    ['PDF libraries in the worker', 'services/pdf-worker/src/render/x.ts', "import { PNG } from 'pngjs';"],
    [
      'a service that imports libs',
      PEER,
      "import { SwarmClient } from '@pageswarm/transport';\nimport { Engine } from '@pageswarm/engine';",
    ],
    ['paths inside a service', PEER, "import { Downloads } from '../downloads/downloads.service.ts';"],
    [
      'a test of a pure lib with a dependency',
      'libs/engine/src/x.test.ts',
      "import fc from 'fast-check';\nimport { readFile } from 'node:fs/promises';",
    ],
    ['a URL in a string', PURE, "const site = 'https://example.org/import';"],
  ])('%s', (_, path, text) => {
    expect(breachesOf(path, text)).toEqual([]);
  });

  it('a breach after a string that holds two slashes is still a breach', () => {
    expect(breachesOf(PURE, "const site = 'https://example.org'; const now = Date.now();")).toHaveLength(1);
  });
});
