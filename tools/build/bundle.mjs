// One rolldown configuration for everything that runs: services, their child processes, and the tools; straight from source.
import { existsSync, readdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename } from 'node:path';

/** Packages that Nest or Fastify load only when they are used, and that this project does not install. */
const absent = [
  /^@nestjs\/(websockets|platform-express|axios|mongoose|sequelize|typeorm)/,
  /^@grpc\//,
  /^@nats-io\//,
  /^amqp/,
  /^(kafkajs|mqtt|cache-manager|mongoose|sequelize|typeorm)$/,
  /^@mikro-orm\//,
  /^@prisma\//,
  /^@fastify\/view$/,
  /^fastify-swagger$/,
  /^class-(validator|transformer)/,
];
/** Installed, but left out of the bundle: they find their own files at run time. */
const external = ['pino', 'pino-pretty', /^swagger-ui-dist/, '@fastify/static', 'file-type', 'typescript', '@hyzyla/pdfium', /^@hyzyla\/pdfium\//, 'koffi', 'testcontainers'];

const platform = { platform: 'node', tsconfig: 'tsconfig.json', transform: { target: 'node20' } };
const output = {
  format: 'esm',
  entryFileNames: '[name].js',
  // Beside the entries, so that the URL of a child process resolves from any of them.
  chunkFileNames: 'chunk-[name]-[hash].js',
  keepNames: true,
  sourcemap: true,
  cleanDir: true,
};

function childEntries(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.child.ts'));
}

/** Every `services/<name>/src/main.ts` as `<name>` and every `*.child.ts` (a process of its own) by its base name. */
function serviceEntries() {
  const input = {};
  for (const service of readdirSync('services')) {
    const src = `services/${service}/src`;
    if (existsSync(`${src}/main.ts`)) input[service] = `${src}/main.ts`;
    for (const file of childEntries(src)) input[basename(file, '.ts')] = `${src}/${file}`;
  }
  return input;
}

/** Every `tools/<name>/main.ts` as `<name>`, and their child processes; also those of services, which some tools run in themselves. */
function toolEntries() {
  const input = {};
  for (const [name, file] of Object.entries(serviceEntries())) if (name.endsWith('.child')) input[name] = file;
  for (const tool of readdirSync('tools')) {
    const src = `tools/${tool}`;
    if (existsSync(`${src}/main.ts`)) input[tool] = `${src}/main.ts`;
    if (existsSync(`${src}/main.ts`)) for (const file of childEntries(src)) input[basename(file, '.ts')] = `${src}/${file}`;
  }
  return input;
}

export function bundles() {
  return [
    { name: 'services', input: serviceEntries(), dir: 'build/services' },
    { name: 'tools', input: toolEntries(), dir: 'build/tools' },
  ]
    .filter(({ input }) => Object.keys(input).length > 0)
    .map(({ name, input, dir }) => ({
      name,
      inputOptions: { ...platform, input, external: [...absent, ...external, ...builtinModules, /^node:/] },
      outputOptions: { ...output, dir },
    }));
}
