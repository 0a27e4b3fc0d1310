package datachannelexample

import (
	"fmt"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/elements/filter/zbar"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/i420/text"
	"github.com/rivero-media/rivero/pipeline/media"
)

// SendData is KmsSendData, which sends the codes that it reads in pictures.
type SendData struct {
	zbar.Filter
	out outbox
}

func newSendData(c pipeline.Creation, p params) *SendData {
	s := &SendData{}
	s.SetupCodes(c, s, p.MediaPipeline, func(codeType, value string) {
		// In the original's words; its time is in nanoseconds too.
		s.out.send(fmt.Appendf(nil, "Code detected in time %d, type %s, symbol %s", media.Now().Nanoseconds(), codeType, value))
	})
	s.out.open(&s.Filter.Filter)
	return s
}

// Close is part of pipeline.Object.
func (s *SendData) Close() {
	s.Filter.Close()
	s.out.output.Close()
}

// ShowData is KmsShowData, which writes the last message onto the pictures.
type ShowData struct {
	filter.Filter
	in   inbox
	text *text.Text // belongs to the filter's goroutine
}

const (
	// textSize is that of the original's "sans-serif, 26", as far as points are pixels.
	textSize = 26
	// textMargin is from the lower border, as text overlays have it by default.
	textMargin = 25
)

func newShowData(c pipeline.Creation, p params) *ShowData {
	style := text.Plain(textSize)
	style.Align = text.Center
	s := &ShowData{text: text.New(style)}
	s.SetupPictures(c, s, p.MediaPipeline, s.work)
	s.in.open(&s.Filter)
	return s
}

func (s *ShowData) work(p *i420.Picture, m filter.Moment) *i420.Picture {
	s.in.take(s.text.SetBytes)
	if m.Watched {
		width, height := s.text.Size()
		s.text.Draw(p, (p.Width-width)/2, p.Height-height-textMargin)
	}
	return p
}
