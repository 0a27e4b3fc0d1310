// One publisher of two colours; a viewer behind two filters, one that turns the picture over and one that writes on it.

import { call, element, framesDecoded, kurentoClient, publish, until, view } from './lib.js';

export async function run({ ws, commands, properties }) {
  document.body.className = 'small';
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const { endpoint: source, peer: publisher } = await publish(pipeline, halves());
  await publisher.negotiate();

  const filters = [];
  for (const command of commands) filters.push(await element(pipeline, 'GStreamerFilter', { command, filterType: 'VIDEO' }));
  const said = await Promise.all(filters.map((filter) => call(filter, 'getCommand')));
  const { peer, video } = await view(pipeline, async (endpoint) => {
    let from = source;
    for (const to of [...filters, endpoint]) {
      await call(from, 'connect', to);
      from = to;
    }
  });
  await until('pictures', async () => (await framesDecoded(peer)) > 20 && video.videoWidth === 640);
  const first = await picture(video);

  const changed = await framesDecoded(peer);
  for (const [at, name, value] of properties) await call(filters[at], 'setElementProperty', name, value);
  await until('pictures after the change', async () => (await framesDecoded(peer)) > changed + 30);
  const second = await picture(video);
  const refused = await new Promise((resolve) => filters[0].setElementProperty('nope', '1', ({ code, message } = {}) => resolve(`${code} ${message}`)));
  const result = { width: video.videoWidth, height: video.videoHeight, first, second, said, refused };
  peer.close();
  publisher.close();
  await call(pipeline, 'release');
  client.close();
  return result;
}

// halves is a stream that is red above and blue below.
function halves() {
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
  const context = canvas.getContext('2d');
  let turn = 0;
  setInterval(() => {
    context.fillStyle = '#d02020';
    context.fillRect(0, 0, 640, 180);
    context.fillStyle = '#2020d0';
    context.fillRect(0, 180, 640, 180);
    context.fillStyle = '#ffffff'; // something that moves
    context.fillRect((turn += 5) % 600, 170, 40, 20);
  }, 33);
  return canvas.captureStream(30);
}

// picture is what a video shows, as PNG in base64.
async function picture(video) {
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  canvas.getContext('2d').drawImage(video, 0, 0);
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
  return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ''));
}
