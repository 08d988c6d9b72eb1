import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './manifest.ts';
import type { LookAnswer, LookQuestion, PageLook } from './page-look.child.ts';

/** How long PDFium may take for one page, in milliseconds. */
const PAGE_LIMIT_MS = 20_000;
/** Questions after which the process is replaced: PDFium's wrapper keeps pages open. */
const QUESTIONS_PER_PROCESS = 200;

/** How pages look to PDFium, one question at a time, in a process of its own. */
export class PageLooks {
  private child: ChildProcess | undefined;
  private questions = 0;
  private turn: Promise<unknown> = Promise.resolve();

  /** @returns null where PDFium cannot read the page, hangs or dies of it */
  lookAt(pdf: LookQuestion['pdf'], page: number): Promise<PageLook | null> {
    const answer = this.turn.then(() => this.ask({ pdf, index: page - 1 }));
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  close(): void {
    this.child?.kill('SIGKILL');
    this.child = undefined;
  }

  private async ask(question: LookQuestion): Promise<PageLook | null> {
    const child = await this.ready();
    this.questions++;
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(), PAGE_LIMIT_MS);
    const died = () => over.abort();
    child.once('exit', died);
    try {
      const answered = once(child, 'message', { signal: over.signal });
      child.send(question);
      const [{ look }] = (await answered) as [LookAnswer];
      return look;
    } catch {
      this.close();
      return null;
    } finally {
      clearTimeout(timer);
      child.off('exit', died);
    }
  }

  private async ready(): Promise<ChildProcess> {
    if (this.questions >= QUESTIONS_PER_PROCESS) this.close();
    if (this.child?.connected) return this.child;
    const script = join(projectRoot(), 'build/tools/page-look.child.js');
    if (!existsSync(script)) throw new Error(`${script} is missing: run "npm run build" first`);
    const child = fork(script, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
    await once(child, 'message');
    this.questions = 0;
    this.child = child;
    return child;
  }
}
