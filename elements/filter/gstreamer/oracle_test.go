package gstreamer

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// gst has the real element work on what is in a file.
func gst(t *testing.T, input []byte, description, command, output string) []byte {
	t.Helper()
	from, to := filepath.Join(t.TempDir(), "from"), filepath.Join(t.TempDir(), "to")
	if err := os.WriteFile(from, input, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-q", "filesrc", "location=" + from, "blocksize=100000000", "!"}
	args = append(args, strings.Fields(description)...)
	args = append(args, "!")
	args = append(args, strings.Fields(command)...)
	args = append(args, strings.Fields(output)...)
	args = append(args, "!", "filesink", "location="+to)
	if out, err := exec.Command("gst-launch-1.0", args...).CombinedOutput(); err != nil {
		t.Fatalf("gst-launch-1.0 %q: %v\n%s", args, err, out)
	}
	made, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func needElement(t *testing.T, command string) {
	t.Helper()
	name, _, _ := strings.Cut(command, " ")
	if err := exec.Command("gst-inspect-1.0", "--exists", name).Run(); err != nil {
		t.Skipf("gst-inspect-1.0 --exists %s: %v", name, err)
	}
}

// scene is a picture with flat parts, slopes and edges, and every colour.
func scene(width, height int) *i420.Picture {
	p := i420.New(width, height)
	for y := range height {
		for x := range width {
			v := 16 + 219*x/width
			if (x/24+y/24)%3 == 0 {
				v = 235 - v/2
			}
			p.Y[y*p.YStride+x] = byte(v)
			p.U[y/2*p.CStride+x/2], p.V[y/2*p.CStride+x/2] = byte(88+80*y/height), byte(88+80*x/width)
		}
	}
	return p
}

// TestPicturesAsGStreamersOwn compares with the element itself. The table says how alike they have to be, in dB.
func TestPicturesAsGStreamersOwn(t *testing.T) {
	const width, height = 320, 240
	for command, least := range map[string]float64{
		"videobalance saturation=0.0": 60, "videobalance brightness=0.2 contrast=1.3 hue=0.25 saturation=1.7": 50, "videobalance hue=-0.6": 50,
		"gamma gamma=2.2": 60, "gamma gamma=0.4": 60,
		"videoflip video-direction=90r": 99, "videoflip video-direction=180": 99, "videoflip video-direction=90l": 99, "videoflip video-direction=4": 99,
		"videoflip video-direction=vert": 99, "videoflip video-direction=ul-lr": 99, "videoflip video-direction=ur-ll": 99, // method does nothing in GStreamer 1.22.0
		"videocrop left=16 top=8 right=32 bottom=4": 99, "videobox left=16 top=8 right=32 bottom=4": 99, "videobox fill=green left=-16 top=-8 bottom=20": 40,
		"gaussianblur": 40, "gaussianblur sigma=4": 40, "gaussianblur sigma=12": 40, "gaussianblur sigma=-1.5": 28,
		"coloreffects preset=heat": 30, "coloreffects preset=sepia": 36, "coloreffects preset=xray": 36, "coloreffects preset=xpro": 32, "coloreffects preset=yellowblue": 32,
	} {
		t.Run(command, func(t *testing.T) {
			needElement(t, command)
			want := scene(width, height)
			ours := show(t, command, want)
			data := gst(t, want.Data(), fmt.Sprintf("rawvideoparse format=i420 width=%d height=%d framerate=1/1 ! videoconvert dither=none", width, height),
				command, "! videoconvert dither=none ! video/x-raw,format=I420")
			theirs, ok := i420.Over(data, ours.Width, ours.Height)
			if !ok {
				t.Fatalf("%d bytes, our picture of %dx%d has %d", len(data), ours.Width, ours.Height, len(ours.Data()))
			}
			got := psnr(ours, &theirs)
			t.Logf("%.1f dB", got)
			if got < least {
				t.Errorf("%.1f dB, want %.0f", got, least)
			}
		})
	}
}

// TestSoundAsGStreamersOwn compares samples.
func TestSoundAsGStreamersOwn(t *testing.T) {
	for command, most := range map[string]float64{
		"volume volume=0.5": 1, "volume volume=3.5": 1, "volume mute=true": 0, "audioamplify amplification=2.5": 1,
		"audioamplify amplification=2.5 clipping-method=wrap-negative": 2, "audioamplify amplification=2.5 clipping-method=wrap-positive": 2,
		"audioecho delay=20000000 intensity=0.6 feedback=0.4": 2, "audiopanorama panorama=-0.5": 1, "audiopanorama panorama=0.8": 1,
		"audiopanorama method=simple panorama=0.3": 1, "equalizer-3bands": 0,
	} {
		t.Run(command, func(t *testing.T) {
			needElement(t, command)
			samples := hiss(9600)
			data := make([]byte, 0, 2*len(samples))
			for i, s := range samples {
				samples[i] = s * 2 // up to clipping when it is amplified
				data = binary.LittleEndian.AppendUint16(data, uint16(samples[i]))
			}
			theirs := gst(t, data, "rawaudioparse format=pcm pcm-format=s16le sample-rate=48000 num-channels=2 ! audioconvert", command, "! audioconvert dithering=none ! audio/x-raw,format=S16LE")
			work := mustMake(t, command).work.(sounder)
			for at := 0; at < len(samples); at += 1920 {
				work.sound(samples[at : at+1920])
			}
			if len(theirs) != 2*len(samples) {
				t.Fatalf("%d bytes, want %d", len(theirs), 2*len(samples))
			}
			worst := 0.0
			for i, s := range samples {
				worst = max(worst, math.Abs(float64(s)-float64(int16(binary.LittleEndian.Uint16(theirs[2*i:])))))
			}
			if worst > most {
				t.Errorf("a sample is off by %v", worst)
			}
		})
	}
}

// TestTextAsGStreamersOwn compares where text is and how much of the picture it takes, give or take the shape of letters:
// Pango takes a font of the system.
func TestTextAsGStreamersOwn(t *testing.T) {
	for _, size := range [][2]int{{640, 480}, {1280, 720}, {320, 240}} {
		width, height := size[0], size[1]
		for _, command := range []string{
			"textoverlay text=Room",
			"textoverlay text=Room valignment=bottom", "textoverlay text=Room valignment=top halignment=left",
			"textoverlay text=Room valignment=top halignment=right xpad=5 ypad=40", "textoverlay text=Room valignment=center deltax=30 deltay=-50",
			"textoverlay text=Room valignment=position halignment=position xpos=0.25 ypos=0.75",
			"textoverlay text=Room valignment=absolute halignment=absolute x-absolute=0.1 y-absolute=0.9",
			"textoverlay text=Room font-desc=Sans,30", "textoverlay text=Room font-desc=Sans,30px auto-resize=false", "textoverlay text=Room font-desc=Sans,24 auto-resize=false draw-outline=false draw-shadow=false",
			"textoverlay text=Room shaded-background=true valignment=top",
			"timeoverlay", "clockoverlay time-format=%H",
		} {
			t.Run(fmt.Sprintf("%dx%d %s", width, height, command), func(t *testing.T) {
				needElement(t, command)
				ours := written(show(t, command, gray(width, height)))
				data := gst(t, gray(width, height).Data(), fmt.Sprintf("rawvideoparse format=i420 width=%d height=%d framerate=1/1", width, height), command, "! video/x-raw,format=I420")
				picture, ok := i420.Over(data, width, height)
				if !ok {
					t.Fatalf("%d bytes", len(data))
				}
				theirs := written(&picture)
				for side, at := range ours {
					if off := at - theirs[side]; max(off, -off) > 4+width/100 {
						t.Errorf("ours is within %v, GStreamer's within %v", ours, theirs)
						break
					}
				}
			})
		}
	}
}
