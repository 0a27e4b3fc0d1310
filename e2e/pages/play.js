// Plays a file of the server; with `early` before the browser is connected, as many programs do.

import { call, element, framesDecoded, kurentoClient, until, view } from './lib.js';

export async function run({ ws, uri, timeout, early }) {
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const player = await element(pipeline, 'PlayerEndpoint', { uri });
  const events = [];
  player.on('EndOfStream', () => events.push('EndOfStream'));
  player.on('UriEndpointStateChanged', ({ state }) => events.push(state));

  const { peer, video } = await view(pipeline, async (endpoint) => {
    await call(player, 'connect', endpoint);
    if (early) await call(player, 'play');
  });
  const start = performance.now();
  if (!early) await call(player, 'play');
  await until('the first frame', () => framesDecoded(peer));
  const half = await until('half a second of frames', async () => (await framesDecoded(peer)) > 15 && framesDecoded(peer));
  await until('EndOfStream', () => events.includes('EndOfStream'), timeout);
  const seconds = (performance.now() - start) / 1000;
  await until('the state STOP', () => events.includes('STOP'));
  const { videoIn, audioIn } = await peer.statistics();
  const result = {
    events,
    seconds,
    width: video.videoWidth,
    height: video.videoHeight,
    framesEarly: half,
    framesDecoded: videoIn.framesDecoded,
    audioEnergy: audioIn.totalAudioEnergy,
    packetsLost: videoIn.packetsLost + audioIn.packetsLost,
  };
  peer.close();
  await call(pipeline, 'release');
  client.close();
  return result;
}
