import { describeHostilePdfs } from '../medium/hostile-stage.ts';

describeHostilePdfs(() => true);
