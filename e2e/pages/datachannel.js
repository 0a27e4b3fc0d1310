// Data channels between the page and one WebRtcEndpoint that is connected to itself: one made by the page, one by the server.

import { call, element, kurentoClient, until } from './lib.js';

const { getComplexType } = window.require('kurento-client');

export async function run({ ws, serverOffers }) {
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const endpoint = await element(pipeline, 'WebRtcEndpoint', { useDataChannels: true });
  await call(endpoint, 'connect', endpoint);
  const events = [];
  for (const name of ['DataChannelOpened', 'DataChannelClosed']) {
    endpoint.on(name, ({ channelId }) => events.push(`${name} ${channelId}`));
  }

  const pc = new RTCPeerConnection();
  const channels = {};
  const keep = (channel) => {
    channel.binaryType = 'arraybuffer';
    const { label, protocol, ordered } = channel;
    const kept = { channel, about: { label, protocol, ordered }, heard: [], closed: false };
    channel.onmessage = ({ data }) => kept.heard.push(typeof data === 'string' ? `text ${data}` : `binary ${data.byteLength}`);
    channel.onclose = () => { kept.closed = true; };
    channels[label] = kept;
  };
  pc.ondatachannel = ({ channel }) => keep(channel);
  keep(pc.createDataChannel('page', { protocol: 'p' }));
  await (serverOffers ? answer : offer)(pc, endpoint);
  await call(endpoint, 'createDataChannel', 'server', false);

  await until('both channels', () => ['page', 'server'].every((label) => channels[label]?.channel.readyState === 'open'));
  await until('both events', () => events.length === 2);
  const { page, server } = channels;
  page.channel.send('héllo');
  page.channel.send(new Uint8Array(60000));
  page.channel.send('');
  page.channel.send(new Uint8Array(0));
  await until('the echo in the page\'s channel', () => page.heard.length === 4);
  await until('the echo in the server\'s channel', () => server.heard.length === 4);
  server.channel.send('from there');
  await until('the second echo', () => page.heard.length === 5 && server.heard.length === 5);
  const stats = Object.values(await call(endpoint, 'getStats', 'DATA'));

  const { id: pageId } = page.channel;
  const { id: serverId } = server.channel;
  await call(endpoint, 'closeDataChannel', serverId);
  await until('the server\'s channel to close', () => server.closed);
  page.channel.close();
  await until('the page\'s channel to close', () => events.includes(`DataChannelClosed ${pageId}`));

  pc.close();
  await call(pipeline, 'release');
  client.close();
  const about = ({ about: what, heard }) => ({ ...what, heard });
  return { events, stats, page: { id: pageId, ...about(page) }, server: { id: serverId, ...about(server) } };
}

// trickle carries candidates both ways from now on; both descriptions are known.
function trickle(pc, endpoint) {
  pc.onicecandidate = ({ candidate }) => {
    if (candidate?.candidate) send(endpoint, candidate);
  };
  endpoint.on('IceCandidateFound', ({ candidate }) => pc.addIceCandidate(candidate));
}

const send = (endpoint, { candidate, sdpMid, sdpMLineIndex }) =>
  call(endpoint, 'addIceCandidate', getComplexType('IceCandidate')({ candidate, sdpMid, sdpMLineIndex }));

// gathered resolves to the local description with all candidates in it.
async function gathered(pc) {
  await pc.setLocalDescription();
  await until('the page\'s candidates', () => pc.iceGatheringState === 'complete');
  return pc.localDescription.sdp;
}

// offer: the page makes the offer and is the DTLS server.
async function offer(pc, endpoint) {
  const sdp = await call(endpoint, 'processOffer', await gathered(pc));
  await pc.setRemoteDescription({ type: 'answer', sdp });
  trickle(pc, endpoint);
  await call(endpoint, 'gatherCandidates');
}

// answer: the server makes the offer, the page is the DTLS client.
async function answer(pc, endpoint) {
  await pc.setRemoteDescription({ type: 'offer', sdp: await call(endpoint, 'generateOffer') });
  await call(endpoint, 'processAnswer', await gathered(pc));
  trickle(pc, endpoint);
  await call(endpoint, 'gatherCandidates');
}
