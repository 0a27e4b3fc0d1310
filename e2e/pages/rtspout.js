// Publishes the fake camera to a named element for as long as an RTSP player of the harness plays it.

import { call, kurentoClient, only, publish } from './lib.js';

export async function run({ ws, codec }) {
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 180 } });
  const { endpoint, peer } = await publish(pipeline, stream);
  await call(endpoint, 'setName', 'the camera');
  only(peer, codec);
  await peer.negotiate();
  const answer = await fetch('/player');
  const played = await answer.text();
  peer.close();
  await call(pipeline, 'release');
  client.close();
  return played;
}
