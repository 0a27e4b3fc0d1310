//go:build e2e

package e2e

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fakeCamera makes a video for Chromium's fake camera out of a picture that ffmpeg draws, and returns the flag that names it.
func fakeCamera(t *testing.T, drawing string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "camera.y4m")
	cmd := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", drawing, "-t", "1", "-pix_fmt", "yuv420p", file)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	return "--use-file-for-fake-video-capture=" + file
}

// servePNG serves an image over HTTP and returns its address.
func servePNG(t *testing.T, img image.Image) string {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(file.Bytes()) }))
	t.Cleanup(s.Close)
	return s.URL + "/background.png"
}

// Chromium's camera shows a face-coloured box before a green screen. What comes back has the box before the image.
func TestChromaInBrowser(t *testing.T) {
	t.Parallel()
	camera := fakeCamera(t, "color=c=0x28B43C:size=640x480:rate=30,drawbox=x=240:y=160:w=160:h=320:color=0xD2A082:t=fill,noise=alls=6:allf=t")
	blue, yellow := color.NRGBA{20, 40, 200, 255}, color.NRGBA{230, 210, 40, 255}
	back := image.NewNRGBA(image.Rect(0, 0, 320, 240))
	for y := range 240 {
		for x := range 320 {
			c := blue
			if x >= 160 {
				c = yellow
			}
			back.SetNRGBA(x, y, c)
		}
	}
	s := startServer(t)
	c := s.dial(t)
	pipeline := c.create("MediaPipeline", object{})
	filter := c.create("chroma.ChromaFilter", object{
		"mediaPipeline": pipeline, "backgroundImage": servePNG(t, back),
		"window": object{"topRightCornerX": 10, "topRightCornerY": 10, "width": 100, "height": 60},
	})
	var result struct{ Colors [][3]int }
	params := map[string]any{
		"ws": s.url(), "pipeline": pipeline, "filter": filter, "points": [][2]int{{60, 60}, {120, 400}, {320, 300}, {560, 60}, {520, 400}},
	}
	scenarioWith(t, []string{camera}, "chroma.js", params, &result)
	face := color.NRGBA{0xD2, 0xA0, 0x82, 255}
	t.Logf("colours %v", result.Colors)
	for i, want := range []color.NRGBA{blue, blue, face, yellow, yellow} {
		for j, v := range []uint8{want.R, want.G, want.B} {
			if off := result.Colors[i][j] - int(v); off < -25 || off > 25 {
				t.Errorf("at %v the colour is %v, want %v", params["points"].([][2]int)[i], result.Colors[i], want)
				break
			}
		}
	}
}

// drawnFilm makes a VP8 file of a picture that ffmpeg draws, and returns its address.
func drawnFilm(t *testing.T, drawing string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "film.webm")
	ffmpeg(t, "-f", "lavfi", "-i", drawing, "-t", "4", "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "2M", "-g", "30", file)
	return "file://" + file
}

// A film goes through a VideoSampler to a gRPC server.
func TestVideoSampler(t *testing.T) {
	images := make(chan string, 100)
	collector := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if at := strings.Index(string(body), "\x89PNG"); r.URL.Path == "/videoSampler.ImageDeliver/deliverImage" && at > 0 {
			images <- string(body[at:])
		}
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		_, _ = w.Write(make([]byte, 5))
		w.Header().Set("Grpc-Status", "0")
	}))
	collector.Config.Protocols = &http.Protocols{}
	collector.Config.Protocols.SetUnencryptedHTTP2(true)
	collector.Start()
	t.Cleanup(collector.Close)

	s := startServer(t)
	c := s.dial(t)
	pipeline := c.create("MediaPipeline", object{})
	player := c.create("PlayerEndpoint", object{"mediaPipeline": pipeline, "uri": drawnFilm(t, "color=c=0x2040C0:size=320x240:rate=30")})
	sampler := c.create("videosampler.VideoSampler", object{
		"mediaPipeline": pipeline, "framePeriod": 500, "imageDeliveryMethod": "GRPC", "width": 160, "height": 120,
		"endpointUrl": strings.TrimPrefix(collector.URL, "http://"),
	})
	c.subscribe(sampler, "SampleImageDelivered")
	c.invoke(player, "connect", object{"sink": sampler})
	c.invoke(player, "play", nil)
	for range 3 {
		if e := c.event("SampleImageDelivered", 20*time.Second); e.Data["delivered"] != true {
			t.Errorf("event %v", e)
		}
		img, err := png.Decode(strings.NewReader(<-images))
		if err != nil || img.Bounds().Dx() != 160 || img.Bounds().Dy() != 120 {
			t.Fatalf("picture %v: %v", img, err)
		}
		if r, g, b, _ := img.At(80, 60).RGBA(); r>>8 < 0x10 || r>>8 > 0x40 || g>>8 > 0x60 || b>>8 < 0xA0 {
			t.Errorf("its colour is %v", img.At(80, 60))
		}
	}
}

// What a browser sends is seen by three modules, one after the other: a marker, a number plate, and something red that goes into
// a window and out of it.
func TestModulesInBrowser(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := s.dial(t)
	pipeline := c.create("MediaPipeline", object{})
	markers := c.create("markerdetector.ArMarkerdetector", object{"mediaPipeline": pipeline})
	plates := c.create("platedetector.PlateDetectorFilter", object{"mediaPipeline": pipeline})
	pointer := c.create("pointerdetector.PointerDetectorFilter", object{
		"mediaPipeline":     pipeline,
		"calibrationRegion": object{"topRightCornerX": 90, "topRightCornerY": 390, "width": 20, "height": 20},
		"windows": []object{
			{"id": "door", "upperRightX": 420, "upperRightY": 300, "width": 180, "height": 150},
			{"id": "elsewhere", "upperRightX": 300, "upperRightY": 180, "width": 80, "height": 80},
		},
	})
	c.invoke(markers, "setShowDebugLevel", object{"showDebugLevel": 1})
	counted, read := s.listen(t, markers, "MarkerCount"), s.listen(t, plates, "PlateDetected")
	c.subscribe(pointer, "WindowIn")
	c.subscribe(pointer, "WindowOut")
	const plate = "4711 BKM"
	var result struct{}
	scenario(t, clients[0], "modules.js", map[string]any{
		"ws": s.url(), "pipeline": pipeline, "filters": []string{markers, plates, pointer}, "plate": plate,
		"marker": markerFive, "rest": [2]int{100, 400}, "window": [2]int{510, 375},
	}, &result)
	if e := counted.event("MarkerCount", 10*time.Second); e.Data["markerId"] != 5.0 || e.Data["markerCount"] != 1.0 || e.Data["markerCountDiff"] != 1.0 {
		t.Errorf("MarkerCount %v", e.Data)
	}
	if e := read.event("PlateDetected", 10*time.Second); strings.ReplaceAll(e.Data["plate"].(string), " ", "") != strings.ReplaceAll(plate, " ", "") {
		t.Errorf("PlateDetected %v", e.Data)
	}
	for _, name := range []string{"WindowIn", "WindowOut"} {
		if e := c.event(name, 10*time.Second); e.Data["windowId"] != "door" {
			t.Errorf("%s %v", name, e.Data)
		}
	}
}

// People walk through what a browser sends, and what it writes over a data channel stands on the picture.
func TestCrowdInBrowser(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := s.dial(t)
	pipeline := c.create("MediaPipeline", object{})
	corner := func(x, y float64) object { return object{"x": x, "y": y} }
	crowd := c.create("crowddetector.CrowdDetectorFilter", object{"mediaPipeline": pipeline, "rois": []object{{
		"id": "street", "points": []object{corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1)},
		"regionOfInterestConfig": object{"occupancyLevelMin": 4, "sendOpticalFlowEvent": true},
	}}})
	show := c.create("datachannelexample.KmsShowData", object{"mediaPipeline": pipeline})
	occupied, turned := s.listen(t, crowd, "CrowdDetectorOccupancy"), s.listen(t, crowd, "CrowdDetectorDirection")
	var result struct{}
	scenario(t, clients[0], "crowd.js", map[string]any{
		"ws": s.url(), "pipeline": pipeline, "crowd": crowd, "show": show, "text": "Hello from the page",
	}, &result)
	if e := occupied.event("CrowdDetectorOccupancy", 10*time.Second); e.Data["roiId"] != "street" || e.Data["occupancyLevel"].(float64) < 1 {
		t.Errorf("CrowdDetectorOccupancy %v", e.Data)
	}
	const right = 180.0
	if e := turned.event("CrowdDetectorDirection", 10*time.Second); e.Data["directionAngle"] != right {
		t.Errorf("CrowdDetectorDirection %v", e.Data)
	}
}

// listen is a connection of its own for one kind of event: waiting for one passes over others.
func (s *server) listen(t *testing.T, object, event string) *rawConn {
	t.Helper()
	c := s.dial(t)
	c.subscribe(object, event)
	return c
}

// markerFive is the marker with the number 5: each row a row of its cells, "#" black.
var markerFive = []string{
	"#########",
	"#########",
	"##..#..##",
	"##..#..##",
	"##.#.#.##",
	"##.#...##",
	"###..####",
	"#########",
	"#########",
}
