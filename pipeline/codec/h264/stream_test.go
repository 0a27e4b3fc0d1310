package h264

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rivero-media/rivero/internal/fftest"
)

// encode makes a stream with libx264: so many frames of a moving picture with noise. The arguments go to ffmpeg.
func encode(t testing.TB, size string, frames int, args ...string) string {
	t.Helper()
	all := []string{"-f", "lavfi", "-i", source(size), "-frames:v", fmt.Sprint(frames), "-c:v", "libx264", "-threads", "1", "-pix_fmt", "yuv420p"}
	return fftest.Make(t, "stream.h264", append(all, args...)...)
}

func source(size string) string {
	return "testsrc2=size=" + size + ":rate=25,noise=alls=12:allf=t+u:all_seed=7"
}

// encodeAll makes the streams of all cases, and what ffmpeg decodes of them, in few runs of ffmpeg: most of their time is
// their start.
func encodeAll(t *testing.T, cases []streamCase) (streams, decoded []string) {
	t.Helper()
	fftest.Need(t)
	dir := t.TempDir()
	bySize := map[string][]string{}
	var inputs, outputs []string
	for i, c := range cases {
		path := filepath.Join(dir, fmt.Sprintf("%d.h264", i))
		streams, decoded = append(streams, path), append(decoded, path+".yuv")
		args := append([]string{"-frames:v", fmt.Sprint(c.frames), "-c:v", "libx264", "-threads", "1", "-pix_fmt", "yuv420p"}, c.args...)
		bySize[c.size] = append(append(bySize[c.size], args...), path)
		format := "yuv420p"
		if c.monochrome() {
			format = "gray"
		}
		inputs = append(inputs, "-threads", "1", "-i", path)
		outputs = append(outputs, "-map", fmt.Sprintf("%d:v", i), "-vsync", "passthrough", "-pix_fmt", format, "-f", "rawvideo", path+".yuv")
	}
	for size, args := range bySize {
		run(t, append([]string{"-f", "lavfi", "-i", source(size)}, args...))
	}
	run(t, append(inputs, outputs...))
	return streams, decoded
}

func run(t *testing.T, args []string) {
	t.Helper()
	if out, err := exec.Command("ffmpeg", append([]string{"-v", "error"}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// streamCase is a stream that libx264 makes: so many frames of a moving picture with noise. The arguments go to ffmpeg.
type streamCase struct {
	name, size string
	frames     int
	args       []string
}

func (c *streamCase) monochrome() bool { return slices.Contains(c.args, "gray") }

// readUnits reads a file in the byte stream format (Annex B) as access units of the kind that Decode takes.
func readUnits(t testing.TB, path string) [][]byte {
	t.Helper()
	return unitsOf(readFile(t, path))
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func unitsOf(data []byte) (units [][]byte) {
	var unit []byte
	within := false // a picture
	for _, n := range bytes.Split(data, []byte{0, 0, 1}) {
		n = bytes.TrimRight(n, "\x00")
		if len(n) == 0 {
			continue
		}
		kind := n[0] & 31
		slice := kind == nalSlice || kind == nalIDR
		if within && (!slice || n[1]&0x80 != 0) { // first_mb_in_slice 0
			units = append(units, unit)
			unit, within = nil, false
		}
		within = within || slice
		unit = append(binary.BigEndian.AppendUint32(unit, uint32(len(n))), n...)
	}
	return append(units, unit)
}

// compare decodes access units and compares all pictures with what ffmpeg makes of the stream.
func compare(t *testing.T, units [][]byte, want []byte, monochrome bool) {
	t.Helper()
	var d Decoder
	var got []byte
	shown := 0
	show := func() {
		for f := d.Next(); f != nil; f = d.Next() {
			got = f.AppendI420(got[:0])
			if monochrome {
				if len(bytes.Trim(got[f.Width*f.Height:], "\x80")) > 0 {
					t.Fatalf("picture %d is not grey", shown)
				}
				got = got[:f.Width*f.Height]
			}
			if len(want) < len(got) {
				t.Fatalf("picture %d is one too many", shown)
			}
			if !bytes.Equal(got, want[:len(got)]) {
				t.Fatalf("picture %d (tag %d): %s", shown, f.Tag, difference(f, got, want[:len(got)]))
			}
			want = want[len(got):]
			shown++
		}
	}
	for i, unit := range units {
		if err := d.Decode(unit, int64(i)); err != nil {
			t.Fatalf("access unit %d: %v", i, err)
		}
		show()
	}
	d.Drain()
	show()
	if len(want) > 0 || shown != len(units) {
		t.Fatalf("%d bytes of pictures are missing after %d of %d", len(want), shown, len(units))
	}
}

func difference(f *Frame, got, want []byte) string {
	for i := range got {
		if got[i] == want[i] {
			continue
		}
		if i >= f.Width*f.Height {
			return fmt.Sprintf("chroma differs at %d", i-f.Width*f.Height)
		}
		x, y := i%f.Width, i/f.Width
		return fmt.Sprintf("luma differs at (%d, %d), macroblock (%d, %d), %d and not %d", x, y, x/16, y/16, got[i], want[i])
	}
	return "nothing differs"
}

// x264 is arguments for encode.
func x264(params string) []string {
	return []string{"-x264-params", strings.ReplaceAll(params, " ", ":")}
}
