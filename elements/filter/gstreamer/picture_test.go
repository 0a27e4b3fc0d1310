package gstreamer

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"testing"
	"time"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// TestFlip tries all ways on a picture whose four quarters tell where they are.
func TestFlip(t *testing.T) {
	// Each way as the quarters of the result: left upper, right upper, left lower, right lower.
	for way, want := range map[string][4]byte{
		"none": {1, 2, 3, 4}, "clockwise": {3, 1, 4, 2}, "rotate-180": {4, 3, 2, 1}, "counterclockwise": {2, 4, 1, 3},
		"horizontal-flip": {2, 1, 4, 3}, "vertical-flip": {3, 4, 1, 2}, "upper-left-diagonal": {1, 3, 2, 4}, "upper-right-diagonal": {4, 2, 3, 1},
		"automatic": {1, 2, 3, 4},
	} {
		for _, size := range [][2]int{{64, 36}, {4, 4}, {100, 60}} {
			w, h := size[0], size[1]
			p := i420.New(w, h)
			for y := range h {
				for x := range w {
					v := byte(1)
					if x >= w/2 {
						v++
					}
					if y >= h/2 {
						v += 2
					}
					p.Y[y*p.YStride+x] = v
					p.U[y/2*p.CStride+x/2], p.V[y/2*p.CStride+x/2] = 10+v, 20+v
				}
			}
			out := show(t, "videoflip method="+way, p)
			i, last := 0, out.Width*out.Height-1
			for _, at := range [4]int{0, out.Width - 1, last - out.Width + 1, last} {
				x, y := at%out.Width, at/out.Width
				c := y/2*out.CStride + x/2
				if got := [3]byte{out.Y[at], out.U[c], out.V[c]}; got != [3]byte{want[i], 10 + want[i], 20 + want[i]} {
					t.Errorf("%s %v: corner %d is %v, want %d", way, size, i, got, want[i])
				}
				i++
			}
		}
	}
	nicksOf := flipDirection(0).choices()
	for _, c := range flipMethod(0).choices() {
		p := noise(33, 17)
		a, b := show(t, fmt.Sprintf("videoflip method=%d", c.number), p), show(t, "videoflip video-direction="+nicksOf[c.number].nick, p)
		if !bytes.Equal(a.Data(), b.Data()) {
			t.Errorf("method %s and video-direction %s differ", c.nick, nicksOf[c.number].nick)
		}
	}
}

func TestFlippedTwiceIsTheSame(t *testing.T) {
	p := noise(33, 17)
	for _, pair := range [][2]string{{"1", "3"}, {"2", "2"}, {"4", "4"}, {"5", "5"}, {"6", "6"}, {"7", "7"}} {
		if out := show(t, "videoflip method="+pair[1], show(t, "videoflip method="+pair[0], p)); !bytes.Equal(out.Data(), p.Data()) {
			t.Errorf("method %s and then %s change the picture", pair[0], pair[1])
		}
	}
}

func TestBox(t *testing.T) {
	p := noise(64, 48)
	out := show(t, "videobox fill=red top=-10 bottom=-20 left=4 right=8", p)
	if out.Width != 52 || out.Height != 78 {
		t.Fatalf("%dx%d", out.Width, out.Height)
	}
	red := i420.FromRGB(255, 0, 0)
	for y := range out.Height {
		for x := range out.Width {
			want := i420.Color{Y: red.Y, U: red.U, V: red.V}
			if y >= 10 && y < 58 {
				i := (y-10)/2*p.CStride + (x+4)/2
				want = i420.Color{Y: p.Y[(y-10)*p.YStride+x+4], U: p.U[i], V: p.V[i]}
			}
			i := y/2*out.CStride + x/2
			if got := (i420.Color{Y: out.Y[y*out.YStride+x], U: out.U[i], V: out.V[i]}); got != want {
				t.Fatalf("%d,%d is %v, want %v", x, y, got, want)
			}
		}
	}
	for _, nothing := range []string{"videobox", "videobox left=40 right=40", "videobox left=-20000", "videocrop left=-1", "videocrop top=48"} {
		if out := show(t, nothing, p); !bytes.Equal(out.Data(), p.Data()) {
			t.Errorf("%s changes the picture", nothing)
		}
	}
	for left := -3; left < 4; left++ { // odd numbers too, within the picture's memory
		for right := -3; right < 4; right++ {
			show(t, fmt.Sprintf("videobox left=%d right=%d top=%d bottom=%d", left, right, right, left), noise(21, 23))
		}
	}
}

func TestRates(t *testing.T) {
	for command, want := range map[string]int{
		"videorate max-rate=10": 100, "videorate max-rate=25": 250, "videorate": 300, "videorate max-rate=1000": 300,
		"capsfilter caps=video/x-raw,framerate=5/1": 50, "capsfilter caps=\"video/x-raw, framerate=(fraction)15/2\"": 75,
	} {
		work := mustMake(t, command).work.(picturer)
		p := noise(16, 16)
		shown := 0
		for i := range 300 { // ten seconds, 3 ms early or late
			at := time.Hour + time.Duration(i)*time.Second/30 + time.Duration(i%3-1)*3*time.Millisecond
			if work.picture(p, filter.Moment{PTS: at, Watched: true}) != nil {
				shown++
			}
		}
		if math.Abs(float64(shown-want)) > float64(want)/20+1 {
			t.Errorf("%s: %d of 300 pictures, want %d", command, shown, want)
		}
		if work.picture(p, filter.Moment{PTS: 0, Watched: true}) == nil {
			t.Errorf("%s: nothing is shown after the clock has jumped back", command)
		}
	}
}

func TestCaps(t *testing.T) {
	p := noise(64, 48)
	for caps, want := range map[string][2]int{
		"video/x-raw,width=32,height=24": {32, 24}, "video/x-raw,width=32": {32, 24}, "video/x-raw,height=96": {128, 96},
		"video/x-raw, format=(string)I420, width=(int)100, height=50;": {100, 50}, "video/x-raw": {64, 48}, "ANY": {64, 48},
	} {
		if out := show(t, fmt.Sprintf("capsfilter caps=%q", caps), p); [2]int{out.Width, out.Height} != want {
			t.Errorf("%s: %dx%d", caps, out.Width, out.Height)
		}
	}
	for _, bad := range []string{
		"foo", "video/x-h264", "video/x-raw,width=[1,100]", "video/x-raw,format=RGB", "video/x-raw,framerate=0/0", "video/x-raw,width=16000,height=16000",
		"audio/x-raw,rate=8000", "video/x-raw,width=-5", "video/x-raw,framerate=1/0",
	} {
		if _, err := fromCommand(fmt.Sprintf("capsfilter caps=%q", bad), "VIDEO"); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
	if !mustMake(t, "capsfilter caps=audio/x-raw,rate=48000,channels=2").idle() || mustMake(t, "capsfilter caps=video/x-raw,width=10").idle() {
		t.Error("caps do not say whether something is to be done")
	}
}

func TestBalance(t *testing.T) {
	p := noise(32, 32)
	gray := show(t, "videobalance saturation=0", p)
	for i := range gray.U {
		if gray.U[i] != 128 || gray.V[i] != 128 {
			t.Fatalf("chroma %d %d without saturation", gray.U[i], gray.V[i])
		}
	}
	if !bytes.Equal(gray.Y, p.Y) {
		t.Error("saturation changes luma")
	}
	if same := show(t, "videobalance", p); !bytes.Equal(same.Data(), p.Data()) {
		t.Error("the defaults change the picture")
	}
	turned := show(t, "videobalance hue=1", p) // by 180°
	for i := range p.U {
		if turned.U[i] != byte(min(256-int(p.U[i]), 255)) {
			t.Fatalf("U %d becomes %d", p.U[i], turned.U[i])
		}
	}
	if white := show(t, "videobalance brightness=1", p); white.Y[0] != 255 {
		t.Errorf("luma %d at full brightness", white.Y[0])
	}
}

func TestBlurKeepsTheMean(t *testing.T) {
	flat := i420.New(37, 21)
	flat.Fill(i420.Color{Y: 200, U: 77, V: 150})
	for _, sigma := range []float64{0.3, 1.2, 2, 7.3, 20, -1, -20} {
		out := show(t, fmt.Sprintf("gaussianblur sigma=%v", sigma), flat)
		if psnr(out, flat) < 48.1 { // a level of difference everywhere
			t.Errorf("sigma %v: luma %d of 200, chroma %d of 77", sigma, out.Y[400], out.U[50])
		}
	}
	// A point becomes the bell.
	const size, sigma = 101, 4.0
	point := i420.New(size, size)
	point.Fill(i420.Color{Y: 0, U: 128, V: 128})
	for y := 40; y <= 60; y++ {
		for x := range size {
			point.Y[y*size+x] = 255
		}
	}
	out := show(t, "gaussianblur sigma=4", point)
	for y := range size {
		want := 0.0
		for from := 40; from <= 60; from++ {
			want += 255 * math.Exp(-math.Pow(float64(y-from), 2)/(2*sigma*sigma)) / (sigma * math.Sqrt(2*math.Pi))
		}
		if got := float64(out.Y[y*size+size/2]); math.Abs(got-want) > 4 {
			t.Errorf("row %d: %v, want %.1f", y, got, want)
		}
	}
}

func TestEdges(t *testing.T) {
	p := i420.New(64, 48)
	p.Fill(i420.FromRGB(200, 30, 30))
	p.Crop(image.Rect(32, 0, 64, 48)).Fill(i420.FromRGB(255, 255, 255))
	out := show(t, "edgetv", p)
	if out.Y[20*64+10] != 16 || out.U[10*32+5] != 128 || out.Y[20*64+33] < 200 || out.Y[20*64+50] != 16 {
		t.Errorf("left %d, edge %d, right %d", out.Y[20*64+10], out.Y[20*64+33], out.Y[20*64+50])
	}
}
