// A page sends to an element by its name and another receives from it, both over HTTP alone.

import { addVideo, pixels, until } from './lib.js';

export async function run({ base, token, name }) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 180 } });
  const sender = new RTCPeerConnection();
  for (const track of stream.getTracks()) sender.addTrack(track, stream);
  const sent = await exchange(sender, `${base}whip/${name}`, token);

  const receiver = new RTCPeerConnection();
  const video = addVideo(true);
  receiver.ontrack = ({ streams: [incoming] }) => { video.srcObject = incoming; };
  for (const kind of ['audio', 'video']) receiver.addTransceiver(kind, { direction: 'recvonly' });
  const received = await exchange(receiver, `${base}whep/${name}`, token);
  await until('pictures', () => video.videoWidth > 0 && Math.max(...pixels(video)) > 100);
  await window.screenshot('whip');
  const result = { width: video.videoWidth, refused: (await post(`${base}whip/${name}`, 'v=0', 'wrong')).status };

  result.ended = [];
  for (const location of [received, sent]) {
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

const post = (url, body, token) => fetch(url, {
  method: 'POST', body, headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${token}` },
});
