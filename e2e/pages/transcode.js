// A tone goes from a page that speaks one audio codec to one that speaks another, and the server converts.

import { addVideo, call, element, fail, kurentoClient, only, Peer, sleep, until } from './lib.js';

export async function run({ ws, from, to, hz }) {
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const context = new AudioContext();

  const sender = await element(pipeline, 'WebRtcEndpoint');
  const states = [];
  sender.on('MediaTranscodingStateChanged', ({ state, mediaType }) => states.push(`${mediaType} ${state}`));
  const source = new Peer(sender, fail);
  source.publish(tone(context, hz));
  only(source, from);
  await source.negotiate();

  const receiver = await element(pipeline, 'WebRtcEndpoint');
  await call(sender, 'connect', receiver);
  const sink = new Peer(receiver, fail);
  sink.connection.addTransceiver('audio', { direction: 'recvonly' });
  only(sink, to);
  const audio = addVideo();
  sink.show(audio);
  await sink.negotiate();
  await until('sound', async () => (await sink.statistics()).audioIn?.packetsReceived > 50);

  const heard = await listen(context, audio.srcObject, hz);
  const { audioIn } = await sink.statistics();
  const stats = await sink.connection.getStats();
  const result = {
    codec: stats.get(audioIn.codecId).mimeType, lost: audioIn.packetsLost, received: audioIn.packetsReceived,
    concealed: audioIn.concealedSamples / audioIn.totalSamplesReceived, ...heard,
    transcoding: await call(sender, 'isMediaTranscoding', 'AUDIO'),
  };
  // With its last user the conversion ends.
  await call(receiver, 'release');
  await until('the end of transcoding', () => states.includes('AUDIO TRANSCODING') && states.at(-1) === 'AUDIO NOT_TRANSCODING');
  result.states = states;
  source.close();
  sink.close();
  await call(pipeline, 'release');
  client.close();
  return result;
}

function tone(context, hz) {
  const oscillator = new OscillatorNode(context, { frequency: hz });
  const volume = new GainNode(context, { gain: 0.5 });
  const out = context.createMediaStreamDestination();
  oscillator.connect(volume).connect(out);
  oscillator.start();
  return out.stream;
}

// listen measures the spectrum for two seconds: the loudest frequency, and how far everything else is below it, in dB.
async function listen(context, stream, hz) {
  const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
  context.createMediaStreamSource(stream).connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  const width = context.sampleRate / analyser.fftSize;
  const looks = [];
  for (let i = 0; i < 10; i++) {
    await sleep(200);
    analyser.getFloatFrequencyData(bins);
    const peak = bins.reduce((best, level, bin) => (level > bins[best] ? bin : best), 0);
    const others = bins.filter((_, bin) => Math.abs(bin * width - hz) > 100);
    looks.push({ peak: peak * width, level: bins[peak], distance: bins[peak] - Math.max(...others) });
  }
  looks.sort((a, b) => a.distance - b.distance);
  return looks[looks.length / 2]; // a busy machine disturbs some
}
