// One publisher, several viewers who come late, one after the other.

import { call, framesDecoded, kurentoClient, publish, sleep, until, view } from './lib.js';

export async function run({ ws, viewers, seconds }) {
  document.body.className = 'small';
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 180 } });
  const { endpoint: source, peer: publisher } = await publish(pipeline, stream);
  await publisher.negotiate();
  // Late means: the key frame of the beginning is long gone.
  await until('100 frames from the publisher', async () => (await publisher.statistics()).videoOut?.framesSent > 100);

  const all = [];
  for (let i = 0; i < viewers; i++) {
    const start = performance.now();
    const viewer = await view(pipeline, (endpoint) => call(source, 'connect', endpoint));
    viewer.firstPicture = new Promise((resolve) =>
      viewer.video.requestVideoFrameCallback((now, { width, height }) => resolve({ after: now - start, width, height })));
    all.push(viewer);
    await Promise.race([viewer.firstPicture, sleep(5000)]);
  }

  const before = await Promise.all(all.map(({ peer }) => framesDecoded(peer)));
  await sleep(1000 * seconds);
  const after = await Promise.all(all.map(({ peer }) => framesDecoded(peer)));
  const result = await Promise.all(all.map(async ({ firstPicture, peer }, i) => ({
    firstPicture: await Promise.race([firstPicture, null]),
    before: before[i],
    after: after[i],
    packetsLost: (await peer.statistics()).videoIn?.packetsLost,
  })));
  await window.screenshot(`viewers-${new URLSearchParams(location.search).get('client')}`);
  for (const { peer } of all) peer.close();
  publisher.close();
  await call(pipeline, 'release');
  client.close();
  return result;
}
