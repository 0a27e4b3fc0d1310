// Records a camera with several profiles at a time, with a pause in the middle.

import { call, element, kurentoClient, sleep } from './lib.js';

export async function run({ ws, camera, files, seconds }) {
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const player = await element(pipeline, 'PlayerEndpoint', { uri: camera, useEncodedMedia: true, networkCache: 1000 });
  const events = {};
  const begun = [];
  const recorders = [];
  for (const [mediaProfile, uri] of Object.entries(files)) {
    const recorder = await pipeline.create('RecorderEndpoint', { uri, mediaProfile });
    events[mediaProfile] = [];
    for (const type of ['Recording', 'Paused', 'Stopped']) recorder.on(type, () => events[mediaProfile].push(type));
    recorder.on('Error', ({ description }) => events[mediaProfile].push(description));
    begun.push(new Promise((resolve) => recorder.once('Recording', resolve)));
    await call(player, 'connect', recorder);
    recorders.push(recorder);
  }
  await call(player, 'play');
  for (const recorder of recorders) await call(recorder, 'record');
  await Promise.all(begun);
  await sleep(500 * seconds);
  for (const recorder of recorders) await call(recorder, 'pause');
  await sleep(2000);
  for (const recorder of recorders) await call(recorder, 'record');
  await sleep(500 * seconds);
  for (const recorder of recorders) await call(recorder, 'stopAndWait');
  await call(pipeline, 'release');
  client.close();
  return { events };
}
