import { join } from 'node:path';
import { makeSamples } from '../sample-maker/sample-folder.ts';
import { LocalSwarm } from './local-swarm.ts';
import type { LauncherOptions } from './options.ts';
import { SAMPLE_STORY } from './sample-story.ts';
import { shareSamples } from './sharing.ts';
import { playStory } from './story.ts';
import { welcome } from './welcome.ts';

/** Where the launcher writes, and what ends it. */
export interface LauncherSurroundings {
  writeLine(line: string): void;
  /** Resolves when a person or the system asks for the end. */
  readonly stopRequest: Promise<string>;
}

/**
 * Runs a local swarm until it is asked to stop, or once through the sample story.
 * @returns the exit code: 0 when it ended as asked and everything held
 * @throws PortTakenError, FolderInUseError or ServiceEndedError when it could not start; nothing is left running
 */
export async function launch(options: LauncherOptions, { writeLine, stopRequest }: LauncherSurroundings): Promise<number> {
  const swarm = new LocalSwarm(options, writeLine);
  const asked = stopRequest.then((reason) => ({ code: 0, sentence: `Stopping everything (${reason}) ...` }));
  const broken = swarm.unexpectedEnd.then((error) => ({ code: 1, sentence: `${error.message}\nStopping the rest ...` }));
  const played = run(swarm, options, writeLine);
  try {
    const { code, sentence } = await Promise.race([asked, broken, played]);
    writeLine(sentence);
    return code;
  } finally {
    // Whatever is still being done fails when the processes go away, and nobody waits for it any more.
    played.catch(() => {});
    await swarm.stop();
    writeLine('Everything is stopped.');
  }
}

async function run(swarm: LocalSwarm, options: LauncherOptions, writeLine: (line: string) => void) {
  await swarm.start();
  const files = options.samples ? await makeSamples(join(options.dataDir, 'samples')) : [];
  if (options.once) {
    const failed = await playStory(SAMPLE_STORY, { swarm, files }, writeLine);
    return { code: failed === undefined ? 0 : 1, sentence: 'Stopping everything ...' };
  }
  for (const { file, peer, added } of await shareSamples(swarm, files))
    writeLine(`peer-${peer} ${added ? 'shares' : 'already shares'} "${file.sample.fileName}"`);
  writeLine(welcome(swarm));
  return new Promise<never>(() => {});
}
