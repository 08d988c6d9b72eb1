import { cpSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Copies installed packages with everything that they need, each to the place where it was found. */
export class PackageCopier {
  private readonly paths = new Set<string>();

  /** @param root folder that holds the first node_modules; `target` gets the same layout */
  constructor(
    private readonly root: string,
    private readonly target: string,
  ) {}

  /** Where the copied packages were found, from the root. */
  get copied(): string[] {
    return [...this.paths].map((path) => relative(join(this.root, 'node_modules'), path)).sort();
  }

  /** Frameworks name packages in their sources that a project need not install. */
  copyIfInstalled(name: string): void {
    const path = this.find(name, this.root);
    if (path !== undefined) this.copy(path);
  }

  private copy(path: string): void {
    if (this.paths.has(path)) return;
    this.paths.add(path);
    const filter = (source: string) => !source.slice(path.length).includes('node_modules');
    cpSync(path, join(this.target, relative(this.root, path)), { recursive: true, dereference: true, filter });
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Manifest;
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const found = this.find(needed, path);
      if (found !== undefined) this.copy(found);
      else if (!(needed in optionalDependencies)) throw new Error(`${needed}, which ${path} needs, is not installed`);
    }
  }

  /** The folder that Node would load `name` from when asked in `from`: the nearest node_modules upwards. */
  private find(name: string, from: string): string | undefined {
    const path = join(from, 'node_modules', name);
    if (existsSync(join(path, 'package.json'))) return path;
    return from === this.root || from === dirname(from) ? undefined : this.find(name, dirname(from));
  }
}
