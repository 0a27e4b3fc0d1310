const kurento = require('kurento-client');

async function loopback() {
  const camera = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  const client = await kurento('ws://localhost:8888/kurento');
  const pipeline = await client.create('MediaPipeline');
  const webrtc = await pipeline.create('WebRtcEndpoint');
  await webrtc.connect(webrtc); // what comes in goes out again

  const peer = new RTCPeerConnection();
  camera.getTracks().forEach((track) => peer.addTrack(track, camera));
  const received = (document.querySelector('video').srcObject = new MediaStream());
  peer.ontrack = ({ track }) => received.addTrack(track);
  peer.onicecandidate = ({ candidate }) => candidate && webrtc.addIceCandidate(kurento.getComplexType('IceCandidate')(candidate));
  await peer.setLocalDescription();
  await peer.setRemoteDescription({ type: 'answer', sdp: await webrtc.processOffer(peer.localDescription.sdp) });
  webrtc.on('IceCandidateFound', ({ candidate }) => peer.addIceCandidate(candidate));
  await webrtc.gatherCandidates();
}
loopback().catch((error) => (document.body.textContent = error));
