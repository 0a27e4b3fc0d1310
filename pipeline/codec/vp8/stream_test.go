package vp8

import (
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rivero-media/rivero/internal/fftest"
)

// readIVF returns the frames of an IVF file.
func readIVF(t testing.TB, path string) [][]byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) < 32 || string(data[:4]) != "DKIF" {
		t.Fatalf("%s is no IVF file", path)
	}
	var frames [][]byte
	for data = data[32:]; len(data) >= 12; {
		n := int(binary.LittleEndian.Uint32(data))
		data = data[12:]
		if n > len(data) {
			t.Fatalf("%s ends inside of a frame", path)
		}
		frames = append(frames, data[:n])
		data = data[n:]
	}
	return frames
}

// sum is the MD5 of a picture as the test vectors have it.
func sum(f *Frame) string { return fmt.Sprintf("%x", md5.Sum(f.AppendI420(nil))) }

// sums decodes a stream and returns the MD5 of each picture shown.
func sums(t testing.TB, d *Decoder, frames [][]byte) []string {
	t.Helper()
	var s []string
	for i, frame := range frames {
		picture, err := d.Decode(frame)
		if err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		if picture != nil {
			s = append(s, sum(picture))
		}
	}
	return s
}

func compare(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d pictures, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("picture %d of %d differs", i, len(want))
		}
	}
}

// TestVectors decodes the public test vectors, which use all of the format.
func TestVectors(t *testing.T) {
	paths, _ := filepath.Glob(filepath.Join(fftest.Shared(t, "vectors/vp8"), "*.ivf"))
	if len(paths) == 0 {
		t.Fatal("no test vectors")
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".ivf"), func(t *testing.T) {
			t.Parallel()
			list, err := os.ReadFile(path + ".md5")
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for line := range strings.Lines(string(list)) {
				want = append(want, strings.Fields(line)[0])
			}
			frames := readIVF(t, path)
			if underRace {
				frames = frames[:min(len(frames), 6)]
			}
			got := sums(t, &Decoder{}, frames)
			if underRace {
				want = want[:len(got)]
			}
			compare(t, got, want)
		})
	}
}

// encode has libvpx make a stream from a moving picture with noise.
func encode(t testing.TB, size string, frames int, args ...string) string {
	t.Helper()
	return fftest.Make(t, "a.ivf", libvpx(size, frames, args...)...)
}

// encodeHidden does so in two passes, which makes libvpx use alternate
// references: frames that are not shown.
func encodeHidden(t testing.TB, size string, frames int, args ...string) string {
	t.Helper()
	args = append(args, "-auto-alt-ref", "1", "-lag-in-frames", "12", "-arnr-maxframes", "5",
		"-deadline", "good", "-cpu-used", "3", "-passlogfile", filepath.Join(t.TempDir(), "log"))
	fftest.Make(t, "1.ivf", libvpx(size, frames, append(args, "-pass", "1")...)...)
	return fftest.Make(t, "2.ivf", libvpx(size, frames, append(args, "-pass", "2")...)...)
}

// libvpx is the arguments of ffmpeg for encode.
func libvpx(size string, frames int, args ...string) []string {
	source := "testsrc2=size=320x240:rate=30,noise=alls=20:allf=t,rotate=t/3,scale=" + strings.Replace(size, "x", ":", 1) + ",format=yuv420p"
	return append([]string{"-f", "lavfi", "-i", source, "-frames:v", fmt.Sprint(frames), "-c:v", "libvpx", "-threads", "1"}, args...)
}

// judge returns the MD5 of each picture that libvpx decodes.
func judge(t testing.TB, path string) []string {
	t.Helper()
	out, err := exec.Command("ffmpeg", "-v", "error", "-c:v", "libvpx", "-i", path,
		"-fps_mode", "passthrough", "-f", "framemd5", "-").Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v", err)
	}
	var s []string
	for line := range strings.Lines(string(out)) {
		if fields := strings.Split(line, ","); len(fields) == 6 && line[0] != '#' {
			s = append(s, strings.TrimSpace(fields[5]))
		}
	}
	return s
}

var realtime = []string{"-deadline", "realtime", "-cpu-used", "8"}

// encoded are streams as libvpx makes them.
var encoded = []struct {
	size   string
	frames int
	args   string
}{
	{"16x16", 20, "-b:v 100k"},
	{"1x1", 10, "-b:v 50k"},
	{"2x35", 10, "-b:v 50k"},
	{"17x15", 20, "-b:v 200k"},
	{"33x71", 20, "-b:v 200k -g 5"},
	{"175x143", 20, "-b:v 300k"},
	{"176x144", 20, "-b:v 100k -deadline good -cpu-used 1"},
	{"320x240", 20, "-b:v 400k -error-resilient 1"},
	{"321x241", 20, "-b:v 2M -error-resilient default+partitions -slices 4"},
	{"319x239", 15, "-b:v 300k -slices 8 -g 7"},
	{"320x180", 15, "-b:v 300k -slices 2 -noise-sensitivity 4"},
	{"318x178", 12, "-b:v 500k -profile:v 1"},
	{"318x178", 12, "-b:v 500k -profile:v 2"},
	{"318x178", 12, "-b:v 500k -profile:v 3"},
	{"160x90", 20, "-b:v 30k -qmin 50 -qmax 63 -sharpness 7"},
	{"160x90", 8, "-qmin 0 -qmax 0 -b:v 20M"},
	{"640x480", 6, "-b:v 1M -sharpness 3 -static-thresh 1000"},
	{"1921x1081", 2, "-b:v 4M"},
}

// TestEncoded compares with libvpx on what libvpx makes.
func TestEncoded(t *testing.T) {
	fftest.Need(t)
	streams := encoded
	if underRace {
		streams = streams[:6]
	}
	for _, e := range streams {
		t.Run(e.size+" "+e.args, func(t *testing.T) {
			t.Parallel()
			args := strings.Fields(e.args)
			if !strings.Contains(e.args, "-deadline") {
				args = append(args, realtime...)
			}
			path := encode(t, e.size, e.frames, args...)
			want := judge(t, path)
			if len(want) < e.frames {
				t.Fatalf("ffmpeg shows %d pictures of %d", len(want), e.frames)
			}
			compare(t, sums(t, &Decoder{}, readIVF(t, path)), want)
		})
	}
}

// TestEncodedHidden does so with alternate references.
func TestEncodedHidden(t *testing.T) {
	t.Parallel()
	sizes := []string{"95x81", "176x144"}
	if underRace {
		sizes = sizes[:1]
	}
	for _, size := range sizes {
		path := encodeHidden(t, size, 40, "-b:v", "100k")
		frames := readIVF(t, path)
		got := sums(t, &Decoder{}, frames)
		if len(got) == len(frames) {
			t.Error("the stream has no hidden frame")
		}
		compare(t, got, judge(t, path))
	}
}

// TestChangeOfSize goes on with a key frame of another size.
func TestChangeOfSize(t *testing.T) {
	t.Parallel()
	var d Decoder
	for _, size := range []string{"64x48", "175x143", "31x17", "64x48"} {
		path := encode(t, size, 5, realtime...)
		compare(t, sums(t, &d, readIVF(t, path)), judge(t, path))
		if f := d.Last(); fmt.Sprintf("%dx%d", f.Width, f.Height) != size {
			t.Errorf("%dx%d, want %s", f.Width, f.Height, size)
		}
	}
}
