// The server's statistics beside the browser's own: the browser is asked before and after the server.

import { addVideo, call, framesDecoded, kurentoClient, publish, sleep, until } from './lib.js';

export async function run({ ws }) {
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 180 } });
  const { endpoint, peer } = await publish(pipeline, stream, { receive: true });
  peer.show(addVideo());
  await call(endpoint, 'connect', endpoint);
  const early = await call(endpoint, 'getStats');
  await peer.negotiate();
  await until('pictures', async () => await framesDecoded(peer) > 60);

  const before = await peer.statistics();
  const server = Object.values(await call(endpoint, 'getStats'));
  await sleep(100); // the browser gives the same numbers for 50 ms
  const after = await peer.statistics();
  const ofVideo = Object.values(await call(endpoint, 'getStats', 'VIDEO')).map(({ type }) => type);
  peer.close();
  await call(pipeline, 'release');
  client.close();
  return { early, before, server, after, ofVideo };
}
