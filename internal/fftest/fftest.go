// Package fftest lets tests make media files with FFmpeg and have FFmpeg judge
// the files that our own code writes. Where FFmpeg is not installed its users
// skip and say so; in CI (environment CI=true) that is a failure.
package fftest

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// missing skips the test, or fails it in CI.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing, and CI=true", what)
	}
	t.Skipf("%s is missing", what)
}

// Need skips the test unless ffmpeg and ffprobe are installed, and other programs that are named.
func Need(t testing.TB, others ...string) {
	t.Helper()
	for _, tool := range append([]string{"ffmpeg", "ffprobe"}, others...) {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, tool)
		}
	}
}

// Shared returns the path of a file in the reference data beside the
// repository, given relative to it, such as "media/av2.webm".
func Shared(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	path := filepath.Join(dir, "..", "shared", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		missing(t, "../shared/"+name)
	}
	return path
}

// Make runs ffmpeg with these arguments and the path of a new file with this
// name behind them, and returns the path.
func Make(t testing.TB, name string, args ...string) string {
	t.Helper()
	Need(t)
	path := filepath.Join(t.TempDir(), name)
	args = append([]string{"-v", "error", "-y"}, append(args, path)...)
	if out, err := exec.Command("ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return path
}

// File writes a new file with this name and returns its path.
func File(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// Pattern is the arguments that make video of a moving picture and sound of a
// tone, each for as long as given; none for 0.
func Pattern(video, audio time.Duration, size string, fps int) []string {
	seconds := func(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }
	var args []string
	if video > 0 {
		source := "testsrc=size=" + size + ":rate=" + strconv.Itoa(fps) + ":duration=" + seconds(video)
		args = append(args, "-f", "lavfi", "-i", source+",format=yuv420p")
	}
	if audio > 0 {
		args = append(args, "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration="+seconds(audio))
	}
	return args
}

// Decode has ffmpeg decode a whole file, and fails the test if it complains.
func Decode(t testing.TB, path string) {
	t.Helper()
	if complaint := Complaint(t, path); complaint != "" {
		t.Errorf("ffmpeg complains about %s:\n%s", filepath.Base(path), complaint)
	}
}

// Complaint has ffmpeg decode a whole file and returns what it complains about.
func Complaint(t testing.TB, path string) string {
	t.Helper()
	Need(t)
	var out bytes.Buffer
	cmd := exec.Command("ffmpeg", "-v", "error", "-xerror", "-i", path,
		"-enc_time_base:v", "-1", // else frames of a varying rate are put on the times of a constant one, and FFmpeg complains about itself
		"-f", "null", "-")
	cmd.Stderr = &out
	if err := cmd.Run(); err != nil {
		out.WriteString(err.Error())
	}
	return out.String()
}

// Probe is what ffprobe says about a file.
type Probe struct {
	Duration time.Duration
	Streams  []Stream
	Tags     map[string]string
}

// Stream is one stream of a Probe.
type Stream struct {
	Codec         string // FFmpeg's name
	Width, Height int
	Start         time.Duration
	Packets       []Packet
}

// Packet is one packet of a stream, as the demuxer gives it.
type Packet struct {
	PTS      time.Duration
	Duration time.Duration
	Size     int
	Key      bool
}

// Inspect asks ffprobe about a file, all packets included.
func Inspect(t testing.TB, path string) Probe {
	t.Helper()
	Need(t)
	out, err := exec.Command("ffprobe", "-v", "error", "-of", "json",
		"-show_format", "-show_streams", "-show_packets", path).Output()
	if err != nil {
		t.Fatalf("ffprobe %s: %v", path, err)
	}
	var raw struct {
		Format struct {
			Duration string            `json:"duration"`
			Tags     map[string]string `json:"tags"`
		} `json:"format"`
		Streams []struct {
			Codec  string `json:"codec_name"`
			Width  int    `json:"width"`
			Height int    `json:"height"`
			Start  string `json:"start_time"`
		} `json:"streams"`
		Packets []struct {
			Stream   int    `json:"stream_index"`
			PTS      string `json:"pts_time"`
			Duration string `json:"duration_time"`
			Size     string `json:"size"`
			Flags    string `json:"flags"`
		} `json:"packets"`
	}
	if err := json.Unmarshal(out, &raw); err != nil {
		t.Fatalf("ffprobe %s: %v", path, err)
	}
	p := Probe{Duration: duration(raw.Format.Duration), Tags: raw.Format.Tags}
	for _, s := range raw.Streams {
		p.Streams = append(p.Streams, Stream{Codec: s.Codec, Width: s.Width, Height: s.Height, Start: duration(s.Start)})
	}
	for _, k := range raw.Packets {
		size, _ := strconv.Atoi(k.Size)
		s := &p.Streams[k.Stream]
		s.Packets = append(s.Packets, Packet{duration(k.PTS), duration(k.Duration), size, strings.HasPrefix(k.Flags, "K")})
	}
	return p
}

// duration reads FFmpeg's seconds; what is not there is 0.
func duration(seconds string) time.Duration {
	v, _ := strconv.ParseFloat(seconds, 64)
	return time.Duration(v * float64(time.Second)).Round(time.Microsecond)
}

// Hashes returns the hash of each decoded frame of one stream ("v" or "a").
func Hashes(t testing.TB, path, stream string) []string {
	t.Helper()
	Need(t)
	out, err := exec.Command("ffmpeg", "-v", "error", "-i", path, "-map", "0:"+stream, "-f", "framemd5", "-").Output()
	if err != nil {
		t.Fatalf("ffmpeg %s: %v", path, err)
	}
	var hashes []string
	for line := range strings.Lines(string(out)) {
		if fields := strings.Split(line, ","); len(fields) == 6 {
			hashes = append(hashes, strings.TrimSpace(fields[5]))
		}
	}
	return hashes
}
