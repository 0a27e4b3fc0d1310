package rtp

import (
	"bytes"
	"math/rand/v2"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	pion "github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/media"
)

// annexB replaces the lengths of NAL units by start codes.
func annexB(avc []byte) (b []byte) {
	for len(avc) > 4 {
		n := 4 + int(avc[2])<<8 + int(avc[3])
		b = append(b, 0, 0, 0, 1)
		b = append(b, avc[4:n]...)
		avc = avc[n:]
	}
	return b
}

// TestPionReadsOurs has Pion's depacketisers judge our payloads.
func TestPionReadsOurs(t *testing.T) {
	rnd := rand.New(rand.NewPCG(21, 22))
	readers := map[string]func() pion.Depacketizer{
		media.VP8:  func() pion.Depacketizer { return &codecs.VP8Packet{} },
		media.VP9:  func() pion.Depacketizer { return &codecs.VP9Packet{} },
		media.AV1:  func() pion.Depacketizer { return &codecs.AV1Depacketizer{} },
		media.H264: func() pion.Depacketizer { return &codecs.H264Packet{IsAVC: true} },
		media.Opus: func() pion.Depacketizer { return &codecs.OpusPacket{} },
	}
	for name, reader := range readers {
		r := reader()
		format, _ := payloadFormatOf(media.Format{Codec: name})
		p := format.packer()
		for i := range 100 {
			frame := makeFrame(rnd, name, i%10 == 0, 1+rnd.IntN(6000))
			room := maxPayload
			if name == media.Opus {
				room = maxAudio
			}
			payloads, ok := pack(p, frame, i%10 == 0, room)
			if !ok {
				t.Fatalf("%s: frame %d refused", name, i)
			}
			var got []byte
			for k, payload := range payloads {
				if head := r.IsPartitionHead(payload); head != (k == 0) && name != media.H264 && name != media.AV1 {
					t.Errorf("%s: payload %d of frame %d: head %v", name, k, i, head)
				}
				part, err := r.Unmarshal(payload)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				got = append(got, part...)
			}
			if !bytes.Equal(got, frame) {
				t.Fatalf("%s: frame %d of %d bytes came back as %d", name, i, len(frame), len(got))
			}
		}
	}
}

// TestWeReadPions is the other way round.
func TestWeReadPions(t *testing.T) {
	rnd := rand.New(rand.NewPCG(23, 24))
	writers := map[string]pion.Payloader{
		media.VP8:  &codecs.VP8Payloader{EnablePictureID: true},
		media.VP9:  &codecs.VP9Payloader{},
		media.AV1:  &codecs.AV1Payloader{},
		media.H264: &codecs.H264Payloader{},
		media.Opus: &codecs.OpusPayloader{},
	}
	for name, w := range writers {
		format, _ := payloadFormatOf(media.Format{Codec: name})
		u := format.unpacker()
		for i := range 100 {
			key := i%10 == 0
			frame := makeFrame(rnd, name, key, 200+rnd.IntN(6000))
			in := frame
			if name == media.H264 {
				in = annexB(frame)
			}
			got, gotKey, ok := unpack(u, w.Payload(maxPayload, in))
			if !ok || gotKey != (key || name == media.Opus) || !bytes.Equal(got, frame) {
				t.Fatalf("%s: frame %d of %d bytes came back as %d, key %v, %v", name, i, len(frame), len(got), gotKey, ok)
			}
		}
	}
}

// TestWeReadFFmpegs receives what FFmpeg sends over a socket and compares it with FFmpeg's own
// file.
func TestWeReadFFmpegs(t *testing.T) {
	tests := []struct {
		codec, file string
		args        []string
	}{
		{media.VP8, "a.ivf", []string{"-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "500k", "-g", "10"}},
		{media.VP9, "a.ivf", []string{"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "500k", "-g", "10"}},
		{media.H264, "a.h264", []string{"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-b:v", "500k", "-g", "10"}},
	}
	for _, tt := range tests {
		t.Run(tt.codec, func(t *testing.T) {
			path := fftest.Make(t, tt.file, append(fftest.Pattern(time.Second, 0, "320x180", 20), tt.args...)...)
			want := fftest.Hashes(t, path, "v")
			frames := receive(t, packed(tt.codec), path)
			if len(frames) < len(want)-1 || len(frames) > len(want) { // FFmpeg may keep the last one
				t.Fatalf("%d frames, sent %d", len(frames), len(want))
			}
			back := fftest.File(t, tt.file, join(tt.codec, frames))
			if got := fftest.Hashes(t, back, "v"); len(got) == 0 || !slices.Equal(got, want[:len(got)]) {
				t.Errorf("%d pictures are not the %d that were sent", len(got), len(want))
			}
		})
	}
}

// receive has FFmpeg send a file as RTP and depacketises it.
func receive(t *testing.T, format media.Format, path string) (frames [][]byte) {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	cmd := exec.Command("ffmpeg", "-v", "error", "-re", "-i", path, "-c", "copy", "-strict", "experimental", "-f", "rtp", "rtp://"+conn.LocalAddr().String())
	done := make(chan error, 1)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		done <- cmd.Wait()
		conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond)) // what is still in the socket
	}()
	n := Steps(MTU)(format, codec.Want{})[0].New(codec.NewArgs{Have: format})
	defer n.Close()
	out := &sink{}
	n.Bind(&format, &upstream{})
	n.Output().SetRoutes([]media.Route{{Sink: out}})
	buf := make([]byte, 2000)
	for {
		size, err := conn.Read(buf)
		if err != nil {
			break
		}
		var p pion.Packet
		if err := p.Unmarshal(buf[:size]); err != nil {
			t.Fatal(err)
		}
		n.Write(&media.Packet{Format: &format, RTP: p.Header, Data: p.Payload, Burst: &media.Burst{},
			PTS: time.Duration(p.Timestamp) * time.Second / time.Duration(format.ClockRate)})
	}
	if err := <-done; err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, complaint.String())
	}
	n.(media.Ender).End()
	for _, p := range out.packets {
		frames = append(frames, p.Data)
	}
	return frames
}

// join makes a file of frames: IVF, or a stream of NAL units.
func join(name string, frames [][]byte) (file []byte) {
	if name == media.H264 {
		for _, f := range frames {
			file = append(file, annexB(f)...)
		}
		return file
	}
	le := func(n int, bytes int) {
		for range bytes {
			file = append(file, byte(n))
			n >>= 8
		}
	}
	file = append(file, "DKIF\x00\x00\x20\x00"...)
	file = append(file, map[string]string{media.VP8: "VP80", media.VP9: "VP90"}[name]...)
	le(320, 2)
	le(180, 2)
	le(20, 4) // frames a second
	le(1, 4)
	le(len(frames), 4)
	le(0, 4)
	for i, f := range frames {
		le(len(f), 4)
		le(i, 8)
		file = append(file, f...)
	}
	return file
}
