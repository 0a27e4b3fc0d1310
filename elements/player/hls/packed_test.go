package hls

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/media"
)

// stampTag is an ID3 tag as packagers put it in front of a segment (§3.4).
func stampTag(stamp uint64) []byte {
	data := binary.BigEndian.AppendUint64([]byte(stampOwner+"\x00"), stamp)
	frame := append([]byte{'P', 'R', 'I', 'V', 0, 0, 0, byte(len(data)), 0, 0}, data...)
	return append([]byte{'I', 'D', '3', 4, 0, 0, 0, 0, 0, byte(len(frame))}, frame...)
}

// sound6 is packed audio of six seconds in segments of two, with time stamps from one on unless it is negative.
func sound6(t *testing.T, file string, split demux.Split, begin int64, options ...string) files {
	t.Helper()
	args := append(fftest.Pattern(6*time.Second, 6*time.Second, "160x120", 25), "-vn")
	data := load(t, fftest.Make(t, file, append(args, options...)...))
	f := files{}
	list := "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
	var at time.Duration
	for i := range 3 {
		var segment []byte
		if begin >= 0 {
			segment = stampTag(uint64(begin+demux.Units(at, demux.StampClock)) % demux.StampWrap)
		}
		from := at
		for len(data) > 0 && (i == 2 || at < time.Duration(i+1)*2*time.Second) {
			_, size, length, _ := split(data)
			segment = append(segment, data[:size]...)
			data = data[size:]
			at += length
		}
		name := fmt.Sprintf("%d.%s", i, file)
		f["/"+name] = segment
		list += fmt.Sprintf("#EXTINF:%f,\n%s\n", (at - from).Seconds(), name)
	}
	f["/list.m3u8"] = []byte(list + "#EXT-X-ENDLIST\n")
	return f
}

// Packed audio plays, also without time stamps and where they begin anew.
func TestPackedAudio(t *testing.T) {
	for name, c := range map[string]struct {
		begin   int64
		file    string
		split   demux.Split
		options []string
		codec   string
		frames  int
	}{
		"AAC":                     {900_000, "sound.aac", demux.SplitADTS, []string{"-c:a", "aac"}, media.AAC, 282},
		"MP3":                     {900_000, "sound.mp3", demux.SplitMP3, []string{"-c:a", "libmp3lame", "-write_xing", "0", "-id3v2_version", "0"}, media.MP3, 250},
		"stamps that begin anew":  {demux.StampWrap - 270_000, "sound.aac", demux.SplitADTS, []string{"-c:a", "aac"}, media.AAC, 282},
		"no stamps":               {-1, "sound.aac", demux.SplitADTS, []string{"-c:a", "aac"}, media.AAC, 282},
		"MP3 of variable bitrate": {0, "sound.mp3", demux.SplitMP3, []string{"-c:a", "libmp3lame", "-q:a", "4", "-write_xing", "0", "-id3v2_version", "0"}, media.MP3, 250},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := open(t, sound6(t, c.file, c.split, c.begin, c.options...), "/list.m3u8")
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Tracks()[0].Format.Codec; got != c.codec || len(r.Tracks()) != 1 {
				t.Errorf("tracks %v", r.Tracks())
			}
			read(t, r)[media.Audio].check(t, "sound", c.frames, 0, 5980*time.Millisecond)
			if err := r.Seek(4500 * time.Millisecond); err != nil {
				t.Fatal(err)
			}
			read(t, r)[media.Audio].check(t, "sound after the seek", c.frames/3, 4*time.Second, 5980*time.Millisecond)
		})
	}
}

// Pictures in MPEG-TS and packed audio of a playlist of its own are one time line by their stamps.
func TestPackedAudioBesidePictures(t *testing.T) {
	const late = 500 * time.Millisecond
	pictures := make6(t, append(x264[:len(x264):len(x264)], "-bf", "0", "-an", "-muxdelay", "0", "-muxpreload", "0")...)
	sound := sound6(t, "sound.aac", demux.SplitADTS, demux.Units(late, demux.StampClock), "-c:a", "aac")
	mux := http.NewServeMux()
	mux.Handle("/pictures/", http.StripPrefix("/pictures", http.FileServer(http.Dir(pictures))))
	mux.Handle("/sound/", http.StripPrefix("/sound", sound))
	mux.Handle("/master.m3u8", files{"/master.m3u8": []byte("#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"one\",DEFAULT=YES,URI=\"sound/list.m3u8\"\n" +
		"#EXT-X-STREAM-INF:BANDWIDTH=100,AUDIO=\"a\",CODECS=\"avc1.42e00a,mp4a.40.2\"\npictures/list.m3u8\n")})
	r, err := open(t, mux, "/master.m3u8")
	if err != nil {
		t.Fatal(err)
	}
	all := read(t, r)
	all[media.Video].check(t, "video", 150, 0, 5960*time.Millisecond)
	all[media.Audio].check(t, "sound", 282, late, 5980*time.Millisecond+late)
}

func TestPackedAudioRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"AC-3":           {slices.Concat(stampTag(0), []byte{0x0b, 0x77}, make([]byte, 100)), "begins with 0b770000"},
		"AAC Main":       {[]byte("ID3\x04\x00\x00\x00\x00\x00\x00\xff\xf1\x10\x80\x20\x00\x00\x00\x00\x00"), "not AAC LC"},
		"nothing behind": {stampTag(0), "cut off"},
		"half a tag":     {stampTag(0)[:20], "cut off"},
	} {
		_, err := open(t, files{"/a": c.data, "/list.m3u8": []byte("#EXTM3U\n#EXTINF:1,\na\n#EXT-X-ENDLIST")}, "/list.m3u8")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func FuzzPacked(f *testing.F) {
	adts := []byte{0xff, 0xf1, 0x50, 0x80, 0x01, 0x7f, 0xfc, 1, 2, 3, 4}
	mp3 := append([]byte{0xff, 0xfb, 0x90, 0}, make([]byte, 413)...)
	f.Add(slices.Concat(stampTag(1<<33-1), adts, stampTag(5), adts, adts))
	f.Add(slices.Concat(mp3, stampTag(90000), mp3))
	f.Add([]byte("ID3\x03\x00\x40\x00\x00\x00\x14\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00PRIV\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := newPacked(demux.NewSource(bytes.NewReader(data)), 0)
		if err != nil {
			return
		}
		total := 0
		for {
			frame, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return
			}
			if total += len(frame.Data); len(frame.Data) == 0 || total > len(data) {
				t.Fatalf("%d bytes of frames from %d", total, len(data))
			}
		}
	})
}
