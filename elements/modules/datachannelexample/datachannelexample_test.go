package datachannelexample

import (
	"encoding/json"
	"image"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/modules/vision"
	"github.com/rivero-media/rivero/elements/modules/visiontest"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSuite(t *testing.T) {
	for _, class := range Classes {
		t.Run(class.Name, func(t *testing.T) { visiontest.Suite(t, class) })
	}
}

// message waits for one.
func message(t *testing.T, r *visiontest.Rig) string {
	t.Helper()
	select {
	case m := <-r.Messages():
		return m
	case <-time.After(30 * time.Second):
		t.Fatal("no message")
		return ""
	}
}

// qr is a picture with a QR code.
func qr(t *testing.T, text string) *i420.Picture {
	t.Helper()
	m, err := qrcode.NewQRCodeWriter().Encode(text, gozxing.BarcodeFormat_QR_CODE, 1, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := i420.New(320, 240)
	p.Fill(vision.White)
	const module = 5
	for y := range m.GetHeight() {
		for x := range m.GetWidth() {
			if m.Get(x, y) {
				vision.Fill(p, image.Rect(60+x*module, 20+y*module, 60+(x+1)*module, 20+(y+1)*module), i420.Black)
			}
		}
	}
	return p
}

func TestSendData(t *testing.T) {
	r := visiontest.NewRig(t, Classes[0])
	p := qr(t, "hello")
	if got := r.Show(p); string(got.Data()) != string(p.Data()) {
		t.Error("the picture is changed")
	}
	got := message(t, r)
	if !strings.HasPrefix(got, "Code detected in time ") || !strings.HasSuffix(got, ", type QR-Code, symbol hello") {
		t.Errorf("message %q", got)
	}
}

func TestShowData(t *testing.T) {
	r := visiontest.NewRig(t, Classes[1])
	p := i420.New(320, 240)
	p.Fill(i420.FromRGB(100, 100, 100))
	if got := r.Show(p); string(got.Data()) != string(p.Data()) {
		t.Error("without a message the picture is changed")
	}
	r.Send("Hello, world")
	got := r.Show(p)
	visiontest.Save(t, "showdata", got)
	light := 0
	for i, v := range got.Y {
		if x, y := i%320, i/320; v > 220 {
			light++
			if x < 60 || x > 260 || y < 160 || y > 230 {
				t.Fatalf("there is something at %d, %d", x, y)
			}
		}
	}
	if light < 200 {
		t.Errorf("%d pixels of letters", light)
	}
	if got := message(t, r); got != "Hello, world" {
		t.Errorf("the message comes out as %q", got)
	}
	r.Send("")
	if got := r.Show(p); string(got.Data()) != string(p.Data()) {
		t.Error("an empty message does not take the text away")
	}
}

// portrait is a photo with one face, in the middle of a larger picture.
func portrait(t *testing.T) *i420.Picture {
	t.Helper()
	f, err := os.Open("../../filter/face/testdata/collins.jpg")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := i420.DecodeImage(f)
	if err != nil {
		t.Fatal(err)
	}
	photo := i420.FromImage(img)
	p := i420.New(640, 480)
	p.Fill(i420.FromRGB(90, 90, 90))
	fit := i420.Fit(640, 480, photo.Width, photo.Height)
	i420.NewScaler(fit.Dx(), fit.Dy(), photo.Width, photo.Height).Scale(p.Crop(fit), photo)
	return p
}

func TestDetectFaces(t *testing.T) {
	r := visiontest.NewRig(t, Classes[2])
	p := portrait(t)
	var got string
	for i := 0; got == ""; i++ {
		if i > 300 {
			t.Fatal("no face in ten seconds of video")
		}
		r.Show(p)
		select {
		case got = <-r.Messages():
		default:
		}
	}
	var f faces
	if err := json.Unmarshal([]byte(got), &f); err != nil || f.Width != 640 || f.Height != 480 || len(f.Faces) != 1 {
		t.Fatalf("message %s: %v", got, err)
	}
	t.Logf("message %s", got)
	if b := f.Faces[0]; b.Width < 50 || b.X < 0 || b.X+b.Width > 640 {
		t.Errorf("box %+v", b)
	}
	empty := i420.New(640, 480)
	empty.Fill(i420.FromRGB(90, 90, 90))
	for i := 0; !strings.Contains(got, `"faces":[]`); i++ {
		if i > 300 {
			t.Fatal("the face does not go away")
		}
		r.Show(empty)
		select {
		case got = <-r.Messages():
		default:
		}
	}
}

func TestShowFaces(t *testing.T) {
	r := visiontest.NewRig(t, Classes[3])
	p := i420.New(320, 240)
	p.Fill(i420.FromRGB(100, 100, 100))
	for _, nonsense := range []string{"hello", `{"width":0,"height":1}`, `{"faces":3}`, ""} {
		r.Send(nonsense)
		if got := r.Show(p); string(got.Data()) != string(p.Data()) {
			t.Errorf("message %q changes the picture", nonsense)
		}
	}
	r.Send(`{"width":640,"height":480,"faces":[{"x":100,"y":200,"width":50,"height":60},{"x":-999999999999,"y":5,"width":999999999999,"height":1}]}`)
	got := r.Show(p)
	if got.Y[100*320+60] != vision.Green.Y || got.Y[110*320+51] != vision.Green.Y || got.Y[115*320+60] == vision.Green.Y {
		t.Error("the box is not where it should be")
	}
	frames := int(math.Ceil(showFor.Seconds()*30)) + 1
	for range frames {
		got = r.Show(p)
	}
	if string(got.Data()) != string(p.Data()) {
		t.Error("the box stays for ever")
	}
}

// TestFacesTravel connects the two: what one sends the other draws.
func TestFacesTravel(t *testing.T) {
	r := visiontest.NewRigOf(t, Classes, "KmsDetectFaces")
	show := elementtest.Create(t, r.Server, "KmsShowFaces", elementtest.In(r.Pipeline))
	r.Through(show)
	p := portrait(t)
	for i := range 300 {
		got := r.Show(p)
		if string(got.Data()) != string(p.Data()) {
			visiontest.Save(t, "faces", got)
			t.Logf("drawn in picture %d", i)
			return
		}
	}
	t.Error("no box is drawn in ten seconds of video")
}
