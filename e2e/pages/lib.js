// What the scenarios share. The WebRTC side is the playground's own Peer.

import { call } from '/js/call.js';
import { Peer } from '/js/peer.js';

export const kurentoClient = window.require('kurento-client');
export { call, Peer };

// until resolves when `condition` gives something true, and rejects after `timeout` ms, naming what was awaited.
export async function until(what, condition, timeout = 10000) {
  const start = performance.now();
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() - start > timeout) throw new Error(`waited ${timeout} ms in vain for ${what}`);
    await sleep(20);
  }
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// fail makes an error outside any promise end the test.
export const fail = (error) => setTimeout(() => { throw error; });

// element creates a media element whose Error events end the test.
export async function element(pipeline, type, params = {}) {
  const created = await pipeline.create(type, params);
  created.on('Error', ({ type: kind, description }) => fail(new Error(`${type}: Error event ${kind}: ${description}`)));
  return created;
}

export function addVideo(muted = false) {
  const video = Object.assign(document.createElement('video'), { autoplay: true, playsInline: true, muted });
  document.body.append(video);
  return video;
}

// publish joins `stream` to a new WebRtcEndpoint of `pipeline`.
export async function publish(pipeline, stream, options) {
  const endpoint = await element(pipeline, 'WebRtcEndpoint');
  const peer = new Peer(endpoint, fail);
  peer.publish(stream, options);
  return { endpoint, peer };
}

// view shows `source` (or what `prepare` connects) in a new video element.
export async function view(pipeline, connect) {
  const endpoint = await element(pipeline, 'WebRtcEndpoint');
  await connect(endpoint);
  const peer = new Peer(endpoint, fail);
  const video = addVideo();
  peer.receive();
  peer.show(video);
  await peer.negotiate();
  return { endpoint, peer, video };
}

export const framesDecoded = async (peer) => (await peer.statistics()).videoIn?.framesDecoded ?? 0;

// pixels is a small grey copy of what a video shows now.
export function pixels(video) {
  const canvas = new OffscreenCanvas(32, 18);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(video, 0, 0, 32, 18);
  const { data } = context.getImageData(0, 0, 32, 18);
  return Array.from({ length: 32 * 18 }, (_, i) => data[4 * i + 1]);
}
