package gstreamer

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

var keep = flag.String("keep", "", "a folder for the pictures of TestWhereTextGoes, for eyes")

// written is the rectangle in which a picture is not gray any more: left, top, right, bottom.
func written(p *i420.Picture) (box [4]int) {
	box = [4]int{p.Width, p.Height, 0, 0}
	for y := range p.Height {
		for x := range p.Width {
			if p.Y[y*p.YStride+x] != 126 {
				box = [4]int{min(box[0], x), min(box[1], y), max(box[2], x+1), max(box[3], y+1)}
			}
		}
	}
	return box
}

func gray(width, height int) *i420.Picture {
	p := i420.New(width, height)
	p.Fill(i420.Color{Y: 126, U: 128, V: 128})
	return p
}

// TestWhereTextGoes looks at the sides that the alignment is about, give or take the space in letters.
func TestWhereTextGoes(t *testing.T) {
	const width, height, near = 640, 480, 8
	is := func(got, want int) bool { return got-want <= near && want-got <= near }
	for command, right := range map[string]func(b [4]int) bool{
		`textoverlay text="Room A"`:                                         func(b [4]int) bool { return is(b[0]+b[2], width) && is(b[3], height-25) },
		`textoverlay text="Room A" valignment=top halignment=left`:          func(b [4]int) bool { return is(b[0], 25) && is(b[1], 25) },
		`textoverlay text="Room A" valignment=top halignment=right xpad=5`:  func(b [4]int) bool { return is(b[2], width-5) && is(b[1], 25) },
		`textoverlay text="Room A" valignment=bottom halignment=2 ypad=100`: func(b [4]int) bool { return is(b[2], width-25) && is(b[3], height-100) },
		`textoverlay text="Room A" valignment=center deltay=50 deltax=-9`: func(b [4]int) bool {
			return is(b[1]+b[3], height+100) && is(b[0]+b[2], width-18)
		},
		`textoverlay text="Room A" halignment=position valignment=position xpos=0.25 ypos=0.75`: func(b [4]int) bool {
			return is(b[0]+b[2], width/2) && is(b[1]+b[3], height*3/2)
		},
		`textoverlay text="Room A" halignment=absolute x-absolute=0 valignment=absolute y-absolute=1`: func(b [4]int) bool { return is(b[0], 0) && is(b[3], height) },
		`textoverlay text="Room A" font-desc="Sans Bold 72" valignment=top`:                           func(b [4]int) bool { return b[3]-b[1] > 60 && b[2]-b[0] > 300 },
		`textoverlay text="Room A" font-desc="Sans 96px" auto-resize=false valignment=top`:            func(b [4]int) bool { return b[3]-b[1] > 60 },
		`textoverlay text="Room A" shaded-background=yes valignment=top draw-shadow=false`:            func(b [4]int) bool { return is(b[0]+b[2], width) },
		`timeoverlay font-desc="Mono 30"`:                                                             func(b [4]int) bool { return is(b[0], 25) && b[2]-b[0] > 200 },
		`clockoverlay text=now time-format="%Y-%m-%d %H:%M:%S" halignment=right`:                      func(b [4]int) bool { return is(b[2], width-25) && is(b[1], 25) },
		`textoverlay text="` + strings.Repeat("many words ", 20) + `" valignment=top`:                 func(b [4]int) bool { return b[0] < 20 && b[2] > width-20 && b[3]-b[1] > 40 },
		`textoverlay text="` + strings.Repeat("endless", 40) + `" wrap-mode=none`:                     func(b [4]int) bool { return b[0] == 0 && b[2] == width },
		`textoverlay text="out of sight" deltax=-2000`:                                                func(b [4]int) bool { return b[2] == 0 },
		`textoverlay text="silence" silent=true`:                                                      func(b [4]int) bool { return b[2] == 0 },
		`textoverlay`:                                                                                 func(b [4]int) bool { return b[2] == 0 },
		`textoverlay text=colours color=0xffffff00 outline-color=4278190335 font-desc="50"`:           func(b [4]int) bool { return b[2] > 0 },
	} {
		p := show(t, command, gray(width, height))
		if box := written(p); !right(box) {
			t.Errorf("%s: written within %v", command, box)
		}
		if *keep != "" {
			f, err := os.Create(filepath.Join(*keep, strings.Map(func(r rune) rune {
				if strings.ContainsRune(`/"% `, r) {
					return '_'
				}
				return r
			}, command[:min(len(command), 80)])+".png"))
			if err != nil {
				t.Fatal(err)
			}
			if err := p.EncodePNG(f); err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
	}
}

func TestTextGrowsWithThePicture(t *testing.T) {
	const command = `textoverlay text="Room A"`
	small, large := written(show(t, command, gray(640, 360))), written(show(t, command, gray(1280, 720)))
	if ratio := float64(large[2]-large[0]) / float64(small[2]-small[0]); ratio < 1.8 || ratio > 2.2 {
		t.Errorf("%v on 640×360, %v on 1280×720", small, large)
	}
}

func TestTextChanges(t *testing.T) {
	m := mustMake(t, "textoverlay text=one")
	work := m.work.(picturer)
	draw := func() *i420.Picture { return work.picture(gray(320, 240), filter.Moment{Watched: true}) }
	one := draw()
	if !bytes.Equal(one.Data(), draw().Data()) {
		t.Error("the same text looks different")
	}
	p := m.property("text")
	v, err := p.parse("another")
	if err != nil {
		t.Fatal(err)
	}
	m.change(p, v)
	if bytes.Equal(one.Data(), draw().Data()) {
		t.Error("the text does not change")
	}
}

func TestTimes(t *testing.T) {
	for at, want := range map[time.Duration]string{
		0: "0:00:00.000", 12*time.Hour + 34*time.Minute + 56*time.Second + 7*time.Millisecond: "12:34:56.007", 999999 * time.Microsecond: "0:00:00.999",
	} {
		if got := string(appendTime(nil, at)); got != want {
			t.Errorf("%v: %s, want %s", at, got, want)
		}
	}
	m := mustMake(t, "timeoverlay text=at time-mode=elapsed-running-time")
	for _, at := range []time.Duration{time.Hour, time.Hour + 1500*time.Millisecond} {
		m.work.(picturer).picture(gray(320, 240), filter.Moment{PTS: at, Watched: true})
	}
	if got := string(m.work.(*timeoverlay).words); got != "at 0:00:01.500" {
		t.Errorf("shows %q", got)
	}
}

func TestClock(t *testing.T) {
	m := mustMake(t, `clockoverlay text=It\ is time-format="%H:%M on %d.%m."`)
	clock := m.work.(*clockoverlay)
	clock.now = func() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }
	clock.picture(gray(320, 240), filter.Moment{})
	if got := string(clock.words); got != "It is 05:06 on 04.03." {
		t.Errorf("shows %q", got)
	}
}

func TestStrftime(t *testing.T) {
	at := time.Date(2026, 3, 4, 15, 6, 7, 0, time.UTC) // a Wednesday
	for format, want := range map[string]string{
		"%Y-%m-%d %H:%M:%S": "2026-03-04 15:06:07", "%F %T %R": "2026-03-04 15:06:07 15:06", "%a %A %b %B %h": "Wed Wednesday Mar March Mar",
		"%I %l %k %p %P": "03  3 15 PM pm", "%e|%j|%u|%w|%V|%G|%C|%y": " 4|063|3|3|10|2026|20|26", "%%n%n%t|": "%n\n\t|", "%s": "1772636767",
		"%z %Z": "+0000 UTC", "%Q 100%": "%Q 100%", "": "", "%D %r %c": "03/04/26 03:06:07 PM Wed Mar  4 15:06:07 2026",
	} {
		if got := string(appendStrftime(nil, format, at)); got != want {
			t.Errorf("%q: %q, want %q", format, got, want)
		}
	}
}
