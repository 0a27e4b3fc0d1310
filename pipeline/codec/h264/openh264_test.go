package h264

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rivero-media/rivero/internal/fftest"
)

// TestOpenH264 decodes streams of another encoder, the one of browsers.
func TestOpenH264(t *testing.T) {
	fftest.Need(t, "gst-launch-1.0")
	if exec.Command("gst-inspect-1.0", "openh264enc").Run() != nil {
		t.Skip("openh264enc is missing")
	}
	for name, options := range map[string]string{
		"camera": "bitrate=300000 gop-size=10",
		"screen": "usage-type=screen complexity=high gop-size=0",
		"slices": "slice-mode=n-slices num-slices=3 deblocking=0",
		"CABAC":  "complexity=high ! video/x-h264,profile=high",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "stream.h264")
			args := "-q videotestsrc num-buffers=20 pattern=ball ! video/x-raw,width=176,height=144,framerate=25/1 ! openh264enc " + options +
				" ! h264parse ! video/x-h264,stream-format=byte-stream,alignment=au ! filesink location=" + path
			if out, err := exec.Command("gst-launch-1.0", strings.Fields(args)...).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			decoded := path + ".yuv"
			run(t, []string{"-i", path, "-vsync", "passthrough", "-pix_fmt", "yuv420p", "-f", "rawvideo", decoded})
			compare(t, readUnits(t, path), readFile(t, decoded), false)
		})
	}
}
