package h264

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rivero-media/rivero/internal/fftest"
)

// encode makes a stream with libx264: so many frames of a moving picture with noise. The arguments go to ffmpeg.
func encode(t testing.TB, size string, frames int, args ...string) string {
	t.Helper()
	source := "testsrc2=size=" + size + ":rate=25,noise=alls=12:allf=t+u:all_seed=7"
	all := []string{"-f", "lavfi", "-i", source, "-frames:v", fmt.Sprint(frames), "-c:v", "libx264", "-threads", "1", "-pix_fmt", "yuv420p"}
	return fftest.Make(t, "stream.h264", append(all, args...)...)
}

// reference is what ffmpeg decodes of a stream, all frames one after the other.
func reference(t testing.TB, path string) []byte {
	t.Helper()
	out, err := exec.Command("ffmpeg", "-v", "error", "-threads", "1", "-i", path, "-vsync", "passthrough", "-pix_fmt", "yuv420p", "-f", "rawvideo", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// readUnits reads a file in the byte stream format (Annex B) as access units of the kind that Decode takes.
func readUnits(t testing.TB, path string) [][]byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return unitsOf(data)
}

func unitsOf(data []byte) (units [][]byte) {
	var unit []byte
	slices := false
	for _, n := range bytes.Split(data, []byte{0, 0, 1}) {
		n = bytes.TrimRight(n, "\x00")
		if len(n) == 0 {
			continue
		}
		kind := n[0] & 31
		slice := kind == nalSlice || kind == nalIDR
		if slices && (!slice || n[1]&0x80 != 0) { // first_mb_in_slice 0
			units = append(units, unit)
			unit, slices = nil, false
		}
		slices = slices || slice
		unit = append(binary.BigEndian.AppendUint32(unit, uint32(len(n))), n...)
	}
	return append(units, unit)
}

// compare decodes access units and compares all pictures with what ffmpeg makes of the stream.
func compare(t *testing.T, path string) {
	t.Helper()
	want := reference(t, path)
	var d Decoder
	var got []byte
	shown := 0
	show := func() {
		for f := d.Next(); f != nil; f = d.Next() {
			got = f.AppendI420(got[:0])
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
	for i, unit := range readUnits(t, path) {
		if err := d.Decode(unit, int64(i)); err != nil {
			t.Fatalf("access unit %d: %v", i, err)
		}
		show()
	}
	d.Drain()
	show()
	if len(want) > 0 {
		t.Fatalf("%d bytes of pictures are missing after %d", len(want), shown)
	}
	if shown == 0 {
		t.Fatal("no pictures")
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
