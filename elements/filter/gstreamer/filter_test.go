package gstreamer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/filter/gstreamer"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/sound"
	"github.com/rivero-media/rivero/pipeline/codec/video"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

func server(t *testing.T) *pipeline.Server {
	return elementtest.Server(t, codec.Steps{video.Steps, sound.Steps}, gstreamer.Class, rawClass)
}

func create(t *testing.T, s *pipeline.Server, p *pipeline.MediaPipeline, command, filterType string) (pipeline.Object, error) {
	t.Helper()
	params := fmt.Sprintf(`{"mediaPipeline":%q,"command":%q,"filterType":%q}`, p.ID(), command, filterType)
	return s.Create(context.Background(), "GStreamerFilter", []byte(params))
}

func TestSuite(t *testing.T) {
	s := server(t)
	for _, command := range []string{"identity", "videoflip method=vertical-flip", "pitch pitch=1.5", "capsfilter caps=video/x-raw,framerate=5/1"} {
		t.Run(command, func(t *testing.T) {
			elementtest.Suite(t, s, func(p *pipeline.MediaPipeline) pipeline.Object {
				return elementtest.Create(t, s, "GStreamerFilter", elementtest.In(p, "command", command))
			})
		})
	}
}

func TestErrors(t *testing.T) {
	s := server(t)
	p := elementtest.Pipeline(t, s)
	const cannot, invalid = "GStreamer element cannot be created: ", "Given command is not valid, "
	for _, test := range []struct{ command, filterType, want string }{
		{"", "AUTODETECT", cannot + "empty pipeline not allowed"},
		{"nosuchelement", "AUTODETECT", cannot + `no element "nosuchelement"`},
		{"videobalance nosuchprop=1", "AUTODETECT", cannot + `no property "nosuchprop" in element "videobalance"`},
		{"videobalance saturation=abc", "AUTODETECT", cannot + `could not set property "saturation" in element "videobalance" to "abc"`},
		{"videobalance saturation=0,5", "AUTODETECT", cannot + `could not set property "saturation" in element "videobalance" to "0,5"`},
		{"videoflip method=Horizontal", "AUTODETECT", cannot + `could not set property "method" in element "videoflip" to "Horizontal"`},
		{"videoflip method=99", "AUTODETECT", cannot + `could not set property "method" in element "videoflip" to "99"`},
		{"videobox top=1.5", "AUTODETECT", cannot + `could not set property "top" in element "videobox" to "1.5"`},
		{"videobox top=99999999999", "AUTODETECT", cannot + `could not set property "top" in element "videobox" to "99999999999"`},
		{"videobox top=1_0", "AUTODETECT", cannot + `could not set property "top" in element "videobox" to "1_0"`},
		{"volume mute=maybe", "AUTODETECT", cannot + `could not set property "mute" in element "volume" to "maybe"`},
		{"videobox autocrop=true", "AUTODETECT", cannot + `property "autocrop" of element "videobox" is not implemented in this server`},
		{"gamma.", "AUTODETECT", cannot + "syntax error"},
		{"gamma foo", "AUTODETECT", cannot + `no element "foo"`},
		{"videoflip method=4 ! videobalance", "AUTODETECT", invalid + "only one element can be created"},
		{"videotestsrc", "AUTODETECT", invalid + "pad templates don't match"},
		{"fakesink", "AUTODETECT", invalid + "pad templates don't match"},
		{"videoflip", "AUDIO", invalid + "pad templates don't match"},
		{"volume", "VIDEO", invalid + "pad templates don't match"},
		{"warptv", "VIDEO", cannot + `no element "warptv" in this server, which has audioamplify `},
	} {
		_, err := create(t, s, p, test.command, test.filterType)
		var fault *pipeline.Fault
		if !errors.As(err, &fault) || fault.Code != pipeline.MarshallError || !strings.HasPrefix(fault.Message, test.want) {
			t.Errorf("%s %s: %v, want %s", test.command, test.filterType, err, test.want)
		}
	}
	for _, fine := range []string{
		"videobalance saturation=5", "gamma gamma=nan", "identity silent=true name=x", "videobox top=0x10 left=-010", "volume mute=YES",
		"videoscale method=4-tap", "queue leaky=downstream", "videoflip qos=false",
	} {
		if _, err := create(t, s, p, fine, "AUTODETECT"); err != nil {
			t.Errorf("%s: %v", fine, err)
		}
	}
}

func TestSetElementProperty(t *testing.T) {
	s := server(t)
	p := elementtest.Pipeline(t, s)
	for _, test := range []struct{ command, property, value, want string }{
		{"videobalance", "saturation", "0.5", ""},
		{"videobalance", "saturation", "9", ""}, // GLib warns and leaves it
		{"videobalance", "saturation", "abc", "40001 Cannot convert 'abc' to double: stod"},
		{"videobalance", "nope", "1", "40001 No property named 'nope' in object 'videobalance0'"},
		{"videobalance name=mine", "nope", "1", "40001 No property named 'nope' in object 'mine'"},
		{"videobalance", "qos", "true", ""},
		{"videobox", "top", "-10", ""},
		{"videobox", "top", "ten", "40001 Cannot convert 'ten' to int: stoi"},
		{"videobox", "fill", "red", ""},
		{"videobox", "fill", "pink", "40001 Cannot convert 'pink' to enum"},
		{"audioecho delay=1000000", "feedback", "0.5", ""},
		{"audioecho delay=1000000", "feedback", "", "40001 Cannot convert '' to float: stof"},
		{"audioecho delay=1000000", "delay", "5", "40006 Property type not implemented: guint64"},
		{"volume", "mute", "true", "40006 Property type not implemented: gboolean"},
		{"textoverlay", "text", "new words", ""},
		{"textoverlay", "color", "1", "40006 Property type not implemented: guint"},
		{"capsfilter", "caps", "ANY", "40006 Property type not implemented: GstCaps"},
		{"identity", "nope", "1", "40001 No property named 'nope' in object 'identity0'"},
	} {
		f := elementtest.Create(t, s, "GStreamerFilter", elementtest.In(p, "command", test.command))
		_, err := elementtest.Invoke(f, "setElementProperty", map[string]string{"propertyName": test.property, "propertyValue": test.value})
		got := ""
		var fault *pipeline.Fault
		if errors.As(err, &fault) {
			got = fmt.Sprintf("%d %s", fault.Code, fault.Message)
		}
		if got != test.want {
			t.Errorf("%s %s=%s: %q, want %q", test.command, test.property, test.value, got, test.want)
		}
		if command := elementtest.Must(t, f, "getCommand", nil); command != fmt.Sprintf("%q", test.command) {
			t.Errorf("the command is %s", command)
		}
	}
}

// raw is an element that gives raw media of a kind, packet by packet as a test says, and takes any.
type raw struct {
	pipeline.MediaElement
	out  *media.Output
	took chan media.Packet
}

var rawClass = &pipeline.Class{
	Name: "Raw", Module: "test", Parent: pipeline.MediaElementClass,
	New: pipeline.New(func(_ context.Context, c pipeline.Creation, p struct {
		MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
	}) (pipeline.Object, error) {
		r := &raw{took: make(chan media.Packet, 100)}
		r.Setup(c, r, p.MediaPipeline, p.MediaPipeline)
		return r, nil
	}),
}

func (r *raw) Accept(f media.Format) (int, bool)    { return 0, !f.Packed }
func (r *raw) Bind(f *media.Format, _ media.Source) {}
func (r *raw) Write(p *media.Packet) {
	kept := *p
	kept.Data = append([]byte(nil), p.Data...)
	r.took <- kept
}

func (r *raw) write(p media.Packet) {
	burst := &media.Burst{}
	p.Format, p.Burst = r.out.Format(), burst
	r.out.Write(&p)
	burst.Flush()
}

func (r *raw) next(t *testing.T) media.Packet {
	t.Helper()
	select {
	case p := <-r.took:
		return p
	case <-time.After(30 * time.Second):
		t.Fatal("nothing comes out of the filter")
		return media.Packet{}
	}
}

// between puts a filter between two raw elements.
func between(t *testing.T, command string, f media.Format) (from, to *raw, with pipeline.Object) {
	s := server(t)
	p := elementtest.Pipeline(t, s)
	from = elementtest.Create(t, s, "Raw", elementtest.In(p)).(*raw)
	to = elementtest.Create(t, s, "Raw", elementtest.In(p)).(*raw)
	from.out = from.NewOutput(media.NoUpstream{})
	from.out.SetFormat(f)
	from.Update(func(g *graph.Edit, n *graph.Node) { g.SetOutput(n, f.Kind, from.out) })
	to.Update(func(g *graph.Edit, n *graph.Node) { g.SetInput(n, f.Kind, to) })
	with = elementtest.Create(t, s, "GStreamerFilter", elementtest.In(p, "command", command))
	elementtest.Connect(t, from, with)
	elementtest.Connect(t, with, to)
	return from, to, with
}

func TestPropertiesChangeLive(t *testing.T) {
	from, to, with := between(t, "videobalance saturation=0.0", video.Raw())
	picture := i420.New(64, 48)
	picture.Fill(i420.Color{Y: 100, U: 60, V: 200})
	for _, test := range []struct {
		saturation string
		u, v       byte
	}{{"", 128, 128}, {"1", 60, 200}, {"0.5", 94, 164}, {"7", 94, 164}, {"0", 128, 128}} {
		if test.saturation != "" {
			elementtest.Must(t, with, "setElementProperty", map[string]string{"propertyName": "saturation", "propertyValue": test.saturation})
		}
		from.write(media.Packet{Width: 64, Height: 48, Key: true, Data: picture.Data()})
		got := to.next(t)
		p, ok := i420.Over(got.Data, int(got.Width), int(got.Height))
		if !ok || p.Y[0] != 100 || p.U[0] != test.u || p.V[0] != test.v {
			t.Errorf("saturation %s: %v, chroma %d %d, want %d %d", test.saturation, ok, p.U[0], p.V[0], test.u, test.v)
		}
	}
}

func TestSoundChangesLive(t *testing.T) {
	from, to, with := between(t, "volume volume=0.5", sound.Raw(48000, 2))
	for _, test := range []struct {
		volume string
		want   byte
	}{{"", 50}, {"0.1", 10}, {"1", 100}} {
		if test.volume != "" {
			elementtest.Must(t, with, "setElementProperty", map[string]string{"propertyName": "volume", "propertyValue": test.volume})
		}
		from.write(media.Packet{Data: []byte{100, 0, 100, 0}})
		if got := to.next(t); got.Data[0] != test.want || got.Data[2] != test.want {
			t.Errorf("volume %s: %d of 100", test.volume, got.Data[0])
		}
	}
}

func TestSizeChangesOnTheWay(t *testing.T) {
	from, to, _ := between(t, "videoflip video-direction=90r", video.Raw())
	for _, size := range [][2]int{{64, 48}, {33, 17}, {128, 96}} {
		from.write(media.Packet{Width: uint16(size[0]), Height: uint16(size[1]), Key: true, Data: i420.New(size[0], size[1]).Data()})
		if got := to.next(t); int(got.Width) != size[1] || int(got.Height) != size[0] || len(got.Data) != i420.Bytes(size[1], size[0]) {
			t.Errorf("%v becomes %dx%d with %d bytes", size, got.Width, got.Height, len(got.Data))
		}
	}
}
