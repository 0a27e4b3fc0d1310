//go:build e2e

package e2e

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/webrtc/v3"
	"github.com/pion/webrtc/v3/pkg/media"
	"github.com/pion/webrtc/v3/pkg/media/ivfreader"
	"github.com/pion/webrtc/v3/pkg/media/oggreader"
)

// A browser is one connection of a participant, in Pion: openvidu-browser opens one for each stream that it publishes or watches.
type browser struct {
	t         *testing.T
	pc        *webrtc.PeerConnection
	candidate func(webrtc.ICECandidateInit) // who is told the own candidates
	audio     received
	video     received
	stop      chan struct{}
	done      sync.WaitGroup

	mu        sync.Mutex
	described bool
	early     []webrtc.ICECandidateInit
}

// received counts what has come of one kind.
type received struct{ packets, keys atomic.Int64 }

func newBrowser(t *testing.T) *browser {
	t.Helper()
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	codecs := &webrtc.MediaEngine{}
	if err := codecs.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(codecs)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, pc: pc, stop: make(chan struct{}), candidate: func(webrtc.ICECandidateInit) {}}
	pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c != nil {
			b.candidate(c.ToJSON())
		}
	})
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		count := &b.audio
		if track.Kind() == webrtc.RTPCodecTypeVideo {
			count = &b.video
		}
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			count.packets.Add(1)
			if startsKeyFrame(track.Codec().MimeType, p.Payload) {
				count.keys.Add(1)
			}
		}
	})
	t.Cleanup(b.close)
	return b
}

// close hangs up. It may be called twice.
func (b *browser) close() {
	select {
	case <-b.stop:
		return
	default:
	}
	close(b.stop)
	b.done.Wait()
	if err := b.pc.Close(); err != nil {
		b.t.Errorf("closing a peer: %v", err)
	}
}

// startsKeyFrame looks at the payload itself (RFC 7741 §4, RFC 6184 §5), not with code of the server.
func startsKeyFrame(codec string, b []byte) bool {
	switch {
	case len(b) < 2:
		return false
	case codec == webrtc.MimeTypeH264: // a sequence parameter set, alone or first of several NAL units
		return b[0]&0x1f == 7 || b[0]&0x1f == 24 && len(b) > 3 && b[3]&0x1f == 7
	case codec != webrtc.MimeTypeVP8 || b[0]&0x17 != 0x10: // not the start of the first partition
		return false
	}
	n := 1
	if b[0]&0x80 != 0 {
		x := b[1]
		n = 2
		if x&0x80 != 0 && len(b) > n {
			n += 1 + int(b[n]>>7)
		}
		if x&0x40 != 0 {
			n++
		}
		if x&0x30 != 0 {
			n++
		}
	}
	return len(b) > n && b[n]&1 == 0
}

// publishes adds a film's picture and sound, and returns the offer.
func (b *browser) publishes() string {
	b.t.Helper()
	film := filmOf(b.t)
	for _, kind := range []struct {
		codec  webrtc.RTPCodecCapability
		name   string
		frames [][]byte
		period time.Duration
	}{
		{webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, "audio", film.audio, 20 * time.Millisecond},
		{webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "video", film.video, 40 * time.Millisecond},
	} {
		track, err := webrtc.NewTrackLocalStaticSample(kind.codec, kind.name, "openvidu")
		if err == nil {
			_, err = b.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		}
		if err != nil {
			b.t.Fatal(err)
		}
		b.done.Go(func() {
			tick := time.NewTicker(kind.period)
			defer tick.Stop()
			for n := 0; ; n++ {
				select {
				case <-tick.C:
				case <-b.stop:
					return
				}
				// Before the connection is there it goes nowhere.
				_ = track.WriteSample(media.Sample{Data: kind.frames[n%len(kind.frames)], Duration: kind.period})
			}
		})
	}
	return b.offer()
}

// watches returns the offer of one who only receives.
func (b *browser) watches() string {
	b.t.Helper()
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		if _, err := b.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			b.t.Fatal(err)
		}
	}
	return b.offer()
}

func (b *browser) offer() string {
	b.t.Helper()
	offer, err := b.pc.CreateOffer(nil)
	if err == nil {
		err = b.pc.SetLocalDescription(offer)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return offer.SDP
}

// takes sets the server's description.
func (b *browser) takes(kind webrtc.SDPType, sdp string) {
	b.t.Helper()
	if err := b.pc.SetRemoteDescription(webrtc.SessionDescription{Type: kind, SDP: sdp}); err != nil {
		b.t.Fatalf("%v in\n%s", err, sdp)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.described = true
	for _, c := range b.early {
		b.check(c)
	}
}

// answers answers the server's offer.
func (b *browser) answers(offer string) string {
	b.t.Helper()
	b.takes(webrtc.SDPTypeOffer, offer)
	answer, err := b.pc.CreateAnswer(nil)
	if err == nil {
		err = b.pc.SetLocalDescription(answer)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return answer.SDP
}

// hears takes a candidate of the server, at any time.
func (b *browser) hears(c webrtc.ICECandidateInit) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.described {
		b.early = append(b.early, c)
		return
	}
	b.check(c)
}

func (b *browser) check(c webrtc.ICECandidateInit) {
	if err := b.pc.AddICECandidate(c); err != nil && !errors.Is(err, webrtc.ErrConnectionClosed) {
		b.t.Errorf("candidate %q: %v", c.Candidate, err)
	}
}

// sees waits until sound and pictures have come from now on, a key frame among them.
func (b *browser) sees(who string) {
	b.t.Helper()
	b.hearsSound(who)
	b.seesPictures(who)
}

func (b *browser) hearsSound(who string) {
	b.t.Helper()
	n := b.audio.packets.Load()
	eventually(b.t, connectTimeout, "sound for "+who, func() bool { return b.audio.packets.Load() >= n+10 })
}

func (b *browser) seesPictures(who string) {
	b.t.Helper()
	n, keys := b.video.packets.Load(), b.video.keys.Load()
	eventually(b.t, connectTimeout, "pictures for "+who, func() bool { return b.video.packets.Load() >= n+10 && b.video.keys.Load() > keys })
}

// quiet waits until a kind has not come for a quarter of a second.
func (b *browser) quiet(what string, of *received) {
	b.t.Helper()
	still, since := of.packets.Load(), time.Now()
	eventually(b.t, connectTimeout, "an end of "+what, func() bool {
		if n := of.packets.Load(); n != still {
			still, since = n, time.Now()
		}
		return time.Since(since) > time.Second/4
	})
}

// film is what publishers send, made by ffmpeg: VP8 with a key frame each 0.4 s, and Opus.
type film struct{ video, audio [][]byte }

var makeFilm = sync.OnceValues(func() (f film, err error) {
	folder, err := os.MkdirTemp("", "rivero-film-")
	if err != nil {
		return f, err
	}
	defer os.RemoveAll(folder)
	video, audio := filepath.Join(folder, "film.ivf"), filepath.Join(folder, "film.ogg")
	if err := quietly("ffmpeg", "-nostdin", "-f", "lavfi", "-i", "testsrc=size=320x180:rate=25", "-f", "lavfi", "-i", "sine=sample_rate=48000",
		"-t", "4", "-map", "0", "-c:v", "libvpx", "-deadline", "realtime", "-g", "10", "-b:v", "300k", video,
		"-t", "4", "-map", "1", "-ac", "2", "-c:a", "libopus", "-page_duration", "20000", audio); err != nil {
		return f, err
	}
	in, err := os.Open(video)
	if err != nil {
		return f, err
	}
	defer in.Close()
	frames, _, err := ivfreader.NewWith(in)
	if err != nil {
		return f, err
	}
	for err == nil {
		var frame []byte
		if frame, _, err = frames.ParseNextFrame(); err == nil {
			f.video = append(f.video, frame)
		}
	}
	if !errors.Is(err, io.EOF) {
		return f, err
	}
	sound, err := os.Open(audio)
	if err != nil {
		return f, err
	}
	defer sound.Close()
	pages, _, err := oggreader.NewWith(sound)
	if err != nil {
		return f, err
	}
	for err == nil {
		var page []byte
		if page, _, err = pages.ParseNextPage(); err == nil && len(page) > 0 && string(page[:min(4, len(page))]) != "Opus" {
			f.audio = append(f.audio, page)
		}
	}
	if !errors.Is(err, io.EOF) {
		return f, err
	}
	return f, nil
})

func filmOf(t *testing.T) film {
	t.Helper()
	f, err := makeFilm()
	if err != nil || len(f.video) < 90 || len(f.audio) < 180 {
		t.Fatalf("a film of %d pictures and %d pieces of sound: %v", len(f.video), len(f.audio), err)
	}
	return f
}
