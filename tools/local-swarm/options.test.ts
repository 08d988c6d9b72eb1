import { describe, expect, it } from '@jest/globals';
import { parseOptions, UsageError } from './options.ts';

describe('options of the launcher', () => {
  it('default to three peers from port 7180 in .pageswarm, with samples', () => {
    expect(parseOptions([])).toEqual({ peers: 3, dataDir: `${process.cwd()}/.pageswarm`, basePort: 7180, once: false, samples: true });
  });

  it('are read in both spellings', () => {
    expect(parseOptions(['--peers', '5', '--data-dir=/tmp/x', '--base-port', '9000', '--no-samples'])).toEqual({
      peers: 5,
      dataDir: '/tmp/x',
      basePort: 9000,
      once: false,
      samples: false,
    });
  });

  it('are undefined when help is asked for', () => {
    expect(parseOptions(['--help'])).toBeUndefined();
    expect(parseOptions(['-h', '--peers', '2'])).toBeUndefined();
  });

  it.each([
    [['--peers', '0'], /--peers must be a whole number from 1 to 100, not "0"/],
    [['--peers', '101'], /--peers must be/],
    [['--peers', '2.5'], /--peers must be/],
    [['--peers', ''], /--peers must be/],
    [['--peers'], /--peers/],
    [['--base-port', '70000'], /--base-port must be/],
    [['--base-port', '65530'], /--base-port 65530 leaves no ports for 3 peers: the last would be 65539/],
    [['--data-dir='], /--data-dir needs a folder/],
    [['--peer', '3'], /--peer/],
    [['stray'], /stray/],
    [['--once', '--no-samples'], /--no-samples does not go with it/],
    [['--once', '--peers', '2'], /--once needs at least 3 peers/],
  ])('are refused in a sentence that names them: %j', (args, sentence) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(sentence);
  });
});
