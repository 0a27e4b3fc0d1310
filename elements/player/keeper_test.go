package player_test

import (
	"bytes"
	"sync"
	"testing"

	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// keeper is an input for video that copies what it gets.
type keeper struct {
	mu     sync.Mutex
	from   media.Source
	format *media.Format
	last   media.Packet
	kept   []keptPacket
}

type keptPacket struct {
	seq       uint16
	timestamp uint32
	key       bool
	data      []byte
}

// newKeeper connects a keeper to an element, as an element in the same pipeline would be.
func newKeeper(t *testing.T, from pipeline.Object) *keeper {
	k := &keeper{}
	e := from.(pipeline.Element).Element()
	n := graph.NewNode(from)
	e.Update(func(g *graph.Edit, source *graph.Node) {
		g.Add(n)
		g.SetInput(n, media.Video, k)
		if _, ok := g.Connect(graph.Link{Source: source, Sink: n, Kind: media.Video, SourcePad: graph.DefaultPad, SinkPad: graph.DefaultPad}); !ok {
			t.Error("not connected")
		}
	})
	t.Cleanup(func() { e.Update(func(g *graph.Edit, _ *graph.Node) { g.Remove(n) }) })
	return k
}

func (k *keeper) Accept(f media.Format) (int, bool) { return 0, f.Kind == media.Video }

func (k *keeper) Bind(f *media.Format, from media.Source) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.format, k.from = f, from
}

func (k *keeper) Write(p *media.Packet) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if p.Format == k.format {
		k.last = *p
		k.kept = append(k.kept, keptPacket{p.RTP.SequenceNumber, p.RTP.Timestamp, p.Key, bytes.Clone(p.Data)})
	}
}

func (k *keeper) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.kept)
}

// keys counts the key frames of which the three packets have come.
func (k *keeper) keys() int { return len(k.frames()) }

// frames are the packets from the beginning of each key frame on, as far as they have come.
func (k *keeper) frames() (all [][]keptPacket) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, p := range k.kept {
		if p.key && i+3 <= len(k.kept) {
			all = append(all, k.kept[i:i+3])
		}
	}
	return all
}

func (k *keeper) lastKey() (uint16, bool) {
	k.mu.Lock()
	from, last := k.from, k.last
	k.mu.Unlock()
	last.RTP.SequenceNumber++ // itself too
	return media.LastKey(from, &last, nil)
}
