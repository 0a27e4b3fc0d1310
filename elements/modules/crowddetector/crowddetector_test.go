package crowddetector

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/modules/vision"
	"github.com/rivero-media/rivero/elements/modules/visiontest"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func points(xy ...float64) (list []map[string]any) {
	for i := 0; i < len(xy); i += 2 {
		list = append(list, map[string]any{"x": xy[i], "y": xy[i+1]})
	}
	return list
}

// regionOf is a region with its own configuration as members and values.
func regionOf(id string, points []map[string]any, config ...any) map[string]any {
	c := map[string]any{}
	for i := 0; i < len(config); i += 2 {
		c[config[i].(string)] = config[i+1]
	}
	return map[string]any{"id": id, "points": points, "regionOfInterestConfig": c}
}

var all = points(0.1, 0.1, 0.9, 0.1, 0.9, 0.9, 0.1, 0.9)

func TestSuite(t *testing.T) {
	visiontest.Suite(t, Class, "rois", []any{regionOf("square", all)})
}

// person is somebody in a crowd: an ellipse of cloth and a head, with stripes so that movement can be seen.
type person struct {
	x, y, dx, dy float64 // pixels, pixels per picture
	size         int
	cloth, head  byte
}

func (p *person) draw(to *i420.Picture) {
	for dy := -p.size; dy <= p.size; dy++ {
		half := int(float64(p.size) / 2 * math.Sqrt(1-float64(dy*dy)/float64(p.size*p.size)))
		v := p.cloth
		if dy < -p.size/2 {
			v = p.head
		} else if (dy/4)%2 == 0 {
			v += 25
		}
		y := int(p.y) + dy
		for x := int(p.x) - half; x <= int(p.x)+half; x++ {
			if x >= 0 && y >= 0 && x < to.Width && y < to.Height {
				to.Y[y*to.YStride+x] = v + byte((x-int(p.x)+64)/5%2*20)
			}
		}
	}
}

// crowd is a street with people.
type crowd struct {
	street *i420.Picture
	people []person
	sigma  float64
	shown  uint64
}

func newCrowd(width, height int, sigma float64, seed uint64) *crowd {
	c := &crowd{street: i420.New(width, height), sigma: sigma, shown: seed * 1000}
	visiontest.Texture(c.street, 90, 150, seed)
	return c
}

// enter adds n people within the square of the tests, who walk by dx, dy.
func (c *crowd) enter(n int, dx, dy float64, r *rand.Rand) {
	w, h := float64(c.street.Width), float64(c.street.Height)
	for range n {
		p := person{x: w * (0.2 + 0.6*r.Float64()), y: h * (0.25 + 0.5*r.Float64()), dx: dx, dy: dy, size: c.street.Height/16 + r.IntN(c.street.Height/16)}
		p.cloth, p.head = byte(20+r.IntN(30)), 200
		if r.IntN(3) == 0 {
			p.cloth = byte(180 + r.IntN(20))
		}
		c.people = append(c.people, p)
	}
}

// next is the next picture, and the share of the square, in percent, that people cover and moving people cover. Who leaves the
// square comes in on the other side.
func (c *crowd) next() (p *i420.Picture, covered float64) {
	p = c.street.Clone()
	w, h := float64(p.Width), float64(p.Height)
	for i := range c.people {
		q := &c.people[i]
		q.x, q.y = wrap(q.x+q.dx, 0.1*w, 0.9*w), wrap(q.y+q.dy, 0.1*h, 0.9*h)
		q.draw(p)
	}
	n, area := 0, 0
	for y := p.Height / 10; y < p.Height*9/10; y++ {
		for x := p.Width / 10; x < p.Width*9/10; x++ {
			if area++; p.Y[y*p.Width+x] != c.street.Y[y*p.Width+x] {
				n++
			}
		}
	}
	c.shown++
	visiontest.Noise(p, c.sigma, c.shown)
	return p, 100 * float64(n) / float64(area)
}

func wrap(v, low, high float64) float64 {
	if v < low {
		return v + high - low
	}
	if v > high {
		return v - (high - low)
	}
	return v
}

// watch is a scene and the square.
type watch struct {
	scene  scene
	region *region
	pts    time.Duration
}

func newWatch(config RegionOfInterestConfig) *watch {
	corners := []RelativePoint{{0.1, 0.1}, {0.9, 0.1}, {0.9, 0.9}, {0.1, 0.9}}
	return &watch{scene: scene{width: defaultWidth}, region: newRegion(RegionOfInterest{Points: corners, Config: config, ID: "square"})}
}

func (w *watch) see(p *i420.Picture) state {
	w.pts += time.Second / 30
	if w.scene.look(p, w.pts) {
		w.region.cover(&w.scene)
	}
	return w.region.measure(&w.scene)
}

func TestQuality(t *testing.T) {
	visiontest.Measure(t)
	for _, c := range []struct {
		name   string
		people int
		speed  float64 // pixels of 640 per picture
		sigma  float64
	}{
		{"empty, noise of 4", 0, 0, 4},
		{"a few stand, noise of 3", 8, 0, 3},
		{"a few walk, noise of 3", 8, 3, 3},
		{"many walk, noise of 3", 30, 3, 3},
		{"many run, noise of 5", 30, 6, 5},
		{"packed, slow, noise of 3", 70, 2, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(31, uint64(c.people)))
			crowd := newCrowd(640, 480, c.sigma, 4)
			w := newWatch(RegionOfInterestConfig{})
			for range learning + 5 {
				p, _ := crowd.next()
				w.see(p)
			}
			crowd.enter(c.people, c.speed, 0, r)
			const n = 40
			var off, want, got, slow float64
			for i := range n + history {
				p, covered := crowd.next()
				s := w.see(p)
				if i < history {
					continue
				}
				off, want, got, slow = off+math.Abs(s.occupancy-covered)/n, want+covered/n, got+s.occupancy/n, slow+s.fluidity/n
			}
			t.Logf("covered %.1f %%, measured %.1f %%, off by %.1f in the mean; %.0f %% of it slow", want, got, off, slow)
			if off > 6 {
				t.Error("occupancy is too far off")
			}
			if c.people > 0 && (c.speed == 0) != (slow > 60) {
				t.Error("fluidity is on the wrong side")
			}
			if c.people > 0 && c.speed > 0 && slow > 40 {
				t.Error("too much of what moves is taken for slow")
			}
		})
	}
}

func TestDirections(t *testing.T) {
	visiontest.Measure(t)
	right, n := 0, 0
	for i, way := range []image.Point{{X: -1}, {Y: -1}, {X: 1}, {Y: 1}} {
		for _, speed := range []float64{2, 4, 6} {
			for _, offset := range []int{0, 30} {
				r := rand.New(rand.NewPCG(41, uint64(i)))
				crowd := newCrowd(640, 480, 3, 4)
				w := newWatch(RegionOfInterestConfig{DirectionFrames: 3, ResetFrames: 3, AngleOffset: offset})
				for range learning + 5 {
					p, _ := crowd.next()
					w.see(p)
				}
				crowd.enter(15, speed*float64(way.X), speed*float64(way.Y), r)
				told := []int{}
				for range 30 {
					p, _ := crowd.next()
					if w.region.turn(w.see(p)) {
						told = append(told, w.region.direction.now)
					}
				}
				n++
				if fmt.Sprint(told) == fmt.Sprint([]int{90*i + offset}) {
					right++
				} else {
					t.Logf("way %v, speed %v, offset %d: told %v", way, speed, offset, told)
				}
			}
		}
	}
	t.Logf("%d of %d directions right", right, n)
	if right < n*9/10 {
		t.Error("that is too few")
	}
}

func TestSteady(t *testing.T) {
	var s steady
	var told []int
	for _, v := range []int{0, 2, 2, 0, 2, 2, 2, 2, 1, 1, 2, 0, 0, 0} {
		if s.see(v, 3) {
			told = append(told, s.now)
		}
	}
	if fmt.Sprint(told) != "[2 0]" {
		t.Errorf("told %v", told)
	}
	if got := []int{level(10, 10, 35, 65), level(10.1, 10, 35, 65), level(36, 10, 35, 65), level(100, 10, 35, 65)}; fmt.Sprint(got) != "[0 1 2 3]" {
		t.Errorf("levels %v", got)
	}
}

func TestEvents(t *testing.T) {
	// The left third and the rest; only the left one is asked for directions.
	r := visiontest.NewRig(t, Class, "rois", []any{
		regionOf("left", points(0, 0, 0.33, 0, 0.33, 1, 0, 1), "sendOpticalFlowEvent", true),
		regionOf("right", points(0.4, 0, 1, 0, 1, 1, 0.4, 1)),
	})
	events := elementtest.Listen(t, r.Element, "CrowdDetectorFluidity", "CrowdDetectorOccupancy", "CrowdDetectorDirection")
	street := newCrowd(640, 480, 2, 4)
	show := func() *i420.Picture {
		p, _ := street.next()
		return r.Show(p)
	}
	for range learning + 10 {
		show()
	}
	if types := events.Types(); len(types) != 0 {
		t.Fatalf("an empty street raises %v", types)
	}
	for i := range 12 { // a group that walks down in the left third
		street.people = append(street.people, person{x: 30 + float64(i%3)*70, y: 60 + float64(i/3)*90, dy: 4, size: 40, cloth: 40, head: 200})
	}
	var got *i420.Picture
	for range 20 {
		got = show()
	}
	visiontest.Save(t, "crowd", got)
	e := events.Await(t, "CrowdDetectorOccupancy")
	if e["roiId"] != "left" || e["occupancyLevel"].(float64) < 1 || e["occupancyPercentage"].(float64) < 10 {
		t.Errorf("occupancy %v", e)
	}
	if e := events.Await(t, "CrowdDetectorDirection"); e["roiId"] != "left" || e["directionAngle"] != 270.0 {
		t.Errorf("direction %v", e)
	}
	for i := range street.people { // they stop
		street.people[i].dy = 0
	}
	for range 20 {
		show()
	}
	level := 0.0
	for len(events.Types()) > 0 {
		if events.Types()[0] == "CrowdDetectorFluidity" {
			e := events.Await(t, "CrowdDetectorFluidity")
			level = e["fluidityLevel"].(float64)
		} else {
			events.Await(t, events.Types()[0])
		}
	}
	if level != 3 {
		t.Errorf("fluidity of a group that stands has level %v, want 3", level)
	}
	street.people = nil
	for range 10 {
		show()
	}
	if e := events.Await(t, "CrowdDetectorOccupancy"); e["occupancyLevel"] != 0.0 || e["roiId"] != "left" {
		t.Errorf("when all have gone: %v", e)
	}
}

func TestParameters(t *testing.T) {
	s := visiontest.Server(t, Class)
	p := elementtest.Pipeline(t, s)
	for says, region := range map[string]map[string]any{
		`region "1a"`:              regionOf("1a", all),
		"region a has 2 points":    regionOf("a", points(0, 0, 1, 1)),
		"region a: the point 2, 0": regionOf("a", points(2, 0, 1, 1, 0, 1)),
	} {
		if _, err := elementtest.TryCreate(s, "CrowdDetectorFilter", elementtest.In(p, "rois", []any{region})); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want %q", err, says)
		}
	}
	f := elementtest.Create(t, s, "CrowdDetectorFilter", elementtest.In(p, "rois", []any{}))
	if got := elementtest.Must(t, f, "getProcessingWidth", nil); got != "320" {
		t.Errorf("processingWidth %s", got)
	}
	elementtest.Must(t, f, "setProcessingWidth", map[string]any{"processingWidth": 160})
	if got := elementtest.Must(t, f, "getProcessingWidth", nil); got != "160" {
		t.Errorf("processingWidth %s", got)
	}
	if _, err := elementtest.Invoke(f, "setProcessingWidth", map[string]any{"processingWidth": 0}); err == nil || !strings.Contains(err.Error(), "processingWidth 0") {
		t.Errorf("processingWidth 0: %v", err)
	}
}

func TestTheSizeMayChange(t *testing.T) {
	w := newWatch(RegionOfInterestConfig{})
	for _, size := range []image.Point{{X: 640, Y: 480}, {X: 320, Y: 180}, {X: 1280, Y: 720}, {X: 7, Y: 5}, {X: 640, Y: 480}} {
		p := i420.New(size.X, size.Y)
		p.Fill(vision.White)
		for range 3 {
			w.see(p)
		}
	}
	w.scene.width = 100
	w.see(i420.New(640, 480))
}

func TestAllocations(t *testing.T) {
	crowd := newCrowd(640, 480, 3, 4)
	w := newWatch(RegionOfInterestConfig{})
	p, _ := crowd.next()
	for range learning + history {
		w.see(p)
	}
	if n := testing.AllocsPerRun(10, func() { w.see(p) }); n != 0 {
		t.Errorf("%v allocations per picture", n)
	}
}

func BenchmarkSee(b *testing.B) {
	for _, size := range []image.Point{{X: 640, Y: 480}, {X: 1280, Y: 720}} {
		b.Run(size.String(), func(b *testing.B) {
			crowd := newCrowd(size.X, size.Y, 3, 4)
			w := newWatch(RegionOfInterestConfig{})
			var pictures []*i420.Picture
			for i := range 60 {
				if i == 30 {
					crowd.enter(30, 3, 0, rand.New(rand.NewPCG(1, 1)))
				}
				p, _ := crowd.next()
				w.see(p)
				if i >= 30 {
					pictures = append(pictures, p)
				}
			}
			i := 0
			for b.Loop() {
				w.see(pictures[i%len(pictures)])
				i++
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/frame")
		})
	}
}
