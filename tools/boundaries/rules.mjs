// The import rules of the house as data. A lib may import the libs that stand on a lower floor and that it declares.

/** Floors from the ground up; a lib imports only from floors below its own, the `down` list says what may be used. */
export const FLOORS = [
  ['primitives'],
  ['torrent', 'page-map', 'engine', 'wire'],
  ['transport', 'datagrams', 'contracts', 'piece-store', 'config', 'observability'],
  ['http', 'simulation'],
  ['testing'],
];

/** Libs without I/O: values and decisions only. */
export const PURE_LIBS = ['primitives', 'torrent', 'page-map', 'engine', 'wire'];

/** Modules of Node that compute and touch nothing outside: the only ones a pure lib may import. */
export const PURE_NODE_MODULES = ['node:crypto', 'node:zlib', 'node:buffer'];

/** Time and chance are arguments in a pure lib. */
export const IMPURE_CALLS = [
  /\bDate\.now\s*\(/,
  /\bnew Date\s*\(\s*\)/,
  /\bMath\.random\s*\(/,
  /\bperformance\.now\s*\(/,
  /\bset(?:Timeout|Interval|Immediate)\s*\(/,
  /\bprocess\./,
];

/** A technology and the only rooms that may know it. */
export const TECHNOLOGIES = [
  { module: /^node:(net|tls)$/, rooms: ['libs/transport', 'libs/testing', 'tools', 'test'], why: 'sockets live in the transport' },
  { module: /^(node:dgram|koffi)$/, rooms: ['libs/datagrams', 'libs/testing', 'tools', 'test'], why: 'UDP lives in the datagrams' },
  { module: /^ioredis$/, rooms: ['services/tracker/src/snapshot', 'tools', 'test'], why: 'Redis lives in the snapshot store' },
  {
    module: /^(@hyzyla\/pdfium|pdf-lib|pngjs)(\/|$)/,
    rooms: ['services/pdf-worker', 'tools', 'test'],
    why: 'the PDF libraries live in the pdf-worker',
  },
];
