// An empty street, on which people begin to walk to the right, goes through filters that are there already: one watches the crowd,
// one writes onto the picture what the page sends over a data channel.

import { call, element, fail, framesDecoded, kurentoClient, Peer, pixels, sleep, until, view } from './lib.js';

export async function run({ ws, pipeline: pipelineId, crowd: crowdId, show: showId, text }) {
  document.body.className = 'small';
  const client = await kurentoClient(ws);
  const pipeline = await client.getMediaobjectById(pipelineId);
  const crowd = await client.getMediaobjectById(crowdId);
  const show = await client.getMediaobjectById(showId);

  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 });
  const people = [];
  setInterval(() => draw(canvas.getContext('2d'), people), 40);
  const source = await element(pipeline, 'WebRtcEndpoint', { useDataChannels: true });
  const peer = new Peer(source, fail);
  peer.publish(canvas.captureStream(25));
  const channel = peer.connection.createDataChannel('page');
  await call(source, 'connect', crowd);
  await call(crowd, 'connect', show);
  await peer.negotiate();
  const viewer = await view(pipeline, (endpoint) => call(show, 'connect', endpoint));
  await until('the empty street to be known', async () => (await framesDecoded(viewer.peer)) > 60);
  await until('the size', () => viewer.video.videoWidth === 640);
  await until('the data channel', () => channel.readyState === 'open');

  const below = () => pixels(viewer.video).slice(32 * 15).reduce((sum, v) => sum + v, 0); // where the text will be
  const empty = below();
  channel.send(text);
  await until('the text on the picture', () => Math.abs(below() - empty) > 120);
  for (let i = 0; i < 15; i++) people.push({ x: -40 * (i % 5) - 20, y: 60 + 110 * Math.floor(i / 5), stripes: 3 + (i % 3) });
  await sleep(3000); // they are in the middle of the picture
  await window.screenshot('crowd');
  viewer.peer.close();
  peer.close();
  client.close();
  return {};
}

function draw(context, people) {
  for (let y = 0; y < 480; y += 40) {
    for (let x = 0; x < 640; x += 40) {
      context.fillStyle = (x + y) % 80 ? '#808880' : '#8c948c';
      context.fillRect(x, y, 40, 40);
    }
  }
  for (const person of people) {
    person.x += 4;
    for (let i = 0; i < person.stripes * 2; i++) {
      context.fillStyle = i % 2 ? '#e0d0b0' : '#302840';
      context.beginPath();
      context.ellipse(person.x, person.y, 18, 40, 0, Math.PI * i / person.stripes, Math.PI * (i + 1) / person.stripes);
      context.lineTo(person.x, person.y);
      context.fill();
    }
  }
}
