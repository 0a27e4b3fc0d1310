// A camera and its viewer, one of whom has a bad network. How many of the pictures arrive?

import { call, framesDecoded, kurentoClient, publish, sleep, until, view } from './lib.js';

export async function run({ ws, bad, quality, seconds }) {
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 180, frameRate: 30 } });
  const camera = await publish(pipeline, stream, { link: bad === 'publisher' });
  await camera.peer.negotiate();
  const viewer = await view(pipeline, (sink) => call(camera.endpoint, 'connect', sink), { link: bad === 'viewer' });
  await until('a picture', async () => await framesDecoded(viewer.peer) > 10);

  await (bad === 'publisher' ? camera : viewer).link.set(quality);
  await sleep(2000); // for the estimates
  const before = await counts(camera, viewer);
  await sleep(1000 * seconds);
  const after = await counts(camera, viewer);

  await window.screenshot(`lossy-${bad}`);
  const result = {
    sent: after.sent - before.sent,
    shown: after.shown - before.shown,
    lost: after.lost,
    repaired: after.repaired,
    freezes: after.freezes - before.freezes,
  };
  camera.peer.close();
  viewer.peer.close();
  await call(pipeline, 'release');
  client.close();
  return result;
}

async function counts(camera, viewer) {
  const { videoOut } = await camera.peer.statistics();
  const { videoIn } = await viewer.peer.statistics();
  return {
    sent: videoOut.framesEncoded, shown: videoIn.framesDecoded, lost: videoIn.packetsLost,
    repaired: videoIn.retransmittedPacketsReceived ?? 0, freezes: videoIn.freezeCount,
  };
}
