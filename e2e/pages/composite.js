// Four members of a Composite, each with a colour, three of them with a tone. Each sees the same picture of all and hears all but
// himself; a member leaves, and the picture closes up.

import { addVideo, call, element, fail, kurentoClient, Peer, sleep, until } from './lib.js';

const tones = [500, 1200, 2700]; // Hz
const black = [0, 0, 0];
const colours = [[220, 30, 30], [30, 200, 30], [40, 60, 230], [230, 220, 40]];

export async function run({ ws }) {
  document.body.className = 'small';
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const composite = await pipeline.create('Composite', { width: 640, height: 480, framerate: 15 });
  const context = new AudioContext();
  const members = [];
  for (const [i, colour] of colours.entries()) members.push(await join(pipeline, composite, context, colour, tones[i]));

  await until('four tiles everywhere', () => members.every(({ video }) => shows(video, colours)));
  await window.screenshot('composite-4');
  const heard = await Promise.all(members.map(({ video }, i) => levels(context, video.srcObject, i)));
  const rates = await Promise.all(members.map(({ video }) => shownPerSecond(video)));

  const gone = members.splice(1, 1)[0];
  gone.peer.close();
  await call(gone.port, 'release');
  const left = [colours[0], colours[2], colours[3], black];
  await until('three tiles', () => members.every(({ video }) => shows(video, left)));
  await window.screenshot('composite-3');

  const lost = [];
  for (const { peer } of members) {
    lost.push((await peer.statistics()).videoIn.packetsLost);
    peer.close();
  }
  await call(pipeline, 'release');
  client.close();
  return { heard, rates, lost };
}

// join makes one member, who sends and gets at one endpoint.
async function join(pipeline, composite, context, [r, g, b], tone) {
  const port = await pipeline.create('HubPort', { hub: composite });
  const endpoint = await element(pipeline, 'WebRtcEndpoint');
  await call(endpoint, 'connect', port);
  await call(port, 'connect', endpoint);
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
  const picture = canvas.getContext('2d');
  let turn = 0;
  setInterval(() => {
    picture.fillStyle = `rgb(${r} ${g} ${b})`;
    picture.fillRect(0, 0, 320, 240);
    picture.fillStyle = 'white';
    picture.fillRect(10 + (turn++ % 60) * 2, 200, 20, 20); // something moves
  }, 50);
  const stream = canvas.captureStream(20);
  if (tone) {
    const oscillator = new OscillatorNode(context, { frequency: tone });
    const quiet = new GainNode(context, { gain: 0.2 });
    const out = new MediaStreamAudioDestinationNode(context);
    oscillator.connect(quiet).connect(out);
    oscillator.start();
    stream.addTrack(out.stream.getAudioTracks()[0]);
  }
  const peer = new Peer(endpoint, fail);
  peer.publish(stream, { receive: true });
  if (!tone) peer.connection.addTransceiver('audio', { direction: 'recvonly' });
  const video = addVideo(true);
  peer.show(video);
  await peer.negotiate();
  return { port, peer, video };
}

// shows compares the colours in the middle of the tiles, row by row, by the nearest that there is: browsers do not agree on what
// colours a canvas' video has.
function shows(video, wanted) {
  if (video.videoWidth !== 640 || video.videoHeight !== 480) return false;
  const canvas = new OffscreenCanvas(640, 480);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(video, 0, 0);
  return wanted.every((colour, i) => {
    const { data } = context.getImageData(160 + (i % 2) * 320, 100 + Math.floor(i / 2) * 240, 1, 1);
    const distance = (other) => other.reduce((sum, v, c) => sum + (v - data[c]) ** 2, 0);
    return [...colours, black].every((other) => distance(colour) <= distance(other));
  });
}

// levels waits until a member hears all tones but his own, and tells how loud they are, in dB.
async function levels(context, stream, own) {
  const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
  context.createMediaStreamSource(stream).connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  const width = context.sampleRate / analyser.fftSize;
  const measure = () => {
    analyser.getFloatFrequencyData(bins);
    return tones.map((hz) => {
      const at = Math.round(hz / width);
      return Math.max(...bins.slice(at - 2, at + 3));
    });
  };
  let heard;
  await until(`what member ${own} hears`, () => {
    heard = measure();
    return heard.every((db, i) => (i === own ? db < -70 : db > -50));
  });
  return heard;
}

async function shownPerSecond(video) {
  const before = video.getVideoPlaybackQuality().totalVideoFrames;
  const start = performance.now();
  await sleep(4000);
  return (video.getVideoPlaybackQuality().totalVideoFrames - before) / (performance.now() - start) * 1000;
}
