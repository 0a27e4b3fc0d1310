package recorder

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/rtp"
	"github.com/rivero-media/rivero/pipeline/media"
)

// TestRoundTrip sends files through everything: read, packetise, lose and reorder on the way,
// ask for what was lost, depacketise, record. The file that comes out holds the frames that
// went in.
func TestRoundTrip(t *testing.T) {
	for _, s := range shapes[:3] {
		t.Run(s.name, func(t *testing.T) {
			c := makeClip(t, s)
			path, open := fileTarget(t)
			r, h := newRecorder(t, bothKinds, open)
			ways := []*way{
				newWay(t, c.tracks[0].Format, r.Input(media.Video)),
				newWay(t, c.tracks[1].Format, r.Input(media.Audio)),
			}
			r.Expect(bothKinds...)
			if err := r.Record(); err != nil {
				t.Fatal(err)
			}
			// The first sound comes first, so that nothing of the picture is left out.
			for i, f := range c.frames {
				if f.track == 1 {
					ways[1].write(f)
					c.frames = slices.Delete(c.frames, i, i+1)
					break
				}
			}
			for _, f := range c.frames {
				ways[f.track].write(f)
			}
			for _, w := range ways {
				w.end()
			}
			if err := r.Stop(context.Background()); err != nil {
				t.Fatal(err)
			}
			h.wait(t, Recording)
			h.wait(t, Stopped)
			h.silent(t)
			fftest.Decode(t, path)
			if got, want := fftest.Hashes(t, path, "v"), fftest.Hashes(t, c.path, "v"); len(want) < 50 || !slices.Equal(got, want) {
				t.Errorf("%d pictures are not the %d that were sent", len(got), len(want))
			}
			back := readClip(t, path)
			if got, want := payloads(back, 1), payloads(c, 1); len(got) < len(want)-1 || !slices.Equal(got, want[len(want)-len(got):]) {
				t.Errorf("%d packets of sound, sent %d", len(got), len(want))
			}
			first := c.frames[slices.IndexFunc(c.frames, func(f clipFrame) bool { return f.track == 0 })].pts
			for i, f := range back.frames {
				if f.track == slices.IndexFunc(back.tracks, func(t Track) bool { return t.Format.Kind == media.Video }) {
					break
				}
				if f.pts > 20*time.Millisecond+first {
					t.Errorf("frame %d of sound, before any picture, at %v", i, f.pts)
				}
			}
		})
	}
}

// payloads are the frames of video (0) or sound (1), as text so that they compare.
func payloads(c clip, kind int) (list []string) {
	for _, f := range c.frames {
		if (c.tracks[f.track].Format.Kind == media.Audio) == (kind == 1) {
			list = append(list, string(f.data))
		}
	}
	return list
}

// way is a packetiser, a network that loses and reorders, and a depacketiser.
type way struct {
	whole media.Format
	send  codec.Node
	take  codec.Node
	from  media.Source
	count int
	late  []media.Packet // on their way
	lost  []uint16
}

func newWay(t testing.TB, f media.Format, in media.Input) *way {
	t.Helper()
	w := &way{whole: f}
	step := rtp.Steps(rtp.MTU)(f, codec.Want{})[0]
	w.send = step.New(codec.NewArgs{Have: f})
	w.send.Bind(&w.whole, noSource{})
	w.from = w.send.Output().Open()
	packed := w.send.Output().Format()
	w.take = rtp.Steps(rtp.MTU)(*packed, codec.Want{})[0].New(codec.NewArgs{Have: *packed})
	w.take.Bind(packed, w.from)
	w.send.Output().SetRoutes([]media.Route{{Sink: w}})
	out := w.take.Output()
	if _, ok := in.Accept(*out.Format()); !ok {
		t.Fatalf("%v is not accepted", out.Format())
	}
	in.Bind(out.Format(), out.Open())
	out.SetRoutes([]media.Route{{Sink: in}})
	t.Cleanup(w.send.Close)
	t.Cleanup(w.take.Close)
	return w
}

// noSource cannot do anything.
type noSource struct{ media.NoUpstream }

func (noSource) Close() {}

func (w *way) write(f clipFrame) {
	w.send.Write(&media.Packet{Format: &w.whole, PTS: 5*time.Second + f.pts, Key: f.key, Data: f.data, Burst: &media.Burst{}})
}

// Write is the network: each 7th packet comes three packets later, each 11th is lost and asked
// for again five packets later.
func (w *way) Write(p *media.Packet) {
	w.count++
	c := *p
	c.Data = bytes.Clone(p.Data)
	switch {
	case w.count > 1 && w.count%11 == 0:
		w.lost = append(w.lost, p.RTP.SequenceNumber)
	case w.count > 1 && w.count%7 == 0:
		w.late = append(w.late, c)
	default:
		w.take.Write(&c)
	}
	if w.count%7 == 3 {
		w.deliver()
	}
	if w.count%11 == 5 {
		w.resend()
	}
}

func (w *way) deliver() {
	for i := range w.late {
		w.take.Write(&w.late[i])
	}
	w.late = w.late[:0]
}

func (w *way) resend() {
	for _, seq := range w.lost {
		w.from.Resend(seq, func(p *media.Packet) {
			c := *p
			c.Burst = &media.Burst{}
			w.take.Write(&c)
		})
	}
	w.lost = w.lost[:0]
}

func (w *way) end() {
	w.deliver()
	w.resend()
	w.take.(media.Ender).End()
}
