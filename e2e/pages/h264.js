// A viewer that takes VP8 only sees a film of H264, and a browser that sends H264; so does one of a Composite of which the film is
// a member, beside a browser that sends VP8.

import { addVideo, call, colourAt, element, fail, kurentoClient, nearest, only, painted, Peer, publish, sleep, until } from './lib.js';

const red = [230, 20, 20];
const blue = [20, 20, 230];
const green = [30, 200, 30];
const black = [0, 0, 0];

export async function run({ ws, uri, way }) {
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const result = await { film, mixed, published }[way](pipeline, uri);
  await call(pipeline, 'release');
  client.close();
  return result;
}

// film looks at the film's left and right edges, and whether its time only goes forward.
async function film(pipeline, uri) {
  const player = await element(pipeline, 'PlayerEndpoint', { uri });
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
async function mixed(pipeline, uri) {
  const player = await element(pipeline, 'PlayerEndpoint', { uri });
  const composite = await pipeline.create('Composite', { width: 640, height: 480, framerate: 15 });
  const tile = await pipeline.create('HubPort', { hub: composite });
  await call(player, 'connect', tile, 'VIDEO');
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

// published has a browser's red seen.
async function published(pipeline) {
  const { endpoint, peer: publisher } = await publish(pipeline, painted(red));
  only(publisher, 'video/H264');
  await publisher.negotiate();
  const { peer, video } = await viewer(pipeline, endpoint);
  await until('red', () => shows(video, [[20, 20, red]]));
  const { videoIn, codec } = await statistics(peer);
  const sent = await publisher.connection.getStats();
  const source = [...sent.values()].find(({ type, kind }) => type === 'outbound-rtp' && kind === 'video');
  peer.close();
  publisher.close();
  return { lost: videoIn.packetsLost, codec, sent: sent.get(source.codecId)?.mimeType };
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

// tiles: the film's edges in the left one, green in the right one.
const tiles = (video) => video.videoWidth === 640 && shows(video, [[15, 240, red], [305, 240, blue], [480, 240, green]]);

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
