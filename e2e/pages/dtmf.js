// A page dials a digit, and one that may speak another audio codec hears the tone of it, which its browser makes of the events.

import { addVideo, call, element, fail, kurentoClient, only, Peer, sleep, until } from './lib.js';

export async function run({ ws, from, to, digit, tones }) {
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const context = new AudioContext();

  const sender = await element(pipeline, 'WebRtcEndpoint');
  const source = new Peer(sender, fail);
  source.publish(silence(context));
  only(source, from, 'audio/telephone-event');
  await source.negotiate();

  const receiver = await element(pipeline, 'WebRtcEndpoint');
  await call(sender, 'connect', receiver);
  const sink = new Peer(receiver, fail);
  sink.connection.addTransceiver('audio', { direction: 'recvonly' });
  only(sink, to, 'audio/telephone-event');
  const audio = addVideo();
  sink.show(audio);
  await sink.negotiate();
  await until('sound', async () => (await sink.statistics()).audioIn?.packetsReceived > 50);

  const { dtmf } = source.connection.getSenders().find(({ track }) => track?.kind === 'audio');
  const result = { can: dtmf.canInsertDTMF };
  if (result.can) {
    dtmf.insertDTMF(digit.repeat(3), 1000, 100);
    result.distance = await listen(context, audio.srcObject, tones);
  }
  const { audioIn } = await sink.statistics();
  result.codec = (await sink.connection.getStats()).get(audioIn.codecId).mimeType;
  result.lost = audioIn.packetsLost;
  source.close();
  sink.close();
  await call(pipeline, 'release');
  client.close();
  return result;
}

function silence(context) {
  const out = context.createMediaStreamDestination();
  const source = new OscillatorNode(context); // without a source nothing flows
  source.connect(new GainNode(context, { gain: 0 })).connect(out);
  source.start();
  return out.stream;
}

// listen looks at the spectrum for some seconds, and returns how far the weaker of the tones was above everything else, in dB,
// when it was farthest.
async function listen(context, stream, tones) {
  const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
  context.createMediaStreamSource(stream).connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  const width = context.sampleRate / analyser.fftSize;
  let best = -200;
  for (let i = 0; i < 20; i++) {
    await sleep(200);
    analyser.getFloatFrequencyData(bins);
    const level = (hz) => Math.max(...bins.filter((_, bin) => Math.abs(bin * width - hz) < 10));
    const others = bins.filter((_, bin) => tones.every((hz) => Math.abs(bin * width - hz) > 100));
    const distance = Math.min(...tones.map(level)) - Math.max(...others);
    if (Number.isFinite(distance)) best = Math.max(best, distance);
  }
  return best;
}
