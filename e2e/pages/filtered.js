// What the scenarios of filters share: a camera, a filter behind it and a viewer behind that, and looks at what is seen.

import { call, element, framesDecoded, kurentoClient, publish, until, view } from './lib.js';

// filtered puts a filter between the camera and a viewer.
export async function filtered(ws, type, listen = () => {}) {
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 } });
  const { endpoint: source, peer: publisher } = await publish(pipeline, stream);
  const filter = await element(pipeline, type);
  listen(filter);
  await call(source, 'connect', filter);
  const { peer, video } = await view(pipeline, (endpoint) => call(filter, 'connect', endpoint));
  await publisher.negotiate();
  await until('pictures', async () => (await framesDecoded(peer)) > 10 && video.videoWidth === 640);
  const close = async () => {
    publisher.close();
    peer.close();
    await call(pipeline, 'release');
    client.close();
  };
  return { filter, peer, video, close };
}

// look describes the picture that is seen now: where the blue mark is, and what is green.
export function look(video) {
  const { videoWidth: width, videoHeight: height } = video;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  context.drawImage(video, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const box = (is) => {
    const found = { left: width, top: height, right: 0, bottom: 0, pixels: 0 };
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const i = 4 * (y * width + x);
        if (!is(data[i], data[i + 1], data[i + 2])) continue;
        found.left = Math.min(found.left, x);
        found.top = Math.min(found.top, y);
        found.right = Math.max(found.right, x + 1);
        found.bottom = Math.max(found.bottom, y + 1);
        found.pixels++;
      }
    }
    return found;
  };
  return { mark: box((r, g, b) => b > 140 && r < 90 && g < 90), green: box((r, g, b) => g > 140 && r < 100 && b < 100) };
}

// looks are some looks, each at the picture after `between` others, with screenshots of the first few when they have a name.
export async function looks(peer, video, count, { between = 5, name } = {}) {
  const seen = [];
  for (let i = 0; i < count; i++) {
    const start = await framesDecoded(peer);
    await until('more pictures', async () => (await framesDecoded(peer)) >= start + between);
    seen.push(look(video));
    if (name && i < 3) await window.screenshot(`${name}-${i}`);
  }
  return seen;
}
