// An image is laid over a part of the camera's picture, first stretched, then in its own shape, and taken away.

import { until } from './lib.js';
import { filtered, look, looks } from './filtered.js';

// invoke calls an operation without kurento-client, which cannot call these two: its serializeParams takes operationParams with a
// member `id` for an object, and sends the id in their place.
async function invoke(ws, object, operation, operationParams) {
  const socket = new WebSocket(ws);
  await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
  const request = (id, method, params) => new Promise((resolve, reject) => {
    socket.onmessage = ({ data }) => {
      const { error, result } = JSON.parse(data);
      if (error) reject(new Error(error.message));
      else resolve(result);
    };
    socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  });
  try {
    const { sessionId } = await request(1, 'connect', {});
    await request(2, 'invoke', { sessionId, object: object.id, operation, operationParams });
  } finally {
    socket.close();
  }
}

export async function run({ ws, image }) {
  const { filter, peer, video, close } = await filtered(ws, 'ImageOverlayFilter');
  const add = (id, uri, shape) => invoke(ws, filter, 'addImage', {
    id, uri, offsetXPercent: 0.75, offsetYPercent: 0.05, widthPercent: 0.2, heightPercent: 0.2, keepAspectRatio: shape, center: shape,
  });
  await add('a', image, false);
  await until('the image', () => look(video).green.pixels > 100);
  const stretched = await looks(peer, video, 3, { name: 'imageoverlay-stretched' });
  await add('a', image, true);
  await until('its own shape', () => look(video).green.left > 500);
  const kept = await looks(peer, video, 3, { name: 'imageoverlay-kept' });
  const refused = await add('b', '/nonexistent.png', true).then(() => 'not at all', (error) => error.message);
  await invoke(ws, filter, 'removeImage', { id: 'a' });
  await until('the end of it', () => look(video).green.pixels === 0);
  const removed = await looks(peer, video, 3);
  await close();
  return { stretched, kept, removed, refused };
}
