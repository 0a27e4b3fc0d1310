// A publisher of two layers and two viewers, the second of whom takes little.

import { call, confetti, framesDecoded, kurentoClient, publish, until, view } from './lib.js';

export async function run({ ws }) {
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const stream = confetti();
  const layers = [{ rid: 'h', maxBitrate: 900_000 }, { rid: 'l', scaleResolutionDownBy: 2, maxBitrate: 200_000 }];
  const camera = await publish(pipeline, stream, { layers });
  await camera.peer.negotiate();
  const arrives = async () => Object.values(await call(camera.endpoint, 'getStats', 'VIDEO') ?? {}).filter((s) => s.type === 'inboundrtp' && s.packetsReceived > 20);
  await until('both layers', async () => (await arrives()).length === 2, 20000);

  const connect = (sink) => call(camera.endpoint, 'connect', sink);
  const first = await view(pipeline, connect);
  const second = await view(pipeline, async (sink) => {
    await call(sink, 'setMinVideoSendBandwidth', 0);
    await call(sink, 'setMaxVideoSendBandwidth', 250);
    await connect(sink);
  });
  const height = async ({ peer }) => (await peer.statistics()).videoIn?.frameHeight ?? 0;
  await until('pictures', async () => await framesDecoded(first.peer) > 10 && await framesDecoded(second.peer) > 10, 20000);
  const full = 360;
  await until('the better layer', async () => await height(first) === full, 20000);
  await until('the smaller layer', async () => await height(second) === Math.floor(full / 2), 20000);

  // It may have more now, and loses nothing on the way.
  await call(second.endpoint, 'setMaxVideoSendBandwidth', 5000);
  await until('the better layer for all', async () => await height(second) === full, 20000);
  const before = await framesDecoded(second.peer);
  await until('more of it', async () => await framesDecoded(second.peer) >= before + 40, 20000);
  const { videoIn } = await second.peer.statistics();
  const result = { full, layers: (await arrives()).map(({ ssrc }) => ssrc), lost: videoIn.packetsLost };
  for (const { peer } of [camera, first, second]) peer.close();
  await call(pipeline, 'release');
  client.close();
  return result;
}
