// Somebody before a green screen goes through a ChromaFilter that is there already, and comes back before another background.

import { call, framesDecoded, kurentoClient, publish, until, view } from './lib.js';

export async function run({ ws, pipeline: pipelineId, filter: filterId, points }) {
  document.body.className = 'small';
  const client = await kurentoClient(ws);
  const pipeline = await client.getMediaobjectById(pipelineId);
  const filter = await client.getMediaobjectById(filterId); // a Filter to this client, which does not know the module
  const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { width: 640, height: 480, frameRate: 30 } });
  const { endpoint: source, peer: publisher } = await publish(pipeline, stream);
  await call(source, 'connect', filter);
  await publisher.negotiate();
  const viewer = await view(pipeline, (endpoint) => call(filter, 'connect', endpoint));
  // It learns for two seconds.
  await until('pictures behind the calibration', async () => (await framesDecoded(viewer.peer)) > 90);
  await until('the size', () => viewer.video.videoWidth === 640);
  const colors = points.map(([x, y]) => colorAt(viewer.video, x, y));
  await window.screenshot('chroma');
  viewer.peer.close();
  publisher.close();
  client.close();
  return { colors };
}

// colorAt is the mean colour of a few pixels.
function colorAt(video, x, y) {
  const canvas = new OffscreenCanvas(8, 8);
  const context = canvas.getContext('2d');
  context.drawImage(video, x - 4, y - 4, 8, 8, 0, 0, 8, 8);
  const { data } = context.getImageData(0, 0, 8, 8);
  const mean = (channel) => Math.round(data.filter((_, i) => i % 4 === channel).reduce((sum, v) => sum + v, 0) / 64);
  return [mean(0), mean(1), mean(2)];
}
