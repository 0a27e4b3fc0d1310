// Records a browser's H264 and a film's into MP4 files. One of the film is still being written when the page ends.

import { call, element, kurentoClient, only, publish, sleep } from './lib.js';

export async function run({ ws, film, files, seconds }) {
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360 } });
  const { endpoint, peer } = await publish(pipeline, stream);
  only(peer, 'video/H264');
  await peer.negotiate();
  const player = await element(pipeline, 'PlayerEndpoint', { uri: film });

  const recorders = {};
  for (const [name, source] of [['published', endpoint], ['film', player], ['killed', player]]) {
    const recorder = await element(pipeline, 'RecorderEndpoint', { uri: `file://${files}/${name}.mp4`, mediaProfile: 'MP4' });
    const begun = new Promise((resolve) => recorder.once('Recording', resolve));
    await call(source, 'connect', recorder);
    await call(recorder, 'record');
    if (name === 'film') await call(player, 'play');
    await begun;
    recorders[name] = recorder;
  }
  await sleep(1000 * seconds);
  for (const name of ['published', 'film']) await call(recorders[name], 'stopAndWait');
  peer.close();
  return {};
}
