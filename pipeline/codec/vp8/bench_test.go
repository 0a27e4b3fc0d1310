package vp8

import (
	"os"
	"testing"
)

// BenchmarkDecode decodes 300 frames of 640x480 (1 Mbit/s) and 1280x720 (2
// Mbit/s) again and again; the time is for one frame. VP8_BENCH names another
// IVF file to decode instead. `make bench-codecs` puts ffmpeg beside it.
func BenchmarkDecode(b *testing.B) {
	if path := os.Getenv("VP8_BENCH"); path != "" {
		benchmarkDecode(b, readIVF(b, path))
		return
	}
	for _, s := range []struct{ size, rate string }{{"640x480", "1M"}, {"1280x720", "2M"}} {
		b.Run(s.size, func(b *testing.B) {
			path := encode(b, s.size, 300, append([]string{"-b:v", s.rate}, realtime...)...)
			benchmarkDecode(b, readIVF(b, path))
		})
	}
}

func benchmarkDecode(b *testing.B, frames [][]byte) {
	var d Decoder
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Decode(frames[i%len(frames)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
