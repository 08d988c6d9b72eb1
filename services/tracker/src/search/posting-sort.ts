import type { Turn } from '../columns/pace.ts';
import type { PostingLists } from './posting-lists.ts';

const FIRST_LISTS = 1_024;
/** Lists and numbers in them that are filled before others may get their turn. */
const FILLED_PER_TURN = 2_048;

/**
 * Puts very many numbers into empty lists at once. They come twice in the same order, ascending for each list: first they
 * are counted, so that each list has its place among all, and then placed. That costs a few writes for each and not a
 * look into its list.
 */
export class PostingSort {
  private counts = new Uint32Array(FIRST_LISTS);
  private lists = 0;
  private total = 0;
  /** Behind the last number of each list that was placed. */
  private ends = new Uint32Array(0);
  private numbers = new Uint32Array(0);

  /** One number more will be in this list. */
  count(list: number): void {
    if (list >= this.lists) this.reserve(list + 1);
    this.counts[list] = (this.counts[list] as number) + 1;
    this.total++;
  }

  /** All are counted. */
  arrange(): void {
    this.numbers = new Uint32Array(this.total);
    this.ends = new Uint32Array(this.lists);
    let sum = 0;
    for (let list = 0; list < this.lists; list++) {
      this.ends[list] = sum;
      sum += this.counts[list] as number;
    }
  }

  place(list: number, number: number): void {
    const at = this.ends[list] as number;
    this.numbers[at] = number;
    this.ends[list] = at + 1;
  }

  /** All are placed. */
  async fill(lists: PostingLists, turn: Turn): Promise<void> {
    let sinceTurn = 0;
    for (let list = 0; list < this.lists; list++) {
      const end = this.ends[list] as number;
      const count = this.counts[list] as number;
      const long = count > 0 ? lists.fill(list, this.numbers, end - count, end, turn) : undefined;
      if (long !== undefined) await long;
      sinceTurn += 1 + count;
      if (sinceTurn < FILLED_PER_TURN) continue;
      sinceTurn = 0;
      await turn();
    }
  }

  private reserve(lists: number): void {
    this.lists = lists;
    if (lists <= this.counts.length) return;
    const larger = new Uint32Array(2 * lists);
    larger.set(this.counts);
    this.counts = larger;
  }
}
