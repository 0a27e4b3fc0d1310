//go:build e2e

package e2e

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"
)

const flowTimeout = 20 * time.Second

// ffmpeg sends RTP and SRTP to the server, which records it. Nothing comes back: RTP/AVP has no feedback.
func TestRTPFromFFmpeg(t *testing.T) {
	t.Parallel()
	const key = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0"
	for name, suite := range map[string]string{
		"RTP": "", "SRTP 80": "AES_CM_128_HMAC_SHA1_80", "SRTP 32": "AES_CM_128_HMAC_SHA1_32",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t)
			c := s.dial(t)
			pipeline := c.create("MediaPipeline", object{})
			params, proto := object{"mediaPipeline": pipeline}, "RTP/AVP"
			var more, srtp []string
			if suite != "" {
				params["crypto"] = object{"crypto": strings.Replace(suite, "AES_CM_128", "AES_128_CM", 1)}
				proto, more = "RTP/SAVP", []string{"crypto:1 " + suite + " inline:" + key}
				srtp = []string{"-srtp_out_suite", suite, "-srtp_out_params", key}
			}
			from := c.create("RtpEndpoint", params)
			file := s.path("ffmpeg.webm")
			recorder := c.create("RecorderEndpoint", object{"mediaPipeline": pipeline, "uri": "file://" + file})
			c.invoke(from, "connect", object{"sink": recorder})
			c.subscribe(from, "MediaStateChanged")
			c.subscribe(recorder, "Recording")
			answer := c.invoke(from, "processOffer", object{"offer": description(proto, "sendonly",
				rtpLine{"video", "VP8/90000", 96, 9, more}, rtpLine{"audio", "opus/48000/2", 97, 9, more})})
			c.invoke(recorder, "record", nil)
			sender := sendWith(t, 5, withVP8, portOf(t, answer, "video"), withOpus, portOf(t, answer, "audio"), srtp...)
			if state := c.event("MediaStateChanged", flowTimeout).Data["newState"]; state != "CONNECTED" {
				t.Errorf("media is %v", state)
			}
			c.event("Recording", flowTimeout)
			sender.wait()
			c.invoke(recorder, "stopAndWait", nil)
			if codecs := streamsOf(t, file, 3.5); codecs != "vp8 opus" && codecs != "opus vp8" {
				t.Errorf("recorded %s", codecs)
			}
		})
	}
}

// The server sends a file to ffmpeg, which writes it as it comes.
func TestRTPToFFmpeg(t *testing.T) {
	t.Parallel()
	for name, suite := range map[string]string{"RTP": "", "SRTP 80": "AES_128_CM_HMAC_SHA1_80", "SRTP 32": "AES_128_CM_HMAC_SHA1_32"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t)
			source, file := s.path("source.webm"), s.path("received.webm")
			ffmpeg(t, "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=15", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000",
				"-t", "20", "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-g", "15", "-c:a", "libopus", "-ac", "2", source)
			c := s.dial(t)
			pipeline := c.create("MediaPipeline", object{})
			params, proto, wanted := object{"mediaPipeline": pipeline}, "RTP/AVP", []string(nil)
			if suite != "" {
				params["crypto"] = object{"crypto": suite}
				proto = "RTP/SAVP"
				// ffmpeg sends nothing but reports: it does not say a key of its own.
				wanted = []string{"crypto:1 " + strings.Replace(suite, "AES_128_CM", "AES_CM_128", 1) + " inline:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0"}
			}
			to, player := c.create("RtpEndpoint", params), c.create("PlayerEndpoint", object{"mediaPipeline": pipeline, "uri": "file://" + source})
			c.invoke(player, "connect", object{"sink": to})
			video, audio := rtpLine{"video", "VP8/90000", 96, freePair(t), wanted}, rtpLine{"audio", "opus/48000/2", 97, freePair(t), wanted}
			answer := c.invoke(to, "processOffer", object{"offer": description(proto, "recvonly", video, audio)})
			if found := cryptoKey.FindStringSubmatch(answer); suite != "" {
				if found == nil {
					t.Fatalf("no key in %s", answer)
				}
				video.more, audio.more = found[1:2], found[1:2]
			}
			receiver := receiveWith(t, description(proto, "recvonly", video, audio), 5, file)
			c.invoke(player, "play", nil)
			receiver.wait()
			if codecs := streamsOf(t, file, 4); codecs != "vp8 opus" {
				t.Errorf("received %s", codecs)
			}
		})
	}
}

// H.264 and G.711 pass through two endpoints, as between a camera or a telephone and another: no codec of ours has
// touched them.
func TestRTPThrough(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		audio   []string
		codec   string
		pt      int
		decoder string
	}{
		"PCMU": {withPCMU, "PCMU/8000", 0, "pcm_mulaw"},
		"PCMA": {withPCMA, "PCMA/8000", 8, "pcm_alaw"},
	} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t)
			conn := s.dial(t)
			pipeline := conn.create("MediaPipeline", object{})
			from, to := conn.create("RtpEndpoint", object{"mediaPipeline": pipeline}), conn.create("RtpEndpoint", object{"mediaPipeline": pipeline})
			conn.invoke(from, "connect", object{"sink": to})
			video := rtpLine{"video", "H264/90000", 96, freePair(t), []string{"fmtp:96 packetization-mode=1;profile-level-id=42c01f"}}
			audio := rtpLine{"audio", c.codec, c.pt, freePair(t), nil}
			answer := conn.invoke(from, "processOffer", object{"offer": description("RTP/AVP", "sendonly", video, audio)})
			conn.invoke(to, "processOffer", object{"offer": description("RTP/AVP", "recvonly", video, audio)})
			file := s.path("through.mkv")
			receiver := receiveWith(t, description("RTP/AVP", "recvonly", video, audio), 5, file)
			sendWith(t, 12, withH264, portOf(t, answer, "video"), c.audio, portOf(t, answer, "audio"))
			receiver.wait()
			if codecs := streamsOf(t, file, 4); codecs != "h264 "+c.decoder {
				t.Errorf("received %s", codecs)
			}
		})
	}
}

// Two endpoints of the server send to each other, with each suite: a file goes in at one and is recorded at the other.
func TestRTPBetweenEndpoints(t *testing.T) {
	t.Parallel()
	for _, suite := range []string{"", "AES_128_CM_HMAC_SHA1_32", "AES_128_CM_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_32", "AES_256_CM_HMAC_SHA1_80"} {
		t.Run(suite, func(t *testing.T) {
			t.Parallel()
			s := startServer(t)
			source, file := s.path("source.webm"), s.path("recorded.webm")
			ffmpeg(t, "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=15", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000",
				"-t", "4", "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-g", "15", "-c:a", "libopus", "-ac", "2", source)
			c := s.dial(t)
			pipeline := c.create("MediaPipeline", object{})
			params := object{"mediaPipeline": pipeline}
			if suite != "" {
				params["crypto"] = object{"crypto": suite}
			}
			a, b := c.create("RtpEndpoint", params), c.create("RtpEndpoint", params)
			player := c.create("PlayerEndpoint", object{"mediaPipeline": pipeline, "uri": "file://" + source})
			recorder := c.create("RecorderEndpoint", object{"mediaPipeline": pipeline, "uri": "file://" + file})
			c.invoke(player, "connect", object{"sink": a})
			c.invoke(b, "connect", object{"sink": recorder})
			c.invoke(a, "processAnswer", object{"answer": c.invoke(b, "processOffer", object{"offer": c.invoke(a, "generateOffer", nil)})})
			c.subscribe(player, "EndOfStream")
			c.invoke(recorder, "record", nil)
			c.invoke(player, "play", nil)
			c.event("EndOfStream", flowTimeout)
			c.invoke(recorder, "stopAndWait", nil)
			if codecs := streamsOf(t, file, 3); codecs != "vp8 opus" && codecs != "opus vp8" {
				t.Errorf("recorded %s", codecs)
			}
		})
	}
}

// A peer behind a NAT says that it is active and names a port that is not the one it sends from: it gets what it is sent
// where it is.
func TestRTPActivePeer(t *testing.T) {
	s := startServer(t)
	source := s.path("source.webm")
	ffmpeg(t, "-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", "20", "-c:a", "libopus", "-ac", "2", source)
	c := s.dial(t)
	pipeline := c.create("MediaPipeline", object{})
	e, player := c.create("RtpEndpoint", object{"mediaPipeline": pipeline}), c.create("PlayerEndpoint", object{"mediaPipeline": pipeline, "uri": "file://" + source})
	c.invoke(player, "connect", object{"sink": e})
	answer := c.invoke(e, "processOffer", object{"offer": description("RTP/AVP", "sendrecv", rtpLine{"audio", "opus/48000/2", 97, 9, []string{"direction:active"}})})
	if !strings.Contains(answer, "a=direction:passive\r\n") {
		t.Errorf("answered %s", answer)
	}
	c.invoke(player, "play", nil)
	port := portOf(t, answer, "audio")
	media, control := punch(t, port), punch(t, port+1)
	for seq := range uint16(2) {
		packet, _ := (&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 97, SequenceNumber: seq, SSRC: 4711}, Payload: []byte{0xfc}}).Marshal()
		if _, err := media.Write(packet); err != nil {
			t.Fatal(err)
		}
	}
	report, _ := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 4711}, rtcp.NewCNAMESourceDescription(4711, "peer")})
	if _, err := control.Write(report); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 2000)
	n, err := media.Read(buf)
	if err != nil {
		t.Fatalf("no media: %v", err)
	}
	var h rtp.Header
	if _, err := h.Unmarshal(buf[:n]); err != nil || h.PayloadType != 97 {
		t.Errorf("received %v, %v", h, err)
	}
	if n, err = control.Read(buf); err != nil {
		t.Fatalf("no reports: %v", err)
	}
	if packets, err := rtcp.Unmarshal(buf[:n]); err != nil || len(packets) == 0 {
		t.Errorf("report %v, %v", packets, err)
	}
}

// punch is a socket that talks with a port of the server alone.
func punch(t *testing.T, port int) *net.UDPConn {
	t.Helper()
	c, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetReadDeadline(time.Now().Add(flowTimeout)); err != nil {
		t.Fatal(err)
	}
	return c
}

// A browser's stack sees what ffmpeg sends.
func TestRTPToWebRTC(t *testing.T) {
	s := startServer(t)
	c := s.dial(t)
	pipeline := c.create("MediaPipeline", object{})
	from, to := c.create("RtpEndpoint", object{"mediaPipeline": pipeline}), c.create("WebRtcEndpoint", object{"mediaPipeline": pipeline})
	c.invoke(from, "connect", object{"sink": to})
	answer := c.invoke(from, "processOffer", object{"offer": description("RTP/AVP", "sendonly",
		rtpLine{"video", "VP8/90000", 96, 9, nil}, rtpLine{"audio", "opus/48000/2", 97, 9, nil})})
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	heard := make(chan string, 2)
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for n := range 30 {
			if _, _, err := track.ReadRTP(); err != nil {
				t.Errorf("%s: %v after %d packets", track.Kind(), err, n)
				break
			}
		}
		heard <- track.Codec().MimeType
	})
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		if _, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			t.Fatal(err)
		}
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	agreed := c.invoke(to, "processOffer", object{"offer": pc.LocalDescription().SDP})
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: agreed}); err != nil {
		t.Fatal(err)
	}
	c.invoke(to, "gatherCandidates", nil)
	sendWith(t, 30, withVP8, portOf(t, answer, "video"), withOpus, portOf(t, answer, "audio"))
	for range 2 {
		select {
		case codec := <-heard:
			t.Logf("received %s", codec)
		case <-time.After(flowTimeout):
			t.Fatal("no media in time")
		}
	}
}
