/** One step of a story: what it says, and what it does. It fails by throwing. */
export interface StoryStep<Scene> {
  readonly title: string;
  play(scene: Scene, stage: Stage): Promise<void>;
}

/** What a step tells and claims while it plays. */
export interface Stage {
  /** Shows what happens. */
  tell(text: string): void;
  /** Shows a fact that holds. @throws StoryFailure if it does not */
  claim(holds: boolean, fact: string): void;
}

/** A fact that did not hold. */
export class StoryFailure extends Error {
  override readonly name = 'StoryFailure';
}

/**
 * Plays the steps in order and prints each; stops at the first that fails.
 * @param write takes whole lines
 * @returns the title of the step that failed, undefined when all of it held
 */
export async function playStory<Scene>(
  steps: readonly StoryStep<Scene>[],
  scene: Scene,
  write: (line: string) => void,
): Promise<string | undefined> {
  const tell = (text: string) => write(text.replace(/^/gm, '    '));
  const claim = (holds: boolean, fact: string) => {
    if (!holds) throw new StoryFailure(`this does not hold: ${fact}`);
    tell(`✓ ${fact}`);
  };
  for (const [index, step] of steps.entries()) {
    write(`[${index + 1}/${steps.length}] ${step.title}`);
    try {
      await step.play(scene, { tell, claim });
    } catch (error) {
      tell(`✗ ${error instanceof Error ? error.message : String(error)}`);
      write(`FAILED at step ${index + 1}: ${step.title}`);
      return step.title;
    }
  }
  write('All of it held.');
  return undefined;
}
