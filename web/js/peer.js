// One WebRTC connection between this page and a WebRtcEndpoint of the server. The page makes the offer; candidates
// trickle both ways and wait until the side they are for can take them.

import { call } from './call.js';

const { getComplexType } = window.require('kurento-client');

export class Peer {
  #endpoint; #pc;
  #remote = []; // candidates of the server that came before its answer
  #local = []; // candidates of the page that came before the answer
  #answered = false; // to the latest offer

  // Both arguments are ready to use: an endpoint without negotiation, and a function called with each failure.
  constructor(endpoint, onError) {
    this.#endpoint = endpoint;
    // No ICE servers: the server's host candidates are reachable or it has its own STUN and TURN settings.
    this.#pc = new RTCPeerConnection();
    const report = (promise) => promise.catch(onError);

    this.#pc.addEventListener('icecandidate', ({ candidate }) => {
      if (!candidate?.candidate) return; // end of candidates: the protocol has no word for it
      if (this.#answered) report(this.#send(candidate));
      else this.#local.push(candidate);
    });
    endpoint.on('IceCandidateFound', ({ candidate }) => {
      if (this.#pc.signalingState === 'closed') return;
      if (this.#answered) report(this.#pc.addIceCandidate(candidate));
      else this.#remote.push(candidate);
    });
  }

  // publish sends the tracks of `stream`. With `receive` they also come back, else the offer is sendonly. `layers` are the
  // encodings of the video, for simulcast.
  publish(stream, { receive = false, layers } = {}) {
    for (const track of stream.getTracks()) {
      const init = { direction: receive ? 'sendrecv' : 'sendonly', streams: [stream] };
      if (layers && track.kind === 'video') init.sendEncodings = layers;
      this.#pc.addTransceiver(track, init);
    }
  }

  // receive asks for one audio and one video track.
  receive() {
    for (const kind of ['audio', 'video']) this.#pc.addTransceiver(kind, { direction: 'recvonly' });
  }

  // show plays what arrives in `video`. The server's SDP names no streams, so the tracks are collected here.
  show(video) {
    const stream = new MediaStream();
    this.#pc.addEventListener('track', ({ track }) => {
      stream.addTrack(track);
      video.srcObject = stream;
    });
  }

  // The connection itself, to change it before the next negotiate.
  get connection() { return this.#pc; }

  // negotiate resolves when both descriptions are set and the server gathers candidates. Later calls agree on what was
  // changed since; with `restart` they also look for new ways through the network.
  async negotiate({ restart = false } = {}) {
    if (restart) this.#pc.restartIce();
    this.#answered = false;
    await this.#pc.setLocalDescription();
    const answer = await call(this.#endpoint, 'processOffer', this.#pc.localDescription.sdp);
    await this.#pc.setRemoteDescription({ type: 'answer', sdp: answer });
    this.#answered = true;
    await Promise.all([
      ...this.#remote.splice(0).map((candidate) => this.#pc.addIceCandidate(candidate)),
      ...this.#local.splice(0).map((candidate) => this.#send(candidate)),
      call(this.#endpoint, 'gatherCandidates'),
    ]);
  }

  // statistics sums up what the browser receives and sends; absent parts are undefined. Of simulcast videoOut is one layer,
  // and `layers` has all.
  async statistics() {
    const result = { layers: [] };
    for (const report of (await this.#pc.getStats()).values()) {
      if (report.type === 'inbound-rtp') result[`${report.kind}In`] = report;
      if (report.type === 'outbound-rtp') {
        result[`${report.kind}Out`] = report;
        if (report.rid) result.layers.push(report);
      }
    }
    return result;
  }

  close() {
    this.#pc.close();
  }

  #send({ candidate, sdpMid, sdpMLineIndex }) {
    return call(this.#endpoint, 'addIceCandidate', getComplexType('IceCandidate')({ candidate, sdpMid, sdpMLineIndex }));
  }
}
