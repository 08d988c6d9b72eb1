import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Folders of one test, removed together when it ends. */
export class TemporaryFolders {
  private readonly paths: string[] = [];

  async make(name = 'test'): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), `pageswarm-${name}-`));
    this.paths.push(path);
    return path;
  }

  async remove(): Promise<void> {
    for (const path of this.paths.splice(0)) await rm(path, { recursive: true, force: true, maxRetries: 3 });
  }
}
