// A scene with a marker, a number plate and a red disc that moves goes through filters that are there already, one after the
// other, and comes back to be looked at.

import { call, framesDecoded, kurentoClient, publish, sleep, until, view } from './lib.js';

const red = '#d02020';

export async function run({ ws, pipeline: pipelineId, filters: ids, marker, plate, rest, window: target }) {
  document.body.className = 'small';
  const client = await kurentoClient(ws);
  const pipeline = await client.getMediaobjectById(pipelineId);
  const filters = [];
  for (const id of ids) filters.push(await client.getMediaobjectById(id)); // Filters to this client, which knows no modules

  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 });
  let [x, y] = rest;
  setInterval(() => draw(canvas.getContext('2d'), marker, plate, x, y), 40);
  const { endpoint: source, peer: publisher } = await publish(pipeline, canvas.captureStream(25));
  let last = source;
  for (const filter of filters) {
    await call(last, 'connect', filter);
    last = filter;
  }
  await publisher.negotiate();
  const viewer = await view(pipeline, (endpoint) => call(last, 'connect', endpoint));
  await until('pictures', async () => (await framesDecoded(viewer.peer)) > 20);
  await until('the size', () => viewer.video.videoWidth === 640);

  const pointer = filters.at(-1);
  await call(pointer, '_invoke', null, 'trackColorFromCalibrationRegion', {});
  const walk = async (toX, toY) => {
    for (let i = 1; i <= 20; i++) {
      [x, y] = [x + (toX - x) * i / 20, y + (toY - y) * i / 20];
      await sleep(50);
    }
  };
  await sleep(500); // a few pictures, of which one has the colour
  await walk(...target);
  await sleep(500);
  await window.screenshot('modules');
  await walk(...rest);
  await sleep(500);
  viewer.peer.close();
  publisher.close();
  client.close();
  return {};
}

function draw(context, marker, plate, x, y) {
  context.fillStyle = '#7f8c8d';
  context.fillRect(0, 0, 640, 480);
  const cell = 16;
  context.fillStyle = '#f0f0f0';
  context.fillRect(40, 40, (marker.length + 2) * cell, (marker.length + 2) * cell);
  context.fillStyle = '#101010';
  marker.forEach((row, j) => [...row].forEach((black, i) => {
    if (black === '#') context.fillRect(40 + (i + 1) * cell, 40 + (j + 1) * cell, cell, cell);
  }));
  context.fillStyle = '#f8f8f8';
  context.fillRect(320, 60, 280, 64);
  context.fillStyle = '#101010';
  context.font = '48px "DejaVu Sans", sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(plate, 460, 94);
  context.fillStyle = red;
  context.beginPath();
  context.arc(x, y, 26, 0, 7);
  context.fill();
}
