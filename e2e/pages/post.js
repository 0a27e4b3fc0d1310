// Posts a film to an HttpPostEndpoint, from the page itself or by a program that the test starts at /post. It is seen here and
// recorded on the server.

import { call, element, framesDecoded, kurentoClient, until, view } from './lib.js';

export async function run({ ws, program, file, timeout }) {
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const source = await element(pipeline, 'HttpPostEndpoint', { disconnectionTimeout: 1 });
  const recorder = await element(pipeline, 'RecorderEndpoint', { uri: file, mediaProfile: 'MKV' });
  const events = [];
  for (const event of ['MediaSessionStarted', 'EndOfStream', 'MediaSessionTerminated']) source.on(event, () => events.push(event));
  const { peer, video } = await view(pipeline, (endpoint) => call(source, 'connect', endpoint));
  await call(source, 'connect', recorder);
  await call(recorder, 'record');

  const url = await call(source, 'getUrl');
  const start = performance.now();
  const posted = program
    ? fetch(`/post?to=${encodeURIComponent(url)}`)
    // A type that makes the browser ask with OPTIONS first.
    : fetch(url, { method: 'POST', headers: { 'Content-Type': 'video/webm' }, body: await (await fetch('/film')).blob() });
  await until('the first frame', () => framesDecoded(peer));
  const answer = await posted;
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  await until('EndOfStream', () => events.includes('EndOfStream'), timeout);
  const seconds = (performance.now() - start) / 1000;
  await call(recorder, 'stopAndWait');
  await until('the end of the session', () => events.includes('MediaSessionTerminated'));
  const after = await fetch(url, { method: 'POST' });
  const { videoIn, audioIn } = await peer.statistics();
  const result = {
    events,
    seconds,
    after: after.status,
    width: video.videoWidth,
    height: video.videoHeight,
    framesDecoded: videoIn.framesDecoded,
    audioEnergy: audioIn.totalAudioEnergy,
    packetsLost: videoIn.packetsLost + audioIn.packetsLost,
  };
  peer.close();
  await call(pipeline, 'release');
  client.close();
  return result;
}
