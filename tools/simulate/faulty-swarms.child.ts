// node build/tools/faulty-swarms.child.js FIRST COUNT STEP: simulates the random swarms of the seeds FIRST, FIRST + STEP, ... with all
// invariants checked after every event, and prints what went wrong as one JSON value.
import { complaintsOf, faultyScenario, simulate } from '@pageswarm/simulation';

const [first, count, step] = process.argv.slice(2).map(Number) as [number, number, number];
const failures: string[] = [];
let complete = 0;
let events = 0;
for (let place = 0; place < count; place++) {
  const seed = first + place * step;
  const swarm = faultyScenario(seed);
  try {
    const result = simulate(swarm.scenario, seed, { checked: true });
    events += result.events;
    if (result.makespanMs !== null) complete++;
    for (const complaint of complaintsOf(result, swarm)) failures.push(`seed ${seed} (${swarm.scenario.strategy}): ${complaint}`);
  } catch (error) {
    failures.push(`seed ${seed} (${swarm.scenario.strategy}): ${(error as Error).message}`);
  }
}
process.stdout.write(JSON.stringify({ failures, complete, events }));
