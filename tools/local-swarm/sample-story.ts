import type { Document, Download } from '@pageswarm/contracts';
import { FIELD_GUIDE, PHYSICS } from '../sample-maker/sample-documents.ts';
import type { SampleFile } from '../sample-maker/sample-folder.ts';
import { hostTable, progressLine } from './download-report.ts';
import type { LocalSwarm } from './local-swarm.ts';
import type { PeerClient } from './peer.client.ts';
import { planFacts } from './plan-facts.ts';
import { fileHashes, shareSamples } from './sharing.ts';
import type { Stage, StoryStep } from './story.ts';
import { formatBytes } from './table.ts';
import { waitFor } from './wait-for.ts';

/** Document bytes on the wire for each byte of the file, at most. */
export const MOST_WIRE_BYTES_PER_BYTE = 1.02;
const DOWNLOAD_LIMIT_MS = 120_000;
const LISTING_LIMIT_MS = 30_000;
/** Downloads until one goes by its plan. No download waits for a host that the machine holds up for a second, and it should not. */
const MAX_SHOWINGS = 3;
/** Progress is shown when this many more pieces have come. */
const PIECES_PER_PROGRESS_LINE = 60;

/** What the steps of the sample story pass on to each other. */
export interface SampleScene {
  readonly swarm: LocalSwarm;
  readonly files: readonly SampleFile[];
  guide?: Document;
}

/**
 * From adding to seeding: the main job of the whole system in order. The downloads that claim who sent what follow the
 * bare cascade: under the adaptive strategy a host that the machine leaves waiting for a moment loses all its work to the others.
 */
export const SAMPLE_STORY: readonly StoryStep<SampleScene>[] = [
  { title: 'PDFs are added on peers 1 and 2', play: addSamples },
  { title: 'The tracker lists them with pages, words per page and title', play: listAtTracker },
  { title: 'Peer 3 searches by a part of the name', play: searchByName },
  { title: 'Peer 3 searches by nothing, which is everything', play: searchEverything },
  { title: 'Peer 3 searches by the .torrent file of the tracker', play: searchByTorrent },
  { title: 'Peer 3 downloads the field guide from peers 1 and 2, each its pages of the plan', play: downloadFromTwo },
  { title: 'The tracker lists peer 3 as a host too', play: listThreeHosts },
  { title: 'Another peer downloads it from all three, each its pages of the plan', play: downloadFromThree },
  { title: 'It downloads it once more, and now who is faster takes work from who is slower', play: downloadAdaptively },
];

async function addSamples({ swarm, files }: SampleScene, { tell, claim }: Stage): Promise<void> {
  for (const { file, peer, added } of await shareSamples(swarm, files)) {
    const facts = added ? `id ${added.id.slice(0, 16)}…, md5 ${added.md5}` : 'it was there already (409)';
    tell(`peer ${peer}: "${file.sample.fileName}", ${formatBytes(file.size)}: ${facts}`);
    if (added) claim(added.md5 === (await fileHashes(file.path)).md5, "the md5 that the peer states is the file's");
  }
}

async function listAtTracker(scene: SampleScene, { tell, claim }: Stage): Promise<void> {
  const { tracker } = scene.swarm;
  await waitFor('the samples at the tracker', LISTING_LIMIT_MS, async () => {
    const listed = (await tracker.documents()).items;
    return scene.files.every(({ sample }) => listed.some(({ name, pages }) => name === sample.fileName && pages !== null));
  });
  for (const { sample, size } of scene.files) {
    const document = (await tracker.documents()).items.find(({ name }) => name === sample.fileName);
    claim(document !== undefined, `"${sample.fileName}" is listed`);
    if (!document) return;
    const words = document.words?.reduce((sum, count) => sum + count, 0) ?? 0;
    tell(`"${document.title}" by ${document.author}: ${document.pages} pages, ${words} words, hosts: ${document.hosts.length}`);
    claim(document.size === size && document.pages === sample.pages, `its ${size} bytes and ${sample.pages} pages are stated`);
    claim(document.words?.length === sample.pages && document.words.every((count) => count > 0), 'its words are counted page by page');
    claim(document.mapped, 'its page map says which bytes belong to which page');
    if (sample === FIELD_GUIDE) scene.guide = document;
  }
}

async function searchByName({ swarm }: SampleScene, { claim }: Stage): Promise<void> {
  const found = (await swarm.peer(3).searchByName('fisica')).items.map(({ name }) => name);
  claim(found.length === 1 && found[0] === PHYSICS.fileName, `"fisica" finds "${PHYSICS.fileName}" and nothing else`);
}

async function searchEverything({ swarm, files }: SampleScene, { claim }: Stage): Promise<void> {
  const found = new Set((await swarm.peer(3).searchByName('')).items.map(({ name }) => name));
  claim(
    files.every(({ sample }) => found.has(sample.fileName)),
    `all ${files.length} samples are found`,
  );
}

async function searchByTorrent(scene: SampleScene, { tell, claim }: Stage): Promise<void> {
  const guide = theGuide(scene);
  const torrent = await scene.swarm.tracker.torrent(guide.id);
  tell(`the .torrent has ${torrent.length} bytes; v1 info-hash ${guide.infoHashV1}`);
  const found = (await scene.swarm.peer(3).searchByTorrent(torrent)).items;
  claim(found.length === 1 && found[0]?.id === guide.id, `it finds "${guide.name}"`);
}

async function downloadFromTwo(scene: SampleScene, stage: Stage): Promise<void> {
  await downloadByPlan(scene, scene.swarm.peer(3), 2, stage);
}

async function listThreeHosts(scene: SampleScene, { tell, claim }: Stage): Promise<void> {
  const { id } = theGuide(scene);
  const completeHosts = async () => (await scene.swarm.tracker.document(id)).hosts.filter(({ complete }) => complete);
  await waitFor('three complete hosts at the tracker', LISTING_LIMIT_MS, async () => (await completeHosts()).length >= 3);
  const hosts = await completeHosts();
  tell(hosts.map(({ address }) => address).join(', '));
  claim(hosts.length === 3, 'the document has three complete hosts');
}

async function downloadFromThree(scene: SampleScene, stage: Stage): Promise<void> {
  const { swarm } = scene;
  if (swarm.peerCount < 4) stage.tell('one more peer is started for this');
  const peer = swarm.peerCount < 4 ? await swarm.addPeer() : swarm.peer(4);
  await downloadByPlan(scene, peer, 3, stage);
}

async function downloadAdaptively(scene: SampleScene, stage: Stage): Promise<void> {
  await downloadGuide(scene, scene.swarm.peer(4), 'adaptive', stage);
}

/** Downloads by the bare cascade and claims that each of `hosts` hosts sent the pages of its plan. */
async function downloadByPlan(scene: SampleScene, peer: PeerClient, hosts: number, stage: Stage): Promise<void> {
  let facts = planFacts(await downloadGuide(scene, peer, 'cascade', stage), hosts);
  for (let showing = 1; showing < MAX_SHOWINGS; showing++) {
    const missed = facts.find(({ holds }) => !holds);
    if (!missed) break;
    stage.tell(`this time not: ${missed.fact}. A host that the machine holds up is not waited for, so the plan is shown once more`);
    facts = planFacts(await downloadGuide(scene, peer, 'cascade', stage), hosts);
  }
  for (const { holds, fact } of facts) stage.claim(holds, fact);
}

/** Downloads the field guide on `peer`, shows how, and claims everything that a finished download has to be. */
async function downloadGuide(
  scene: SampleScene,
  peer: PeerClient,
  strategy: Download['strategy'],
  { tell, claim }: Stage,
): Promise<Download> {
  const guide = theGuide(scene);
  await giveBack(peer, guide, tell);
  const { id } = await peer.startDownload({ id: guide.id, strategy });
  const download = await peer.followDownload(id, DOWNLOAD_LIMIT_MS, progressTeller(tell));
  tell(hostTable(download));
  claim(download.state === 'done', `the download is done${download.error ? `, not ${download.error.code}: ${download.error.detail}` : ''}`);
  const { expected, actual } = download.md5;
  claim(actual === expected && expected === guide.md5, `md5 ${actual} is the one that the tracker states`);
  const ratio = download.bytesReceived / download.size;
  claim(ratio <= MOST_WIRE_BYTES_PER_BYTE, `${ratio.toFixed(4)} bytes came over the wire for each byte of the file`);
  const file = scene.files.find(({ sample }) => sample === FIELD_GUIDE) as SampleFile;
  const [served, added] = await Promise.all([peer.contentHashes(guide.id), fileHashes(file.path)]);
  claim(
    served.sha256 === added.sha256 && served.size === added.size,
    `its ${served.size} bytes are those of the added file (sha256 ${served.sha256})`,
  );
  return download;
}

/** A peer that has the document, from the step before or from an earlier run in the same folder, gives it back first. */
async function giveBack(peer: PeerClient, { id, name }: Document, tell: Stage['tell']): Promise<void> {
  if (!(await peer.documents()).items.some((document) => document.id === id)) return;
  await peer.remove(id);
  tell(`its copy of "${name}" is removed first`);
}

function progressTeller(tell: Stage['tell']): (download: Download) => void {
  let told = -1;
  return (download) => {
    const tenth = Math.floor(download.pieces.have / PIECES_PER_PROGRESS_LINE);
    if (tenth === told) return;
    told = tenth;
    tell(progressLine(download));
  };
}

function theGuide({ guide }: SampleScene): Document {
  if (!guide) throw new Error('The field guide was not listed');
  return guide;
}
