// Two publishers, a red and a blue one with a tone each, at the hubs that are no Composite: what a viewer of them sees and hears.

import { call, colourAt, hears, kurentoClient, nearest, painted, publish, until, view } from './lib.js';

const red = [220, 30, 30];
const blue = [40, 60, 230];
const tones = [500, 1200]; // Hz

export async function run({ ws }) {
  document.body.className = 'small';
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const context = new AudioContext();
  const sources = [];
  for (const [i, colour] of [red, blue].entries()) {
    const source = await publish(pipeline, painted(colour, context, tones[i]));
    await source.peer.negotiate();
    sources.push(source);
  }
  const at = { pipeline, context, sources };
  const heard = {};
  for (const [name, show] of Object.entries({ AlphaBlending: blend, Dispatcher: dispatch, DispatcherOneToMany: broadcast, Mixer: mix })) {
    const hub = await call(pipeline, 'create', name, {});
    const ports = [];
    for (const { endpoint } of sources) {
      const port = await call(pipeline, 'create', 'HubPort', { hub });
      await call(endpoint, 'connect', port);
      ports.push(port.id); // what was awaited is no MediaObject to the client, which would send it as an object
    }
    const out = await call(pipeline, 'create', 'HubPort', { hub });
    const viewer = await view(pipeline, (endpoint) => call(out, 'connect', endpoint));
    viewer.video.muted = true;
    heard[name] = await show(at, hub, ports, out.id, viewer.video);
    await window.screenshot(`hub-${name}`);
    viewer.peer.close();
    viewer.video.remove();
    await call(hub, 'release');
  }
  for (const { peer } of sources) peer.close();
  await call(pipeline, 'release');
  client.close();
  return heard;
}

const sees = (what, video, points) => until(what, () => video.videoWidth > 0 && points.every(([x, y, colour]) => (
  nearest(colourAt(video, x * video.videoWidth, y * video.videoHeight), [red, blue]) === colour)));

async function blend({ context }, hub, [master, inset], out, video) {
  await call(hub, 'setMaster', master, 0);
  await call(hub, 'setPortProperties', 0.5, 0.25, 5, 0.4, 0.4, inset);
  await until("the master's size", () => video.videoWidth === 320 && video.videoHeight === 240);
  await sees('blue in red', video, [[0.25, 0.4, red], [0.7, 0.4, blue], [0.95, 0.4, red], [0.7, 0.1, red]]);
  return hears('who says nothing', context, video.srcObject, tones, () => true);
}

async function dispatch({ context }, hub, [first, second], out, video) {
  await call(hub, 'connect', first, out);
  await sees('the first', video, [[0.5, 0.5, red]]);
  await call(hub, 'connect', second, out);
  await sees('the second', video, [[0.5, 0.5, blue]]);
  return hears('who is given the second', context, video.srcObject, tones, (tone) => tone === 1);
}

async function broadcast({ context }, hub, [first, second], out, video) {
  await call(hub, 'setSource', second);
  await sees('the second', video, [[0.5, 0.5, blue]]);
  await call(hub, 'setSource', first);
  await sees('the first', video, [[0.5, 0.5, red]]);
  return hears('all', context, video.srcObject, tones, (tone) => tone === 0);
}

async function mix({ context }, hub, [first, second], out, video) {
  await call(hub, 'connect', 'VIDEO', second, out);
  await call(hub, 'connect', 'AUDIO', first, out);
  await sees('the second', video, [[0.5, 0.5, blue]]);
  await hears('the first', context, video.srcObject, tones, (tone) => tone === 0);
  await call(hub, 'connect', 'AUDIO', second, out);
  return hears('both', context, video.srcObject, tones, () => true);
}
