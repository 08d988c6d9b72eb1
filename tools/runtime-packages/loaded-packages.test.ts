import { describe, expect, it } from '@jest/globals';
import { loadedPackages } from './loaded-packages.ts';

describe('packages that a bundle loads', () => {
  it.each([
    ['import pino from "pino";', ['pino']],
    ['import"reflect-metadata"', ['reflect-metadata']],
    ["export { a } from '@scope/name/inner/file.js'", ['@scope/name']],
    ['await import("@hyzyla/pdfium")', ['@hyzyla/pdfium']],
    ['const a = __require("swagger-ui-dist/absolute-path.js")', ['swagger-ui-dist']],
    ['const a = require$2("swagger-ui-dist/absolute-path.js")', ['swagger-ui-dist']],
    [" * import { Module } from '@nestjs/common';\n// import 'a'", []],
    ['import "./chunk-a.js"; import x from "../y.js"', []],
    ['import fs from "node:fs"', []],
    ['const text = "from nowhere"', []],
  ])('are read from %s', (source, names) => {
    expect([...loadedPackages(source)]).toEqual(names);
  });
});
