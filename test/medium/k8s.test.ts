import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readPeerConfig, readTrackerConfig, readWorkerConfig, VARIABLES } from '@pageswarm/config';
import { parseEndpoint } from '@pageswarm/primitives';
import { parse, parseAllDocuments } from 'yaml';

const BASE = join(import.meta.dirname, '../../k8s/base');
const NAME_LABEL = 'app.kubernetes.io/name';

type Labels = Record<string, string>;
interface Port {
  readonly name: string;
  readonly containerPort: number;
}
interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string };
}
interface Container {
  readonly name: string;
  readonly image: string;
  readonly ports: readonly Port[];
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly resources: { readonly requests: object; readonly limits: { readonly memory: string } };
  readonly securityContext: object;
  readonly volumeMounts: readonly { readonly name: string }[];
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a spec of its own; the schemas of Kubernetes are checked elsewhere.
  readonly spec?: any;
  readonly data?: Record<string, string>;
}

const resources = parse(readFileSync(join(BASE, 'kustomization.yaml'), 'utf8')).resources as string[];
const manifests: Manifest[] = resources.flatMap((file) =>
  parseAllDocuments(readFileSync(join(BASE, file), 'utf8')).map((document) => document.toJS() as Manifest),
);
const ofKind = (...kinds: string[]) => manifests.filter(({ kind }) => kinds.includes(kind));
const workloads = ofKind('Deployment', 'StatefulSet');
const services = ofKind('Service');
const nodes = workloads.filter(({ metadata }) => metadata.name !== 'redis');
const containerOf = ({ spec }: Manifest) => spec.template.spec.containers[0] as Container;
const labelsOf = ({ spec }: Manifest) => spec.template.metadata.labels as Labels;
const selected = (selector: Labels) =>
  workloads.filter((workload) => Object.entries(selector).every(([key, value]) => labelsOf(workload)[key] === value));
const names = (found: readonly Manifest[]) => found.map(({ metadata }) => metadata.name);
const settings = ofKind('ConfigMap')[0]?.data ?? {};

describe('k8s/base', () => {
  it('lists every manifest of its folder', () => {
    expect([...resources, 'kustomization.yaml'].sort()).toEqual(readdirSync(BASE).sort());
    expect(names(nodes).sort()).toEqual(['pdf-worker', 'peer', 'tracker']);
  });

  it.each(workloads)('$kind $metadata.name selects its own pods', (workload) => {
    expect(names(selected(workload.spec.selector.matchLabels))).toEqual([workload.metadata.name]);
  });

  it.each(services)('Service $metadata.name leads to ports that its pods name', (service) => {
    const [workload] = selected(service.spec.selector);
    expect(workload?.metadata.name).toBe(service.metadata.name);
    const ports = new Map(containerOf(workload as Manifest).ports.map(({ name, containerPort }) => [name, containerPort]));
    for (const { targetPort, port } of service.spec.ports) expect([targetPort, ports.get(targetPort)]).toEqual([targetPort, port]);
  });

  it.each(ofKind('PodDisruptionBudget'))('PodDisruptionBudget $metadata.name guards a workload', ({ metadata, spec }) => {
    expect(names(selected(spec.selector.matchLabels))).toEqual([metadata.name]);
  });

  it.each(ofKind('NetworkPolicy'))('NetworkPolicy $metadata.name speaks of pods and ports that exist', ({ spec }) => {
    const allPorts = new Set(workloads.flatMap((workload) => containerOf(workload).ports.map(({ name }) => name)));
    const selectors = [
      spec.podSelector,
      ...spec.ingress.flatMap(({ from = [] }) => from.map(({ podSelector }: { podSelector: object }) => podSelector)),
    ];
    for (const { matchLabels, matchExpressions } of selectors) {
      const wanted: string[] = matchLabels ? [matchLabels[NAME_LABEL]] : matchExpressions[0].values;
      expect(names(workloads)).toEqual(expect.arrayContaining(wanted));
    }
    for (const rule of spec.ingress) for (const { port } of rule.ports) expect(allPorts).toContain(port);
  });

  it.each(nodes)('$metadata.name is probed where it answers', (workload) => {
    const { startupProbe, livenessProbe, readinessProbe } = containerOf(workload);
    expect(startupProbe?.httpGet).toEqual({ path: '/healthz', port: 'http' });
    expect(livenessProbe?.httpGet).toEqual({ path: '/healthz', port: 'http' });
    expect(readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'http' });
  });

  it.each(workloads)('$metadata.name runs without privileges and within limits', (workload) => {
    const pod = workload.spec.template.spec;
    const container = containerOf(workload);
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.resources).toMatchObject({ requests: { memory: expect.anything() }, limits: { memory: expect.anything() } });
    expect([pod.enableServiceLinks, pod.automountServiceAccountToken]).toEqual([false, false]);
  });

  it.each(workloads)('$metadata.name mounts volumes that it has', (workload) => {
    const volumes: { name: string }[] = workload.spec.template.spec.volumes;
    const claims: { metadata: { name: string } }[] = workload.spec.volumeClaimTemplates ?? [];
    const there = [...volumes.map(({ name }) => name), ...claims.map(({ metadata }) => metadata.name)];
    expect(there.sort()).toEqual(
      containerOf(workload)
        .volumeMounts.map(({ name }) => name)
        .sort(),
    );
  });

  it.each(nodes)('$metadata.name is told only what its configuration takes, and listens on the ports that are named', (workload) => {
    const container = containerOf(workload);
    const env: Record<string, string> = { ...settings };
    for (const { name, value } of container.env ?? []) env[name] = value ?? 'from-the-pod';
    for (const name of Object.keys(env)) expect(Object.keys(VARIABLES)).toContain(name);
    const read = { tracker: readTrackerConfig, 'pdf-worker': readWorkerConfig, peer: readPeerConfig }[workload.metadata.name];
    const config = read?.(env);
    expect(container.ports.map(({ name, containerPort }) => [name, containerPort])).toEqual([
      ['http', config?.http.port],
      ['transport', config?.transport.port],
    ]);
  });

  it('sends nodes to Services that exist', () => {
    const redis = new URL(settings['PAGESWARM_REDIS_URL'] ?? '');
    const named = [settings['PAGESWARM_TRACKERS'], settings['PAGESWARM_WORKERS'], redis.host].map((text) => parseEndpoint(text ?? ''));
    for (const { host, port } of named) {
      const service = services.find(({ metadata }) => metadata.name === host);
      expect([host, service?.spec.ports.map((entry: { port: number }) => entry.port)]).toEqual([host, expect.arrayContaining([port])]);
    }
  });

  it('gives each peer a name, a volume and the address that others reach it at', () => {
    const peer = workloads.find(({ metadata }) => metadata.name === 'peer') as Manifest;
    const headless = services.find(({ metadata }) => metadata.name === peer.spec.serviceName);
    expect(headless?.spec.clusterIP).toBe('None');
    expect(peer.spec.volumeClaimTemplates).toHaveLength(1);
    expect(containerOf(peer).env).toContainEqual({
      name: 'PAGESWARM_ADVERTISE_HOST',
      valueFrom: { fieldRef: { fieldPath: 'status.podIP' } },
    });
  });

  it('runs the images that docker compose builds', () => {
    const compose = parse(readFileSync(join(import.meta.dirname, '../../docker-compose.yml'), 'utf8'), { merge: true });
    const built = Object.values<{ image: string }>(compose.services).map(({ image }) => image.replace(/:\$\{IMAGE_TAG.*/, ''));
    for (const workload of workloads) expect(built).toContain(containerOf(workload).image);
  });
});
