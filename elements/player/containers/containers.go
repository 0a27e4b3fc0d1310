// Package containers opens media files of all kinds that can be played. What a file is, is told by its first bytes, never by its name.
package containers

import (
	"fmt"
	"io"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/elements/player/flv"
	"github.com/rivero-media/rivero/elements/player/ivf"
	"github.com/rivero-media/rivero/elements/player/mp3"
	"github.com/rivero-media/rivero/elements/player/mp4"
	"github.com/rivero-media/rivero/elements/player/ogg"
	"github.com/rivero-media/rivero/elements/player/ts"
	"github.com/rivero-media/rivero/elements/player/wav"
)

// How many bytes the recognition looks at: most kinds have a signature; of MP3 and MPEG-TS several frames must be seen. A slow
// server need not send more than that.
const (
	shortHead = 12
	longHead  = 4 << 10
)

// kinds are asked in this order; those that nothing else can be taken for come first.
var kinds = []struct {
	is   func(head []byte) bool
	open func(*demux.Source) (demux.Reader, error)
}{
	{isMatroska, openMatroska},
	{mp4.Is, opener(mp4.NewReader)},
	{ogg.Is, opener(ogg.NewReader)},
	{wav.Is, opener(wav.NewReader)},
	{flv.Is, opener(flv.NewReader)},
	{ivf.Is, opener(ivf.NewReader)},
	{ts.Is, opener(ts.NewReader)},
	{mp3.Is, opener(mp3.NewReader)},
}

// opener makes an interface of what a package returns.
func opener[R demux.Reader](open func(*demux.Source) (R, error)) func(*demux.Source) (demux.Reader, error) {
	return func(s *demux.Source) (demux.Reader, error) {
		r, err := open(s)
		if err != nil {
			return nil, err
		}
		return demux.InOrder(r), nil
	}
}

// Open reads the head of a file. If r is an io.Seeker too, seeking works; a few files can be read from such a source only.
func Open(r io.Reader) (demux.Reader, error) {
	s := demux.NewSource(r)
	for _, n := range []int{shortHead, longHead} {
		head, err := s.Peek(n)
		if len(head) == 0 && err != nil {
			return nil, demux.Cut(err)
		}
		for _, k := range kinds {
			if k.is(head) {
				return k.open(s)
			}
		}
	}
	return nil, fmt.Errorf("%w: not of a known kind", demux.ErrFormat)
}
