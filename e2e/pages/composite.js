// Four members of a Composite, each with a colour, three of them with a tone. Each sees the same picture of all and hears all but
// himself; a member leaves, and the picture closes up.

import { addVideo, call, colourAt, element, fail, hears, kurentoClient, nearest, painted, Peer, sleep, until } from './lib.js';

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
  const heard = await Promise.all(members.map(({ video }, i) => hears(`member ${i}`, context, video.srcObject, tones, (tone) => tone !== i)));
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
  const stream = painted([r, g, b], context, tone);
  const peer = new Peer(endpoint, fail);
  peer.publish(stream, { receive: true });
  if (!tone) peer.connection.addTransceiver('audio', { direction: 'recvonly' });
  const video = addVideo(true);
  peer.show(video);
  await peer.negotiate();
  return { port, peer, video };
}

// shows compares the colours in the middle of the tiles, row by row.
function shows(video, wanted) {
  if (video.videoWidth !== 640 || video.videoHeight !== 480) return false;
  return wanted.every((colour, i) => nearest(colourAt(video, 160 + (i % 2) * 320, 100 + Math.floor(i / 2) * 240), [...colours, black]) === colour);
}

async function shownPerSecond(video) {
  const before = video.getVideoPlaybackQuality().totalVideoFrames;
  const start = performance.now();
  await sleep(4000);
  return (video.getVideoPlaybackQuality().totalVideoFrames - before) / (performance.now() - start) * 1000;
}
