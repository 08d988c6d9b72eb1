import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PackageCopier } from './package-copier.ts';

describe('copying packages for a runtime image', () => {
  let root: string;
  const target = () => join(root, 'image');
  const install = (path: string, manifest: object) => {
    const file = join(root, 'node_modules', path, 'package.json');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(manifest));
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'pageswarm-packages-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('takes what a package needs, and keeps two versions of one name apart', () => {
    install('a', { dependencies: { b: '1', c: '1' } });
    install('b', {});
    install('c', { dependencies: { b: '2' } });
    install('c/node_modules/b', { version: '2' });
    install('unused', {});
    const copier = new PackageCopier(root, target());
    copier.copyIfInstalled('a');
    expect(copier.copied).toEqual(['a', 'b', 'c', 'c/node_modules/b']);
    expect(existsSync(join(target(), 'node_modules/c/node_modules/b/package.json'))).toBe(true);
    expect(existsSync(join(target(), 'node_modules/unused'))).toBe(false);
  });

  it('passes over a package that is named but not installed, and over optional ones', () => {
    install('a', { optionalDependencies: { native: '1' } });
    const copier = new PackageCopier(root, target());
    copier.copyIfInstalled('a');
    copier.copyIfInstalled('absent');
    expect(copier.copied).toEqual(['a']);
  });

  it('stops when a needed package is missing, for the image would fail at run time', () => {
    install('a', { dependencies: { gone: '1' } });
    expect(() => new PackageCopier(root, target()).copyIfInstalled('a')).toThrow(/gone, which .* needs, is not installed/);
  });
});
