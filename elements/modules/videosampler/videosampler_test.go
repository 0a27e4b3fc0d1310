package videosampler

import (
	"bytes"
	"encoding/binary"
	"fmt"
	stdimage "image"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/access"
	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/elements/modules/visiontest"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var class = Class(func() filter.Settings { return filter.Settings{} })

func TestSuite(t *testing.T) {
	visiontest.Suite(t, class, "framePeriod", 100)
	visiontest.Suite(t, class, "framePeriod", 100, "endpointUrl", "127.0.0.1:9")
}

// collector is a server of the service, which answers as gRPC servers do.
type collector struct {
	address string
	images  chan map[int]string // fields by their numbers
	status  string
	hold    chan struct{} // calls wait for it to be closed, nil: they do not
}

func newCollector(t *testing.T) *collector {
	c := &collector{images: make(chan map[int]string, 100), status: "0"}
	s := httptest.NewUnstartedServer(http.HandlerFunc(c.serve))
	s.Config.Protocols = &http.Protocols{}
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(s.Close)
	c.address = strings.TrimPrefix(s.URL, "http://")
	return c
}

func (c *collector) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller has gone
	}
	if r.ProtoMajor != 2 || r.URL.Path != "/videoSampler.ImageDeliver/deliverImage" || r.Header.Get("TE") != "trailers" ||
		!strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") || len(body) < 5 || body[0] != 0 ||
		int(binary.BigEndian.Uint32(body[1:])) != len(body)-5 {
		http.Error(w, "that is no call", http.StatusBadRequest)
		return
	}
	fields := map[int]string{}
	for message := body[5:]; len(message) > 0; {
		key, n := binary.Uvarint(message)
		size, m := binary.Uvarint(message[n:])
		fields[int(key>>3)] = string(message[n+m:][:size])
		message = message[n+m+int(size):]
	}
	if c.hold != nil {
		select {
		case <-c.hold:
		case <-r.Context().Done():
			return
		}
	}
	c.images <- fields
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Trailer", "Grpc-Status, Grpc-Message")
	_, _ = w.Write([]byte{0, 0, 0, 0, 0})
	w.Header().Set("Grpc-Status", c.status)
	w.Header().Set("Grpc-Message", "as the test wants it")
}

func picture() *i420.Picture {
	p := i420.New(64, 48)
	p.Fill(i420.FromRGB(255, 0, 0))
	return p
}

func TestDelivery(t *testing.T) {
	c := newCollector(t)
	r := visiontest.NewRig(t, class, "framePeriod", 1000, "endpointUrl", c.address, "imageDeliveryMethod", "GRPC",
		"width", 32, "metadata", "room 5")
	events := elementtest.Listen(t, r.Element, "SampleImageDelivered")
	for range 30 { // a second
		if got := r.Show(picture()); string(got.Data()) != string(picture().Data()) {
			t.Fatal("the picture does not pass as it is")
		}
	}
	image := <-c.images
	if image[1] != "PNG" || image[4] != "room 5" {
		t.Errorf("codec %q, metadata %q", image[1], image[4])
	}
	if at, err := time.ParseInLocation(time.ANSIC, image[3], time.Local); err != nil || time.Since(at) > time.Minute {
		t.Errorf("time %q: %v", image[3], err)
	}
	decoded, _, err := stdimage.Decode(strings.NewReader(image[2]))
	if err != nil || decoded.Bounds().Dx() != 32 || decoded.Bounds().Dy() != 48 {
		t.Fatalf("the picture: %v, %v", decoded, err)
	}
	if red, green, _, _ := decoded.At(10, 10).RGBA(); red < 0xf000 || green > 0x1000 {
		t.Errorf("its colour is %v", decoded.At(10, 10))
	}
	if e := events.Await(t, "SampleImageDelivered"); e["delivered"] != true {
		t.Errorf("event %v", e)
	}
	if len(c.images) > 0 {
		t.Errorf("%d pictures more within the period", len(c.images))
	}
	for range 30 {
		r.Show(picture())
	}
	<-c.images
	events.Await(t, "SampleImageDelivered")
}

func TestASlowServerHoldsNothingUp(t *testing.T) {
	c := newCollector(t)
	c.hold = make(chan struct{})
	r := visiontest.NewRig(t, class, "framePeriod", 0, "endpointUrl", "dns:///"+c.address)
	events := elementtest.Listen(t, r.Element, "SampleImageDelivered")
	for range 60 {
		r.Show(picture())
	}
	if types := events.Types(); len(types) > 0 {
		t.Errorf("told %v", types)
	}
	close(c.hold)
	events.Await(t, "SampleImageDelivered")
	if len(c.images) != 1 {
		t.Errorf("%d pictures, want the one that was on its way", len(c.images))
	}
}

func TestClosedWhileSending(t *testing.T) {
	c := newCollector(t)
	c.hold = make(chan struct{})
	r := visiontest.NewRig(t, class, "framePeriod", 0, "endpointUrl", c.address)
	r.Show(picture())
	start := time.Now()
	r.Element.(*Sampler).Close()
	if took := time.Since(start); took > deliveryTimeout/2 {
		t.Errorf("it took %v", took)
	}
}

func TestFailures(t *testing.T) {
	refusing := newCollector(t)
	refusing.status = "8"
	plain := httptest.NewServer(http.NotFoundHandler()) // speaks HTTP/1 only
	defer plain.Close()
	denied := access.New(access.Rules{Denied: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, zerolog.Nop())
	for _, c := range []struct {
		endpoint, says string
		policy         *access.Policy
	}{
		{"nonsense", `endpointUrl "nonsense" is not host:port`, nil},
		{refusing.address, `gRPC status "8" as the test wants it`, nil},
		{strings.TrimPrefix(plain.URL, "http://"), "", nil},
		{refusing.address, "denied", denied},
		{refusing.address, "scheme grpc", access.New(access.Rules{Schemes: []string{"http"}}, zerolog.Nop())},
	} {
		client := newClient(c.endpoint, c.policy)
		err := client.deliver(t.Context(), image{codec: "PNG"})
		client.close()
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.endpoint, err, c.says)
		}
	}
	r := visiontest.NewRig(t, class, "framePeriod", 0, "endpointUrl", "nonsense")
	events := elementtest.Listen(t, r.Element, "SampleImageDelivered")
	r.Show(picture())
	if e := events.Await(t, "SampleImageDelivered"); e["delivered"] != false {
		t.Errorf("event %v", e)
	}
}

func TestEncodings(t *testing.T) {
	p := i420.New(11, 3) // 5 black columns, 6 white ones
	p.Fill(i420.Black)
	for i := range p.Y {
		if i%11 >= 5 {
			p.Y[i] = 235
		}
	}
	for kind, want := range map[ImageEncoding]string{
		"PBM": "P4\n11 3\n\xf8\x00\xf8\x00\xf8\x00",
		"PPM": "P6\n11 3\n255\n" + strings.Repeat(strings.Repeat("\x00", 15)+strings.Repeat("\xff", 18), 3),
	} {
		if got, err := encode(p, kind); string(got) != want {
			t.Errorf("%s: %q, %v, want %q", kind, got, err, want)
		}
	}
	row := strings.Repeat("\x00", 15) + strings.Repeat("\xff", 18) + "\x00\x00\x00"
	got, err := encode(p, "BMP")
	if err != nil || len(got) != 54+3*36 || string(got[54:]) != strings.Repeat(row, 3) || string(got[:2]) != "BM" ||
		binary.LittleEndian.Uint32(got[2:]) != uint32(len(got)) || binary.LittleEndian.Uint32(got[18:]) != 11 {
		t.Errorf("BMP: %q, %v", got, err)
	}
	for _, kind := range []ImageEncoding{"PNG", "JPEG"} {
		file, err := encode(p, kind)
		if err != nil {
			t.Fatal(err)
		}
		if _, name, err := stdimage.Decode(bytes.NewReader(file)); err != nil || !strings.EqualFold(name, string(kind)) {
			t.Errorf("%s: %s, %v", kind, name, err)
		}
	}
	if _, err := encode(p, "GIF"); err == nil || !strings.Contains(err.Error(), "GIF") {
		t.Errorf("GIF: %v", err)
	}
}

func TestWrongParameters(t *testing.T) {
	s := visiontest.Server(t, class)
	p := elementtest.Pipeline(t, s)
	for says, params := range map[string][]any{
		"framePeriod -1":   {"framePeriod", -1},
		"pictures of -5x0": {"framePeriod", 1, "width", -5},
	} {
		if _, err := elementtest.TryCreate(s, "VideoSampler", elementtest.In(p, params...)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want %q", err, says)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, size := range []stdimage.Point{{X: 640, Y: 480}, {X: 1280, Y: 720}} {
		for _, kind := range []ImageEncoding{"PNG", "JPEG"} {
			b.Run(fmt.Sprintf("%s %v", kind, size), func(b *testing.B) {
				p := i420.New(size.X, size.Y)
				visiontest.Texture(p, 30, 220, 1)
				for b.Loop() {
					if _, err := encode(p, kind); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/frame")
			})
		}
	}
}
