// node tools/build/build.mjs: bundles services and tools into build/.
import { rolldown } from 'rolldown';
import { bundles } from './bundle.mjs';

const started = performance.now();
for (const { inputOptions, outputOptions } of bundles()) {
  const bundle = await rolldown({ ...inputOptions, onLog: quietDependencies });
  await bundle.write(outputOptions);
  await bundle.close();
}
process.stdout.write(`built ${bundles().map(({ name }) => name).join(' and ')} in ${Math.round(performance.now() - started)} ms\n`);

/** Warnings about other people's packages are not ours to mend; warnings about our own sources are shown. */
function quietDependencies(level, log, defaultHandler) {
  if (!log.message.includes('node_modules')) defaultHandler(level, log);
}
