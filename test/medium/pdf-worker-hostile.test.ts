import { describeHostilePdfs } from './hostile-stage.ts';

/** What takes seconds each, until a limit is reached, is for `npm run endurance`, which gives all of them. */
const SLOW = [
  '100,000 objects on one page',
  '20,000 pages',
  'a cross-reference stream that unpacks to 1.5 GB',
  'a page of forty million characters',
];

describeHostilePdfs((name) => !SLOW.includes(name));
