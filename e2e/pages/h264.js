// A viewer that takes VP8 only sees a film of H264; so does one of a Composite of which the film is a member, beside a browser
// that sends VP8.

import { addVideo, call, colourAt, element, fail, kurentoClient, nearest, only, painted, Peer, publish, sleep, until } from './lib.js';

const red = [230, 20, 20];
const blue = [20, 20, 230];
const green = [30, 200, 30];
const black = [0, 0, 0];

export async function run({ ws, uri, composite }) {
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const player = await element(pipeline, 'PlayerEndpoint', { uri });
  const result = await (composite ? mixed : direct)(pipeline, player);
  await call(pipeline, 'release');
  client.close();
  return result;
}

// direct has the film's left and right edges shown, and compares its clock with that of the viewer.
async function direct(pipeline, player) {
  const { peer, video } = await viewer(pipeline, player);
  await call(player, 'play');
  await until('the edges', () => shows(video, [[20, 90, red], [300, 90, blue]]));
  await window.screenshot('h264-vp8');
  const steps = await steadiness(video);
  const { videoIn, codec } = await statistics(peer);
  peer.close();
  return { width: video.videoWidth, height: video.videoHeight, lost: videoIn.packetsLost, codec, ...steps };
}

// mixed has the film in the first tile of a Composite and a browser's green in the second.
async function mixed(pipeline, player) {
  const composite = await pipeline.create('Composite', { width: 640, height: 480, framerate: 15 });
  const film = await pipeline.create('HubPort', { hub: composite });
  await call(player, 'connect', film, 'VIDEO');
  await call(player, 'play');
  const { endpoint, peer: publisher } = await publish(pipeline, painted(green));
  only(publisher, 'video/VP8');
  await publisher.negotiate();
  const port = await pipeline.create('HubPort', { hub: composite });
  await call(endpoint, 'connect', port);
  const { peer, video } = await viewer(pipeline, port);
  await until('both tiles', () => tiles(video));
  await window.screenshot('h264-composite');
  const { videoIn, codec } = await statistics(peer);
  peer.close();
  publisher.close();
  return { width: video.videoWidth, height: video.videoHeight, lost: videoIn.packetsLost, codec };
}

async function viewer(pipeline, source) {
  const endpoint = await element(pipeline, 'WebRtcEndpoint');
  await call(source, 'connect', endpoint, 'VIDEO');
  const peer = new Peer(endpoint, fail);
  const video = addVideo(true);
  peer.receive();
  only(peer, 'video/VP8');
  peer.show(video);
  await peer.negotiate();
  return { peer, video };
}

function shows(video, points) {
  if (!video.videoWidth) return false;
  return points.every(([x, y, colour]) => nearest(colourAt(video, x, y), [red, blue, green, black]) === colour);
}

// tiles: the film is 16:9, so that its tile of 320x240 has bars above and below.
const tiles = (video) => video.videoWidth === 640
  && (shows(video, [[15, 240, red], [305, 240, blue], [480, 240, green]]) || shows(video, [[15, 120, red], [305, 120, blue], [480, 120, green]]));

// steadiness reads the number that a bar in the film tells, which grows from picture to picture: how often it grew and how often
// it went back.
async function steadiness(video) {
  let forward = 0;
  let back = 0;
  let last = -1;
  const end = performance.now() + 3000;
  while (performance.now() < end) {
    const [r, g, b] = colourAt(video, 160, 170);
    const grey = (r + g + b) / 3;
    if (last >= 0 && grey > last + 0.5) forward++;
    if (last >= 0 && grey < last - 3) back++;
    last = grey;
    await sleep(30);
  }
  return { forward, back };
}

async function statistics(peer) {
  const { videoIn } = await peer.statistics();
  const report = await peer.connection.getStats();
  return { videoIn, codec: report.get(videoIn.codecId)?.mimeType };
}
