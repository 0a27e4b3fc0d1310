// One camera, two viewers; the link of the first gets narrow and wide again.

import { call, confetti, framesDecoded, kurentoClient, publish, sleep, until, view } from './lib.js';

export async function run({ ws, layers, wide, narrow, phases }) {
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const stream = confetti();
  const camera = await publish(pipeline, stream, { layers });
  await camera.peer.negotiate();
  const connect = (sink) => call(camera.endpoint, 'connect', sink);
  const first = await view(pipeline, connect, { link: true });
  const second = await view(pipeline, connect);
  await first.link.set(wide);
  await until('pictures', async () => await framesDecoded(first.peer) > 10 && await framesDecoded(second.peer) > 10);

  const samples = [];
  let last = {};
  const sample = async (phase) => {
    const now = {};
    for (const [name, { peer }] of Object.entries({ first, second })) {
      const { videoIn } = await peer.statistics();
      now[name] = videoIn;
    }
    const server = async ({ endpoint }) => Object.values(await call(endpoint, 'getStats', 'VIDEO') ?? {});
    const told = (await server(camera)).map(({ remb }) => Math.round(remb / 1000));
    const allowed = [...await server(first), ...await server(second)].map(({ targetBitrate }) => Math.round(targetBitrate / 1000));
    const { layers: sent, videoOut } = await camera.peer.statistics();
    const encoded = Math.max(...(sent.length ? sent : [videoOut]).map((l) => l.framesEncoded ?? 0)); // of the best layer
    if (last.first) {
      const one = (name) => ({
        frames: now[name].framesDecoded - last[name].framesDecoded,
        kbps: Math.round((now[name].bytesReceived - last[name].bytesReceived) / 125),
        height: now[name].frameHeight, freezes: now[name].freezeCount - last[name].freezeCount, lost: now[name].packetsLost - last[name].packetsLost,
      });
      const frames = encoded - last.encoded;
      samples.push({ phase, frames, told, allowed, first: one('first'), second: one('second'), sent: (sent.length ? sent : [videoOut]).map((l) => `${l.rid ?? ''} ${l.frameHeight ?? 0}p ${Math.round((l.targetBitrate ?? 0) / 1000)}k`) });
    }
    last = { ...now, encoded };
  };
  await sample();
  for (const [phase, quality, seconds] of [['before', wide, phases[0]], ['narrow', narrow, phases[1]], ['after', wide, phases[2]]]) {
    await first.link.set(quality);
    for (let i = 0; i < seconds; i++) {
      await sleep(1000);
      await sample(phase);
    }
    if (phase === 'narrow') await window.screenshot(`bandwidth-${layers ? 'layers' : 'single'}`);
  }
  for (const { peer } of [camera, first, second]) peer.close();
  await call(pipeline, 'release');
  client.close();
  return samples;
}
