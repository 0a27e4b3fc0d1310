package video

import (
	"testing"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/media"
)

// BenchmarkSecond takes what a second of video of 1280×720 costs in each step: 30 pictures.
func BenchmarkSecond(b *testing.B) {
	const width, height, rate = 1280, 720, 30
	raw := Raw()
	frames := encoded(b, width, height, rate)
	var pictures []packet
	for i := range rate {
		pictures = append(pictures, scene(width, height, i))
	}
	second := func(b *testing.B, format *media.Format, list []packet, handle func(*media.Packet)) {
		p := media.Packet{Format: format, Burst: &media.Burst{}}
		for b.Loop() {
			for _, one := range list {
				p.PTS += frameTime
				p.Width, p.Height, p.Key, p.Data = uint16(one.width), uint16(one.height), one.key, one.data
				handle(&p)
			}
		}
	}
	b.Run("decode", func(b *testing.B) {
		d := newDecoding(&vp8Decoder{}, codec.NewArgs{})
		defer d.Close()
		second(b, &vp8Frames, frames, d.handle)
	})
	b.Run("decode H264", func(b *testing.B) {
		film, _, _ := h264Film(b, width, height, rate, "-preset", "fast", "-b:v", "2M")
		d := newDecoding(&h264Decoder{}, codec.NewArgs{})
		defer d.Close()
		second(b, &h264Frames, film, d.handle)
	})
	b.Run("half size", func(b *testing.B) {
		s := newShaping(raw, codec.PictureCaps{Width: width / 2})
		defer s.Close()
		s.Bind(&raw, nil)
		second(b, &raw, pictures, s.Write)
	})
	b.Run("two thirds", func(b *testing.B) {
		s := newShaping(raw, codec.PictureCaps{Height: 480})
		defer s.Close()
		s.Bind(&raw, nil)
		second(b, &raw, pictures, s.Write)
	})
	b.Run("encode", func(b *testing.B) {
		e := newEncoding(vp8Frames, codec.NewArgs{Rates: codec.NewRates(codec.Bitrates{Target: 1_500_000})})
		defer e.Close()
		second(b, &raw, pictures, e.handle)
	})
}
