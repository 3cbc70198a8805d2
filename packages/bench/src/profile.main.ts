/** `npm run profile -- [--documents 10000] [--meeting newcomer] [--top 30]`: where an initial sync spends its time, on both sides. */
import { parseArgs } from 'node:util';
import { openLab } from './browser/lab.ts';
import { openPeers } from './browser/peers.ts';
import { type Profile, startProfile } from './browser/profile.ts';
import { formatNumber } from './report/statistics.ts';

const { values } = parseArgs({
  options: {
    documents: { type: 'string', default: '10000' },
    meeting: { type: 'string', default: 'newcomer' },
    top: { type: 'string', default: '30' },
  },
});
const [documents, top] = [Number(values.documents), Number(values.top)];

function print(side: string, { functions, modules }: Profile): void {
  for (const [title, shares] of Object.entries({ modules, functions })) {
    console.log(`\n${side}, ms by ${title}`);
    for (const { name, ms } of shares.slice(0, top)) console.log(`${formatNumber(ms).padStart(8)}  ${name}`);
  }
}

const lab = await openLab(false);
try {
  const peers = await openPeers(lab, { label: 'rxdb-p2p', system: 'rxdb-p2p' }, 2);
  const [sender, receiver] = peers.all;
  if (sender === undefined || receiver === undefined) throw new Error('no pair');
  await sender.call('insert', documents, 0);
  if (values.meeting === 'newcomer') {
    await peers.start(sender);
    await sender.call('ready');
  }
  const arrived = receiver.call('arrived', documents);
  const before = await Promise.all(peers.all.map((peer) => peer.call('storageCalls')));
  const profiles = await Promise.all(peers.all.map(({ page }) => startProfile(page)));
  const started = await Promise.all(
    (values.meeting === 'newcomer' ? [receiver] : peers.all).map((peer) => peers.start(peer)),
  );
  const ms = (await arrived) - Math.min(...started);
  const sides = ['sender', 'receiver'];
  for (const [index, profile] of profiles.entries()) {
    print(sides[index] ?? '', await profile.stop());
    console.log(`storage calls before: ${JSON.stringify(before[index])}`);
    console.log(`storage calls after:  ${JSON.stringify(await peers.all[index]?.call('storageCalls'))}`);
  }
  console.log(`\n${formatNumber(ms)} ms for ${formatNumber(documents)} documents, with the profilers on`);
  await receiver.call('verify', documents, {});
} finally {
  await lab.close();
}
