// One publisher of VP8; behind a PassThrough the same video at half the size and half the rate. Viewers of both see the same, and
// viewers who come late to the encoder see something soon.

import { call, framesDecoded, kurentoClient, only, pixels, publish, sleep, until, view } from './lib.js';

export async function run({ ws, late, bitrate }) {
  document.body.className = 'small';
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360, frameRate: 30 } });
  const { endpoint: source, peer: publisher } = await publish(pipeline, stream);
  const told = [];
  source.on('MediaTranscodingStateChanged', ({ state, mediaType, reason }) => told.push(`${mediaType} ${state}${reason ? `: ${reason}` : ''}`));
  only(publisher, 'video/VP8');
  await publisher.negotiate();

  const half = await call(pipeline, 'create', 'PassThrough', {});
  const caps = new (window.require('kurento-client').getComplexType('VideoCaps'))({ codec: 'VP8', framerate: fraction(15, 1) });
  caps.width = 320; // what this server can do beyond the original
  await call(half, 'setVideoFormat', caps);
  await call(source, 'connect', half);

  const direct = await view(pipeline, (endpoint) => call(source, 'connect', endpoint));
  const small = await view(pipeline, (endpoint) => call(half, 'connect', endpoint));
  await until('pictures of both', async () => (await framesDecoded(direct.peer)) > 30 && (await framesDecoded(small.peer)) > 30);
  await until('the first size', () => direct.video.videoWidth === 640);
  const difference = await alike(direct.video, small.video);

  const count = await framesDecoded(small.peer);
  const start = performance.now();
  await sleep(4000);
  const rate = ((await framesDecoded(small.peer)) - count) / (performance.now() - start) * 1000;

  await call(half, 'setMaxEncoderBitrate', bitrate);
  await sleep(2000);
  const bytes = async () => (await small.peer.statistics()).videoIn.bytesReceived;
  const [before, since] = [await bytes(), performance.now()];
  await sleep(4000);
  const measured = 8000 * ((await bytes()) - before) / (performance.now() - since);

  const firstPictures = [];
  for (let i = 0; i < late; i++) {
    const viewer = view(pipeline, (endpoint) => call(half, 'connect', endpoint));
    const { peer, video } = await viewer;
    const connected = until('the connection', () => peer.connection.connectionState === 'connected').then(() => performance.now());
    const shown = new Promise((resolve) => video.requestVideoFrameCallback((now) => resolve(now)));
    firstPictures.push((await shown) - (await connected));
    await window.screenshot('transcodevideo');
    peer.close();
  }
  const result = {
    width: small.video.videoWidth, height: small.video.videoHeight, direct: direct.video.videoWidth,
    difference, rate, measured, firstPictures, lost: (await small.peer.statistics()).videoIn.packetsLost,
    transcoding: await call(source, 'isMediaTranscoding', 'VIDEO'),
  };
  small.peer.close();
  await call(half, 'release');
  await until('the end of transcoding', () => told.at(-1) === 'VIDEO NOT_TRANSCODING');
  result.told = told;
  direct.peer.close();
  publisher.close();
  await call(pipeline, 'release');
  client.close();
  return result;
}

const fraction = (numerator, denominator) => new (window.require('kurento-client').getComplexType('Fraction'))({ numerator, denominator });

// alike is the mean difference of the pictures of two videos: the least of some looks, as they are not of the same moment.
async function alike(a, b) {
  let least = 255;
  for (let i = 0; i < 20; i++) {
    const [x, y] = [pixels(a), pixels(b)];
    least = Math.min(least, x.reduce((sum, v, at) => sum + Math.abs(v - y[at]), 0) / x.length);
    await sleep(50);
  }
  return least;
}
