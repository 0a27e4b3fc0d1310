// Plays files in this browser, each from its middle on.

import { until } from './lib.js';

export async function run({ names }) {
  const result = {};
  for (const name of names) result[name] = await play(`/files/${name}.mp4`);
  return result;
}

// play jumps to the middle of a file and plays on from there.
async function play(url) {
  const video = Object.assign(document.createElement('video'), { src: url, muted: true });
  document.body.append(video);
  const told = (event) => new Promise((resolve, reject) => {
    video.addEventListener(event, resolve, { once: true });
    video.addEventListener('error', () => reject(new Error(`${url}: ${video.error.message}`)), { once: true });
  });
  await told('loadedmetadata');
  const end = video.seekable.length > 0 ? video.seekable.end(video.seekable.length - 1) : 0;
  const seeked = told('seeked');
  video.currentTime = end / 2;
  await seeked;
  const landed = video.currentTime;
  await video.play();
  await until('pictures behind the jump', () => video.error || video.getVideoPlaybackQuality().totalVideoFrames > 10 && video.currentTime > landed + 0.5);
  if (video.error) throw new Error(`${url}: ${video.error.message}`);
  const result = {
    duration: video.duration, seekable: end, landed, width: video.videoWidth, height: video.videoHeight,
    frames: video.getVideoPlaybackQuality().totalVideoFrames, sound: video.webkitAudioDecodedByteCount,
  };
  video.remove();
  return result;
}
