// A page sends to an element by its name and another receives from it, both over HTTP alone. The sender tells its candidates
// later and restarts ICE.

import { addVideo, pixels, until } from './lib.js';

export async function run({ base, token, name }) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 180 } });
  const sender = new RTCPeerConnection();
  for (const track of stream.getTracks()) sender.addTrack(track, stream);
  const sent = await trickle(sender, base, `whip/${name}`, token);

  const receiver = new RTCPeerConnection();
  const video = addVideo(true);
  receiver.ontrack = ({ streams: [incoming] }) => { video.srcObject = incoming; };
  for (const kind of ['audio', 'video']) receiver.addTransceiver(kind, { direction: 'recvonly' });
  const received = await exchange(receiver, `${base}whep/${name}`, token);
  await until('pictures', () => video.videoWidth > 0 && Math.max(...pixels(video)) > 100);
  await window.screenshot('whip');
  const restarted = await restart(sender, new URL(sent.location, base), token);
  const before = video.currentTime;
  await until('pictures after the restart', () => video.currentTime > before + 1);
  const result = { width: video.videoWidth, patched: [sent.patched, restarted], refused: (await post(`${base}whip/${name}`, 'v=0', 'wrong')).status };

  result.ended = [];
  for (const location of [received, sent.location]) {
    const answer = await fetch(new URL(location, base), { method: 'DELETE', headers: { Authorization: `Bearer ${token}` } });
    result.ended.push(answer.status);
  }
  await until('the end', () => sender.connectionState !== 'connected');
  sender.close();
  receiver.close();
  return result;
}

// exchange posts an offer with all candidates, takes the answer, and returns the address of the session.
async function exchange(connection, url, token) {
  await connection.setLocalDescription();
  await until('all candidates', () => connection.iceGatheringState === 'complete');
  const answer = await post(url, connection.localDescription.sdp, token);
  if (answer.status !== 201) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  await connection.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  await until('the connection', () => connection.connectionState === 'connected');
  return answer.headers.get('Location');
}

// trickle posts an offer without candidates and tells them afterwards.
async function trickle(connection, base, path, token) {
  await connection.setLocalDescription();
  const offer = connection.localDescription.sdp.replace(/^a=candidate:.*\r\n/gm, '');
  const answer = await post(base + path, offer, token);
  if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  const location = answer.headers.get('Location');
  await until('all candidates', () => connection.iceGatheringState === 'complete');
  const { status } = await patch(new URL(location, base), fragment(connection.localDescription.sdp), token, answer.headers.get('ETag'));
  await connection.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  await until('the connection', () => connection.connectionState === 'connected');
  return { location, patched: status };
}

// restart gives the connection new credentials on both sides.
async function restart(connection, url, token) {
  const before = connection.remoteDescription.sdp;
  await connection.setLocalDescription(await connection.createOffer({ iceRestart: true }));
  await until('all candidates', () => connection.iceGatheringState === 'complete');
  const answer = await patch(url, fragment(connection.localDescription.sdp), token, '*');
  if (answer.status !== 200) throw new Error(`restart: ${answer.status} ${await answer.text()}`);
  const text = await answer.text();
  const line = (name) => text.match(new RegExp(`^a=${name}:.*$`, 'm'))[0].trim();
  const candidates = text.match(/^a=candidate:.*\r\n/gm).join('');
  const sdp = before.replace(/^a=candidate:.*\r\n/gm, '').replace(/^a=ice-ufrag:.*\r$/gm, `${line('ice-ufrag')}\r`)
    .replace(/^a=ice-pwd:.*\r$/gm, `${line('ice-pwd')}\r`).replace(/^(a=mid:.*\r\n)/m, `$1${candidates}`);
  await connection.setRemoteDescription({ type: 'answer', sdp });
  await until('the connection', () => ['connected', 'completed'].includes(connection.iceConnectionState));
  return answer.status;
}

// fragment is what a description says of ICE in its first m-line (RFC 8840 §9).
function fragment(sdp) {
  const [session, first] = sdp.split(/^(?=m=)/m);
  const lines = (name, text) => (text.match(new RegExp(`^${name}.*\\r\\n`, 'gm')) || []).join('');
  const credentials = lines('a=ice-ufrag:', session + first) + lines('a=ice-pwd:', session + first);
  return credentials + lines('m=', first) + lines('a=mid:', first) + lines('a=candidate:', first) + 'a=end-of-candidates\r\n';
}

const patch = (url, body, token, match) => fetch(url, {
  method: 'PATCH', body, headers: { 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': match, Authorization: `Bearer ${token}` },
});

const post = (url, body, token) => fetch(url, {
  method: 'POST', body, headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${token}` },
});
