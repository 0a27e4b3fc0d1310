package recorder

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	childVariable = "RIVERO_TEST_RECORD"   // makes a test process one that records: container, file, streams
	seedVariable  = "RIVERO_TEST_SEED"     // repeats the moments of an earlier run
	killStep      = 100 * time.Millisecond // of media, which the parent allows and the child reports
	kills         = 20                     // for each container
	killBegin     = mostLost + 2*killStep  // before that there may be nothing in a file
	killSpan      = 4 * time.Second        // of media
	killAhead     = 10                     // steps that are allowed beyond the one at which the child is killed
)

// killCell is a container with what it is filled with.
type killCell struct {
	container    Container
	video, audio string
}

var killCells = []killCell{
	{WebM(), media.VP8, media.Opus},
	{MP4(), media.H264, media.AAC},
	{FLV(), media.H264, media.AAC},
}

// TestKilled kills a process that records at moments nobody has chosen, and has FFmpeg judge what is on the disk. The child's clock
// is the parent's: a step of media for each byte on its standard input. A kill can leave a part of what was being written: FFmpeg
// may say so, but must read what is before.
func TestKilled(t *testing.T) {
	fftest.Need(t)
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv(seedVariable); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%s=%d", seedVariable, seed)
	for i, k := range killCells {
		t.Run(k.container.Name, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, uint64(i)))
			video := fftest.Make(t, "video.mkv", append(fftest.Pattern(streamTime, 0, testSize, 25), encoders[k.video]...)...)
			audio := fftest.Make(t, "audio.mkv", append(fftest.Pattern(0, streamTime, "", 0), encoders[k.audio]...)...)
			most, parts := time.Duration(0), 0
			for n := range kills {
				steps := int(killBegin/killStep) + rnd.IntN(int(killSpan/killStep))
				path := filepath.Join(t.TempDir(), fmt.Sprintf("killed%d.%s", n, extensions[k.container.Name]))
				recorded, whole := killChild(t, steps, k.container.Name, path, video, audio)
				if data, err := os.ReadFile(path); err != nil || len(data) < whole {
					t.Fatalf("%d bytes on the disk, %d were written: %v", len(data), whole, err)
				} else if len(data) > whole && fftest.Complaint(t, path) != "" { // of the part that is too much
					parts++
					all := packets(t, path)
					if err := os.Truncate(path, int64(whole)); err != nil {
						t.Fatal(err)
					}
					if before := packets(t, path); all < before {
						t.Errorf("%s: %d frames can be read, %d without what was being written", filepath.Base(path), all, before)
					}
				}
				most = max(most, judgeKilled(t, path, recorded))
			}
			t.Logf("%d times killed, %d of them while something was being written; at most %v lost", kills, parts, most)
		})
	}
}

// killChild has a child record into a file and kills it some steps later. It returns how much the child has reported: of media, and
// of bytes.
func killChild(t *testing.T, steps int, arguments ...string) (recorded time.Duration, size int) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestRecordUntilKilled$")
	child.Env = append(os.Environ(), childVariable+"="+strings.Join(arguments, "\n"))
	allow, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	reports, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := allow.Write(make([]byte, steps+killAhead)); err != nil {
		t.Error(err)
	}
	done := 0
	for lines := bufio.NewScanner(reports); lines.Scan(); {
		if lines.Text() != "step" {
			if _, err := fmt.Sscanf(lines.Text(), "size %d", &size); err != nil {
				t.Errorf("the child says %q", lines.Text())
			}
			continue
		}
		if done++; done == steps {
			if err := child.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	if err := child.Wait(); done < steps || err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the child has ended after %d of %d steps: %v", done, steps, err)
	}
	return time.Duration(done) * killStep, size
}

// judgeKilled looks at the file of a child that has reported so much, and returns how much of it is missing. One process of FFmpeg
// decodes it and tells the times in it: starting them is what this test costs.
func judgeKilled(t *testing.T, path string, recorded time.Duration) (lost time.Duration) {
	t.Helper()
	var complaint strings.Builder
	judge := exec.Command("ffmpeg", "-v", "error", "-xerror", "-i", path, "-enc_time_base:v", "-1", "-f", "null", "-",
		"-map", "0", "-c", "copy", "-f", "framecrc", "-")
	judge.Stderr = &complaint
	out, err := judge.Output()
	if err != nil || complaint.Len() > 0 {
		t.Errorf("%s: %v\n%s", filepath.Base(path), err, complaint.String())
	}
	newest := map[string]time.Duration{} // by number of the stream
	unit := map[string]float64{}         // s
	for line := range strings.Lines(string(out)) {
		var of string
		var numerator, denominator, decoded, shown float64
		if n, _ := fmt.Sscanf(line, "#tb %1s: %f/%f", &of, &numerator, &denominator); n == 3 {
			unit[of] = numerator / denominator
		}
		if n, _ := fmt.Sscanf(line, "%1s, %f, %f,", &of, &decoded, &shown); n == 3 {
			newest[of] = max(newest[of], time.Duration(shown*unit[of]*float64(time.Second)))
		}
	}
	if len(newest) != 2 {
		t.Errorf("%s: streams %v", filepath.Base(path), newest)
	}
	for of, at := range newest {
		lost = max(lost, recorded-at)
		if recorded-at > mostLost {
			t.Errorf("%s: killed at %v, stream %s ends at %v", filepath.Base(path), recorded, of, at)
		}
	}
	return lost
}

// reporting is a file that says how long it is after each write.
type reporting struct {
	*recordingFile
	size int
}

func (r *reporting) Write(b []byte) (int, error) {
	n, err := r.recordingFile.Write(b)
	r.size += n
	fmt.Println("size", r.size)
	return n, err
}

// TestRecordUntilKilled is the child of TestKilled.
func TestRecordUntilKilled(t *testing.T) {
	arguments := strings.Split(os.Getenv(childVariable), "\n")
	if len(arguments) != 4 {
		t.Skip("it is run by TestKilled, in a process of its own")
	}
	i := slices.IndexFunc(killCells, func(k killCell) bool { return k.container.Name == arguments[0] })
	r := New(Options{
		Container: killCells[i].container, Kinds: bothKinds,
		Open: func() (Target, error) {
			target, err := create(arguments[1])()
			if err != nil {
				return nil, err
			}
			return &reporting{recordingFile: target.(*recordingFile)}, nil
		},
		Notify: func(Event) {}, Fail: func(err error) { t.Error(err) },
	})
	defer r.Close()
	streams := []stream{readStream(t, arguments[2]), readStream(t, arguments[3])}
	var sources []*source
	for _, s := range streams {
		sources = append(sources, newSource(t, s.format, r.Input(s.format.Kind)))
	}
	r.Expect(bothKinds...)
	if err := r.Record(); err != nil {
		t.Fatal(err)
	}
	allowed := bufio.NewReader(os.Stdin)
	for now := time.Duration(0); ; now += killStep {
		if _, err := allowed.ReadByte(); err == io.EOF {
			return // the parent has gone
		}
		at := now % streamTime
		for k := len(streams) - 1; k >= 0; k-- { // sound first: the file begins with the picture that follows it
			for _, f := range streams[k].part(at, at+killStep).frames {
				sources[k].write(3*time.Hour+now-at+f.pts, f.key, f.data)
			}
		}
		written := make(chan struct{})
		r.queue.Do(func() { close(written) })
		<-written
		fmt.Println("step")
	}
}
