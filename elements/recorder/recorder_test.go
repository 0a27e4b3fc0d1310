package recorder_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/player"
	"github.com/rivero-media/rivero/elements/player/webm"
	"github.com/rivero-media/rivero/elements/recorder"
	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/sound"
	"github.com/rivero-media/rivero/pipeline/codec/video"
	"github.com/rivero-media/rivero/pipeline/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type studio struct {
	server   *pipeline.Server
	pipeline *pipeline.MediaPipeline
	recorder pipeline.Object
	events   *elementtest.Events
	path     string
}

func newStudio(t testing.TB, params ...any) studio {
	dir := t.TempDir()
	s := elementtest.Server(t, codec.Steps{sound.Steps, video.Steps}, recorder.Class(func() recorder.Settings { return recorder.Settings{DefaultPath: "file://" + dir} }),
		player.Class(func() player.Settings { return player.Settings{} }))
	p := elementtest.Pipeline(t, s)
	st := studio{server: s, pipeline: p, path: filepath.Join(dir, "new folder", "a.webm")}
	if !slices.Contains(params, any("uri")) {
		params = append(params, "uri", "new folder/a.webm")
	}
	st.recorder = elementtest.Create(t, s, "RecorderEndpoint", elementtest.In(p, params...))
	st.events = elementtest.Listen(t, st.recorder, "Recording", "Paused", "Stopped", "UriEndpointStateChanged", "Error")
	return st
}

func (s studio) source(t testing.TB) pipeline.Object {
	return elementtest.Create(t, s.server, "TestSource", elementtest.In(s.pipeline, "frames", true))
}

// tracks reads a recording and counts the frames of each kind. A kind that is in the map has a track; when the recording
// was stopped at once, it may have no frame.
func tracks(t testing.TB, path string) map[media.Kind]int {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := webm.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	frames := map[media.Kind]int{}
	for _, track := range r.Tracks() {
		frames[track.Kind] = 0
	}
	for {
		fr, err := r.Next()
		if err != nil {
			return frames
		}
		frames[r.Tracks()[fr.Track].Kind]++
	}
}

func TestSuite(t *testing.T) {
	s := elementtest.Server(t, nil, recorder.Class(func() recorder.Settings { return recorder.Settings{} }))
	elementtest.Suite(t, s, func(p *pipeline.MediaPipeline) pipeline.Object {
		uri := "file://" + filepath.Join(t.TempDir(), "suite.webm")
		o := elementtest.Create(t, s, "RecorderEndpoint", elementtest.In(p, "uri", uri))
		elementtest.Must(t, o, "record", nil)
		return o
	})
}

func TestRecordsPausesAndStops(t *testing.T) {
	st := newStudio(t)
	elementtest.Connect(t, st.source(t), st.recorder)
	for _, step := range []struct{ operation, event, state string }{
		{"record", "Recording", "START"},
		{"pause", "Paused", "PAUSE"},
		{"record", "Recording", "START"},
		{"stopAndWait", "Stopped", "STOP"},
	} {
		elementtest.Must(t, st.recorder, step.operation, nil)
		if got := st.events.Await(t, "UriEndpointStateChanged")["state"]; got != step.state {
			t.Errorf("%s: state %v, wanted %s", step.operation, got, step.state)
		}
		st.events.Await(t, step.event)
	}
	for _, operation := range []string{"stop", "stopAndWait", "pause", "record"} { // all of them too late
		elementtest.Must(t, st.recorder, operation, nil)
	}
	if left := st.events.Types(); len(left) != 0 {
		t.Errorf("events after the end: %v", left)
	}
	if frames := tracks(t, st.path); len(frames) != 2 || frames[media.Video] == 0 {
		t.Errorf("frames %v", frames)
	}
}

// TestBeforeRecord: stop has nothing to do, and a pause is told although nothing was recorded.
func TestBeforeRecord(t *testing.T) {
	st := newStudio(t)
	elementtest.Must(t, st.recorder, "stop", nil)
	elementtest.Must(t, st.recorder, "stopAndWait", nil)
	elementtest.Must(t, st.recorder, "pause", nil)
	if got := st.events.Await(t, "UriEndpointStateChanged")["state"]; got != "PAUSE" {
		t.Errorf("state %v", got)
	}
	st.events.Await(t, "Paused")
	if left := st.events.Types(); len(left) != 0 {
		t.Errorf("other events: %v", left)
	}
	elementtest.Connect(t, st.source(t), st.recorder)
	elementtest.Must(t, st.recorder, "record", nil)
	st.events.Await(t, "Recording")
}

func TestReleaseCompletesTheFile(t *testing.T) {
	st := newStudio(t)
	elementtest.Connect(t, st.source(t), st.recorder)
	elementtest.Must(t, st.recorder, "record", nil)
	st.events.Await(t, "Recording")
	st.server.Release(st.pipeline)
	if frames := tracks(t, st.path); frames[media.Video] == 0 {
		t.Errorf("frames %v", frames)
	}
}

func TestKindsConnectedAfterRecordAreInTheFile(t *testing.T) {
	st := newStudio(t)
	source := st.source(t)
	elementtest.Must(t, st.recorder, "record", nil)
	for _, kind := range []string{"AUDIO", "VIDEO"} {
		elementtest.Must(t, source, "connect", map[string]any{"sink": st.recorder.ID(), "mediaType": kind})
	}
	st.events.Await(t, "Recording")
	elementtest.Must(t, st.recorder, "stopAndWait", nil)
	if frames := tracks(t, st.path); len(frames) != 2 {
		t.Errorf("frames %v", frames)
	}
}

func TestOneKindAloneIsRecorded(t *testing.T) {
	for _, kind := range media.Kinds[:2] {
		t.Run(kind.String(), func(t *testing.T) {
			st := newStudio(t)
			elementtest.Must(t, st.source(t), "connect", map[string]any{"sink": st.recorder.ID(), "mediaType": kind.String()})
			elementtest.Must(t, st.recorder, "record", nil)
			st.events.Await(t, "Recording")
			elementtest.Must(t, st.recorder, "stopAndWait", nil)
			if frames := tracks(t, st.path); len(frames) != 1 || frames[kind] == 0 {
				t.Errorf("frames %v", frames)
			}
		})
	}
}

func TestProfilesChooseTheKinds(t *testing.T) {
	for profile, kind := range map[string]media.Kind{"WEBM_AUDIO_ONLY": media.Audio, "WEBM_VIDEO_ONLY": media.Video} {
		t.Run(profile, func(t *testing.T) {
			st := newStudio(t, "mediaProfile", profile)
			elementtest.Connect(t, st.source(t), st.recorder)
			elementtest.Must(t, st.recorder, "record", nil)
			st.events.Await(t, "Recording")
			elementtest.Must(t, st.recorder, "stopAndWait", nil)
			if frames := tracks(t, st.path); len(frames) != 1 || frames[kind] == 0 {
				t.Errorf("frames %v", frames)
			}
		})
	}
}

func TestStopsAtTheEndOfTheStream(t *testing.T) {
	first := newStudio(t)
	elementtest.Connect(t, first.source(t), first.recorder)
	elementtest.Must(t, first.recorder, "record", nil)
	first.events.Await(t, "Recording")
	elementtest.Must(t, first.recorder, "stopAndWait", nil)

	st := newStudio(t, "stopOnEndOfStream", true)
	film := elementtest.Create(t, st.server, "PlayerEndpoint", elementtest.In(st.pipeline, "uri", "file://"+first.path))
	elementtest.Connect(t, film, st.recorder)
	elementtest.Must(t, st.recorder, "record", nil)
	elementtest.Must(t, film, "play", nil)
	st.events.Await(t, "Stopped")
	if _, err := os.Stat(st.path); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeWrittenIsAnEvent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, params := range map[string][]any{
		"a file where a folder must be": {"uri", "file://" + file + "/a.webm"},
		"a folder":                      {"uri", "file:///tmp/"},
		"no scheme that is known":       {"uri", "foo://x"},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStudio(t, params...)
			elementtest.Connect(t, st.source(t), st.recorder)
			elementtest.Must(t, st.recorder, "record", nil)
			if typ := st.events.Await(t, "Error")["type"]; typ != "RESOURCE_ERROR_OPEN" {
				t.Errorf("error type %v", typ)
			}
			if state := elementtest.Must(t, st.recorder, "getState", nil); state != `"STOP"` {
				t.Errorf("state %s", state)
			}
		})
	}
}

// TestOneKindThatCannotBeWritten: the client is told which codec and profile, and gets the other kind.
func TestOneKindThatCannotBeWritten(t *testing.T) {
	for profile, codecs := range map[string][2]string{"MP4": {"VP8", "opus"}, "MKV": {"", "vp8 opus"}} {
		t.Run(profile, func(t *testing.T) {
			st := newStudio(t, "mediaProfile", profile)
			elementtest.Connect(t, st.source(t), st.recorder)
			elementtest.Must(t, st.recorder, "record", nil)
			st.events.Await(t, "Recording")
			if codecs[0] != "" {
				text := fmt.Sprint(st.events.Await(t, "Error")["description"])
				want := "cannot record codec " + codecs[0] + " with profile " + profile + ", there is no encoder of what it takes: "
				if !strings.HasPrefix(text, want) || !strings.HasSuffix(text, ": the recording goes on without video") {
					t.Errorf("error %q", text)
				}
			}
			elementtest.Must(t, st.recorder, "stopAndWait", nil)
			st.events.Await(t, "Stopped")
			if left := st.events.Types(); slices.Contains(left, "Error") {
				t.Errorf("events %v", left)
			}
			var found []string
			for _, s := range fftest.Inspect(t, st.path).Streams {
				found = append(found, s.Codec)
			}
			slices.Sort(found)
			if want := strings.Fields(codecs[1]); !slices.Equal(found, slices.Sorted(slices.Values(want))) {
				t.Errorf("streams %v, want %v", found, want)
			}
		})
	}
}

// TestJPEG records what a player decodes.
func TestJPEG(t *testing.T) {
	args := append(fftest.Pattern(2*time.Second, time.Second, "160x96", 25), "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus")
	film := fftest.Make(t, "film.webm", args...)
	st := newStudio(t, "mediaProfile", "JPEG_VIDEO_ONLY", "uri", "pictures.mjpeg")
	player := elementtest.Create(t, st.server, "PlayerEndpoint", elementtest.In(st.pipeline, "uri", "file://"+film))
	played := elementtest.Listen(t, player, "EndOfStream")
	elementtest.Connect(t, player, st.recorder)
	elementtest.Must(t, st.recorder, "record", nil)
	elementtest.Must(t, player, "play", nil)
	st.events.Await(t, "Recording")
	played.Await(t, "EndOfStream")
	elementtest.Must(t, st.recorder, "stopAndWait", nil)
	path := filepath.Join(filepath.Dir(filepath.Dir(st.path)), "pictures.mjpeg")
	fftest.Decode(t, path)
	p := fftest.Inspect(t, path)
	if len(p.Streams) != 1 || p.Streams[0].Codec != "mjpeg" || p.Streams[0].Width != 160 || len(p.Streams[0].Packets) < 30 || len(p.Streams[0].Packets) > 51 {
		t.Errorf("%+v", p)
	}
}

// TestSplitRecorder: a file for each kind, of one time line.
func TestSplitRecorder(t *testing.T) {
	for extension, format := range map[string]string{".webm": "webm", ".mkv": "matroska"} {
		t.Run(format, func(t *testing.T) {
			st := newStudio(t, "mediaProfile", "KURENTO_SPLIT_RECORDER", "uri", "new folder/b"+extension)
			elementtest.Connect(t, st.source(t), st.recorder)
			elementtest.Must(t, st.recorder, "record", nil)
			st.events.Await(t, "Recording")
			elementtest.Eventually(t, "a cluster of sound", func() bool {
				const header = 2000
				info, err := os.Stat(filepath.Join(filepath.Dir(st.path), "b-audio"+extension))
				return err == nil && info.Size() > header
			})
			elementtest.Must(t, st.recorder, "stopAndWait", nil)
			st.events.Await(t, "Stopped")
			if left := st.events.Types(); slices.Contains(left, "Error") {
				t.Errorf("events %v", left)
			}
			for kind, codec := range map[string]string{"audio": "opus", "video": "vp8"} {
				path := filepath.Join(filepath.Dir(st.path), "b-"+kind+extension)
				if p := fftest.Inspect(t, path); len(p.Streams) != 1 || p.Streams[0].Codec != codec || len(p.Streams[0].Packets) == 0 {
					t.Errorf("%s: %+v", kind, p)
				}
				if data, err := os.ReadFile(path); err != nil || !bytes.Contains(data[:60], []byte(format)) {
					t.Errorf("%s is no %s: %v", path, format, err)
				}
			}
		})
	}
}
