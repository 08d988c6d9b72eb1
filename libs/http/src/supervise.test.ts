import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { PageSwarmError } from '@pageswarm/primitives';
import { describeStartFailure } from './supervise.ts';

describe('a service that cannot start', () => {
  it('says in one line what is wrong with its folder, its port or its settings', async () => {
    const folder: unknown = await writeFile('/nowhere/at/all', '').catch((error) => error);
    expect(describeStartFailure(folder)).toMatch(/^A file or folder cannot be used, look at PAGESWARM_DATA_DIR: .*\/nowhere\/at\/all'$/);
    expect(describeStartFailure(Object.assign(new Error(), { code: 'EADDRINUSE', address: '::1', port: 7180 }))).toBe(
      'Port 7180 on ::1 is taken: stop what runs there, or choose another port',
    );
    expect(describeStartFailure(new PageSwarmError('INVALID_CONFIGURATION', 'no such thing'))).toBe('INVALID_CONFIGURATION: no such thing');
    expect(describeStartFailure(new TypeError('a mistake of ours'))).toContain('supervise.test');
  });
});
