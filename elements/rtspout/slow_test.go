package rtspout

import (
	"context"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/named"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// pump is an element that gives out what a test writes, on its own time line.
type pump struct {
	pipeline.MediaElement
	out  *media.Output
	n    int
	keys atomic.Int64 // key frames that were asked for
	media.NoUpstream
}

func (p *pump) RequestKeyFrame() { p.keys.Add(1) }

var pumpClass = &pipeline.Class{
	Name: "TestPump", Module: "test", Parent: pipeline.MediaElementClass,
	New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
		e := &pump{}
		e.Setup(c, e, p.MediaPipeline, p.MediaPipeline)
		e.out = e.NewOutput(e)
		e.out.SetFormat(media.Format{Kind: media.Video, Codec: media.VP8, Packed: true, ClockRate: 90000})
		e.Update(func(g *graph.Edit, n *graph.Node) { g.SetOutput(n, media.Video, e.out) })
		return e, nil
	}),
}

// sent counts the packets that have got into the player's queue.
func (o *output) sent() uint64 { return o.stream.Stats().OutboundRTPPackets }

// pumpPace is between two packets on the time line.
const pumpPace = time.Millisecond

// write gives out a packet of 1100 bytes.
func (p *pump) write(key bool) {
	var b media.Burst
	data := make([]byte, 1100)
	data[0] = 0x10 // RFC 7741 §4.2: start of partition 0
	if !key {
		data[1] = 1 // RFC 6386 §9.1
	}
	packet := media.Packet{Format: p.out.Format(), PTS: time.Duration(p.n) * pumpPace, Key: key, Data: data, Burst: &b}
	packet.RTP.Version, packet.RTP.Marker = 2, true
	packet.RTP.SequenceNumber, packet.RTP.Timestamp = uint16(p.n), uint32(p.n*90)
	p.n++
	p.out.Write(&packet)
	b.Flush()
}

// newPump is a pump beside which a player has begun to play.
func newPump(t *testing.T) (r *rig, p *pump, player io.ReadCloser, o *output) {
	r = newRig(t, named.Settings{Access: named.AccessLoopback}, pumpClass)
	p = elementtest.Create(t, r.objects, "TestPump", elementtest.In(r.p)).(*pump)
	elementtest.Must(t, p, "setName", map[string]any{"name": "pump"})
	conn := r.describeAndPlay("pump", 1, func() {
		elementtest.Eventually(t, "the player's element", func() bool { return len(p.out.Routes()) > 0 })
		p.write(true)
	})
	for _, child := range r.p.Children() {
		if found, ok := child.(*output); ok {
			o = found
		}
	}
	return r, p, conn, o
}

// A player that takes nothing loses its own packets. Whoever writes never waits, others get everything, and the source is not
// asked for a key frame with each packet. When the player reads again, its picture begins again with a key frame.
func TestSlowPlayer(t *testing.T) {
	r, p, player, o := newPump(t)
	sink := elementtest.Create(t, r.objects, "TestSink", elementtest.In(r.p)).(*elementtest.Sink)
	elementtest.Connect(t, p, sink)
	p.write(true)
	// What the kernel and the queue hold is some megabytes. 60 s of the time line are 66 MB.
	const packets = 60000
	asked, begin := p.keys.Load(), time.Now()
	for i := range packets {
		p.write(i%1000 == 999)
	}
	took := time.Since(begin)
	if n := sink.Count(media.Video); n != packets+1 {
		t.Errorf("another receiver has %d of %d packets", n, packets+1)
	}
	if took > writeTimeout/2 { // a writer that waited would wait that long for each
		t.Errorf("writing took %v", took)
	}
	dropped := o.dropped.Load()
	if dropped < packets/2 {
		t.Errorf("only %d packets were dropped", dropped)
	}
	if n := p.keys.Load() - asked; n > packets*int64(pumpPace)/int64(resumeAfter)+1 {
		t.Errorf("%d key frames were asked for", n)
	}
	t.Logf("%d packets in %v beside a player that takes nothing, which lost %d", packets, took.Round(time.Millisecond), dropped)

	got, read := drain(player)
	elementtest.Eventually(t, "the player reads", func() bool { return got.Load() > 0 })
	early := uint64(0) // sent before a key frame
	elementtest.Eventually(t, "a picture again", func() bool {
		before := o.sent()
		for range int(resumeAfter/pumpPace) + 1 {
			p.write(false) // the player waits for a key frame
		}
		early += o.sent() - before
		before = o.sent()
		p.write(true)
		return o.sent() == before+1
	})
	if early > 0 {
		t.Errorf("%d packets were sent that the player cannot decode", early)
	}
	player.Close()
	<-read
	r.quiet()
}

// drain reads all that comes. got is how many bytes there were so far; done is closed at the end.
func drain(player io.Reader) (got *atomic.Int64, done <-chan struct{}) {
	got = &atomic.Int64{}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buf := make([]byte, 64<<10)
		for {
			n, err := player.Read(buf)
			got.Add(int64(n))
			if err != nil {
				return
			}
		}
	}()
	return got, ended
}
