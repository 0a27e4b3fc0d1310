//go:build e2e

package e2e

import (
	"image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A media server with a class that Rivero does not have is one file. Clients call the class, media goes through it.
func TestExampleCustomFilter(t *testing.T) {
	t.Parallel()
	program := filepath.Join(env.bin, "custom-filter")
	build := exec.Command("go", "build", "-o", program, "./examples/custom-filter")
	build.Dir = env.root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if factories := run(t, program, "--list"); !strings.Contains(factories, "\texample.Mosaic\n") {
		t.Errorf("--list:\n%s", factories)
	}
	eachClient(t, func(t *testing.T, version string) {
		t.Parallel()
		s := newServer(t, freePort(t))
		s.program = program
		s.start("-f", s.writeConfig())
		eventually(t, startTimeout, "the server's first pong", s.pongs)
		// Bright pictures, then dark ones.
		file := s.path("clip.webm")
		ffmpeg(t, "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x192:rate=25:duration=1.5", "-f", "lavfi", "-i", "color=black:size=320x192:rate=25:duration=1",
			"-filter_complex", "[0][1]concat=n=2", "-c:v", "libvpx", "-deadline", "realtime", "-b:v", "2M", file)
		var seen struct {
			ID, Refused, Unknown, Unmade string
			Sizes                        []int
			Module                       []string
			Covered                      []bool
		}
		runNode(t, &seen, "--require", "./node/no-domain.js", "node/mosaic.js", version, s.url(), file)
		t.Logf("%+v", seen)
		if !strings.HasSuffix(seen.ID, "_example.Mosaic") || !slices.Equal(seen.Sizes, []int{16, 64, 32}) {
			t.Errorf("%s has the sizes %v", seen.ID, seen.Sizes)
		}
		for value, refusal := range map[string]string{"7": seen.Refused, "1": seen.Unmade} {
			if !strings.HasPrefix(refusal, "40107 ") || !strings.Contains(refusal, "blockSize "+value+" is no even number") {
				t.Errorf("the size %s: %s", value, refusal)
			}
		}
		if !strings.HasPrefix(seen.Unknown, "40008 ") {
			t.Errorf("an unknown operation: %s", seen.Unknown)
		}
		if !slices.Equal(seen.Module, []string{"Mosaic"}) {
			t.Errorf("the module has %v", seen.Module)
		}
		if !slices.Equal(seen.Covered, []bool{true}) {
			t.Errorf("CameraCovered was raised with %v", seen.Covered)
		}
		checkMosaic(t, version, file+".mosaic.webm")
	})
}

// checkMosaic looks at a picture of the recording: pixels of a block are nearly alike, blocks are not.
func checkMosaic(t *testing.T, version, recording string) {
	t.Helper()
	still := recording + ".png"
	ffmpeg(t, "-v", "error", "-i", recording, "-frames:v", "1", still)
	picture := keepPicture(t, "custom-filter-"+version, []byte(read(t, still)))
	const size = 32
	within, between := 0, 0
	for y := 0; y < 192; y += size {
		for x := 0; x < 320-size; x += size {
			within += difference(picture, image.Pt(x+4, y+4), image.Pt(x+size-5, y+size-5))
			between += difference(picture, image.Pt(x+4, y+4), image.Pt(x+size+4, y+4))
		}
	}
	if within*5 > between {
		t.Errorf("pixels of a block differ by %d, those of neighbours by %d", within, between)
	}
}

func difference(picture image.Image, a, b image.Point) int {
	x, y := color.GrayModel.Convert(picture.At(a.X, a.Y)).(color.Gray).Y, color.GrayModel.Convert(picture.At(b.X, b.Y)).(color.Gray).Y
	return int(max(x, y) - min(x, y))
}
