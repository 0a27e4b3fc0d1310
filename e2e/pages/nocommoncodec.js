// A page that takes H264 only looks at one that sends VP8: there is no way between them, which is told; sound goes on.

import { call, fail, kurentoClient, only, Peer, publish, until } from './lib.js';

export async function run({ ws }) {
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 180 } });
  const { endpoint: source, peer: publisher } = await publish(pipeline, stream);
  only(publisher, 'video/VP8');
  await publisher.negotiate();

  const receiver = await call(pipeline, 'create', 'WebRtcEndpoint', {});
  const errors = [];
  receiver.on('Error', ({ type, description }) => errors.push(`${type}: ${description}`));
  await call(source, 'connect', receiver);
  const viewer = new Peer(receiver, fail);
  viewer.receive();
  only(viewer, 'video/H264');
  await viewer.negotiate();
  await until('sound and an error', async () => errors.length > 0 && (await viewer.statistics()).audioIn?.packetsReceived > 100);
  const { audioIn, videoIn } = await viewer.statistics();
  const result = { errors, lost: audioIn.packetsLost, video: videoIn?.packetsReceived ?? 0 };
  viewer.close();
  publisher.close();
  await call(pipeline, 'release');
  client.close();
  return result;
}
