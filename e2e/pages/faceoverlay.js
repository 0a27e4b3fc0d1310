// A face before the camera; an image is laid over it, and taken away.

import { call, until } from './lib.js';
import { filtered, look, looks } from './filtered.js';

export async function run({ ws, image, looks: count }) {
  const { filter, peer, video, close } = await filtered(ws, 'FaceOverlayFilter');
  const before = await looks(peer, video, 2);
  await call(filter, 'setOverlayedImage', image, 0, 0, 1, 1);
  await until('the image', () => look(video).green.pixels > 0);
  const withImage = await looks(peer, video, count, { between: 12, name: 'faceoverlay' });
  await call(filter, 'unsetOverlayedImage');
  await until('the face', () => look(video).green.pixels === 0);
  const after = await looks(peer, video, 2);
  await close();
  return { before, with: withImage, after };
}
