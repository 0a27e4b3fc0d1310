package h264

import (
	"slices"
	"testing"
)

// cases are streams that are decoded bit by bit as ffmpeg does.
var cases = []streamCase{
	{"intra, CAVLC", "64x48", 3, x264("keyint=1 cabac=0 8x8dct=0")},
	{"intra, CABAC", "64x48", 3, x264("keyint=1 cabac=1 8x8dct=0")},
	{"intra, CABAC, 8x8", "64x48", 3, x264("keyint=1 cabac=1 8x8dct=1")},
	{"intra, CAVLC, 8x8", "64x48", 3, x264("keyint=1 cabac=0 8x8dct=1")},
	{"intra, coarse", "64x48", 3, x264("keyint=1 qp=45")},
	{"intra, fine", "64x48", 3, x264("keyint=1 qp=3")},
	{"baseline", "176x144", 20, []string{"-profile:v", "baseline"}},
	{"baseline, partitions, references", "176x144", 20, append([]string{"-profile:v", "baseline"}, x264("partitions=all ref=4 me=umh subme=8")...)},
	{"main without B", "176x144", 20, x264("cabac=1 8x8dct=0 bframes=0 weightp=0")},
	{"main, CAVLC", "176x144", 20, append([]string{"-profile:v", "main"}, x264("bframes=3 cabac=0")...)},
	{"main", "176x144", 20, append([]string{"-profile:v", "main"}, x264("bframes=3 b-pyramid=normal")...)},
	{"high", "176x144", 20, append([]string{"-profile:v", "high"}, x264("bframes=3 b-pyramid=normal")...)},
	{"high, CAVLC", "176x144", 20, x264("bframes=2 cabac=0 partitions=all 8x8dct=1 ref=3")},
	{"spatial direct", "176x144", 20, x264("bframes=3 direct=spatial b-adapt=0 partitions=all subme=8 ref=3")},
	{"temporal direct", "176x144", 20, x264("bframes=3 direct=temporal b-adapt=0 partitions=all subme=8 ref=3 b-pyramid=normal")},
	{"temporal direct, CAVLC", "176x144", 20, x264("bframes=1 direct=temporal b-adapt=0 partitions=all subme=8 ref=2 cabac=0")},
	{"direct auto, pyramid strict", "176x144", 30, x264("bframes=3 direct=auto b-adapt=2 b-pyramid=strict ref=4")},
	{"weighted", "176x144", 24, append([]string{"-vf", "fade=in:0:12,fade=out:12:12"}, x264("weightp=2 weightb=1 bframes=2 b-adapt=0 ref=4 keyint=100 scenecut=0")...)},
	{"weighted, CAVLC, no B", "176x144", 24, append([]string{"-vf", "fade=in:0:24"}, x264("weightp=2 bframes=0 cabac=0 ref=4")...)},
	{"slices", "176x144", 12, x264("slices=4 bframes=2")},
	{"slices, deblocking inside", "176x144", 12, x264("slices=4 sliced-threads=1 deblock=3,-3")},
	{"slices of few bytes", "176x144", 8, x264("slice-max-size=200 cabac=0")},
	{"scaling matrices", "176x144", 12, x264("cqm=jvt 8x8dct=1 bframes=2")},
	{"scaling matrices, 4x4", "176x144", 12, x264("cqm=jvt 8x8dct=0 cabac=0")},
	{"scaling lists", "176x144", 12, x264("cqm4=17 cqm8=23 8x8dct=1")},
	{"no deblocking", "176x144", 8, x264("no-deblock=1")},
	{"deblocking, strong", "176x144", 12, x264("deblock=6,6 qp=38 bframes=2")},
	{"deblocking, weak", "176x144", 12, x264("deblock=-6,-6 qp=30")},
	{"fine", "176x144", 6, x264("qp=1 bframes=2")},
	{"fine, CAVLC", "176x144", 6, x264("qp=1 bframes=2 cabac=0")},
	{"coarse", "176x144", 12, x264("qp=51 bframes=2")},
	{"chroma offset", "176x144", 8, x264("chroma-qp-offset=-12 qp=40 8x8dct=1")},
	{"intra refresh", "176x144", 26, x264("intra-refresh=1 keyint=12 bframes=0")},
	{"constrained intra", "176x144", 12, x264("constrained-intra=1 bframes=2 subme=7")},
	{"open GOP", "176x144", 24, x264("open-gop=1 keyint=10 bframes=3 b-adapt=0")},
	{"short GOP", "176x144", 20, x264("keyint=4 min-keyint=1 bframes=2")},
	{"zero latency", "176x144", 12, []string{"-preset", "ultrafast", "-tune", "zerolatency"}},
	{"slowest", "176x144", 10, []string{"-preset", "placebo"}},
	{"many references", "64x48", 40, x264("ref=16 bframes=8 b-adapt=0 b-pyramid=normal keyint=60")},
	{"16x16", "16x16", 12, x264("bframes=2")},
	{"18x20", "18x20", 12, x264("bframes=2")},
	{"34x50", "34x50", 12, x264("bframes=2 cabac=0")},
	{"fake interlaced", "176x144", 12, x264("fake-interlaced=1 bframes=2")},
	{"monochrome", "176x144", 12, []string{"-pix_fmt", "gray", "-profile:v", "high"}},
	{"monochrome, CAVLC", "176x144", 12, append([]string{"-pix_fmt", "gray"}, x264("cabac=0")...)},
	{"still", "640x360", 8, []string{"-vf", "loop=-1:1:0"}},
	{"640x360", "640x360", 10, []string{"-crf", "23"}},
	{"1280x720", "1280x720", 6, []string{"-preset", "fast", "-b:v", "2M"}},
}

func TestDecode(t *testing.T) {
	list := cases
	if underRace {
		t.Log("pictures above 176x144 are left out: nothing in the package runs at the same time as anything else")
		list = slices.DeleteFunc(slices.Clone(list), func(c streamCase) bool { return len(c.size) > len("176x144") || c.size == "640x360" })
	}
	streams, decoded := encodeAll(t, list)
	for i, c := range list {
		t.Run(c.name, func(t *testing.T) { compare(t, readUnits(t, streams[i]), readFile(t, decoded[i]), c.monochrome()) })
	}
}

// Nothing is allocated once the buffers are there, whatever the kind of frame.
func TestNoAllocations(t *testing.T) {
	for name, params := range map[string]string{"CABAC": "bframes=3 b-adapt=0 keyint=8", "CAVLC": "cabac=0 bframes=1 keyint=8 slices=2 weightp=2"} {
		t.Run(name, func(t *testing.T) {
			units := readUnits(t, encode(t, "64x48", 32, x264(params)...))
			var d Decoder
			run := func() {
				for i, unit := range units {
					if err := d.Decode(unit, int64(i)); err != nil {
						t.Fatal(err)
					}
				}
			}
			run()
			if n := testing.AllocsPerRun(3, run); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}
