import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PageSwarmError } from '@pageswarm/primitives';
import { storeError } from '../library/store-error.ts';
import { type ChangeRateLimits, ChangeRateLimitsSchema } from './rate-limits.ts';

/** Keeps in `limits.json` what the owner changed while the node ran; what he never changed is as the environment says. */
export class RateLimitFile {
  private readonly path: string;

  constructor(dataDir: string) {
    this.path = join(dataDir, 'limits.json');
  }

  /** @throws PageSwarmError INVALID_CONFIGURATION if the file is damaged: to send without the limits that were asked for would be worse */
  async load(): Promise<ChangeRateLimits> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw error;
    }
    try {
      return ChangeRateLimitsSchema.parse(JSON.parse(text));
    } catch (cause) {
      throw new PageSwarmError(
        'INVALID_CONFIGURATION',
        `${this.path} is damaged: mend it, or remove it to go back to the limits of the environment`,
        { cause },
      );
    }
  }

  /** @throws PageSwarmError STORE_FULL, STORE_FAILED */
  async save(changes: ChangeRateLimits): Promise<void> {
    try {
      await writeFile(`${this.path}.new`, JSON.stringify(changes), { flush: true });
      await rename(`${this.path}.new`, this.path);
    } catch (error) {
      await rm(`${this.path}.new`, { force: true });
      throw storeError(error);
    }
  }
}
