package webm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// show writes frames as "track@ms data", with * for a key frame.
func show(f Frame) string {
	key := ""
	if f.Key {
		key = "*"
	}
	return fmt.Sprintf("%d@%d%s %s", f.Track, f.PTS.Milliseconds(), key, f.Data)
}

func readAll(d *Reader) (frames []string, err error) {
	for {
		f, err := d.Next()
		if err != nil {
			return frames, err
		}
		frames = append(frames, show(f))
	}
}

// 20 ms and 60 ms of Opus, by their first byte.
const (
	opus20 = "\x78"
	opus60 = "\x18"
)

var files = []struct {
	name string
	data []byte
	want []string
	err  error // of Next after the frames, io.EOF if nil
}{
	{
		name: "simple blocks",
		data: file(info, tracks, cluster(1000, simple(1, 0, 0x80, "key"), simple(2, -5, 0, "a"), simple(1, 33, 0, "inter"))),
		want: []string{"0@1000* key", "1@995* a", "0@1033 inter"},
	},
	{
		name: "everything of unknown size",
		data: liveFile(info, tracks, endlessCluster(0, simple(1, 0, 0x80, "k")), endlessCluster(40, simple(1, 0, 0, "v")), el(idTags), endlessCluster(80, simple(1, 0, 0, "w"))),
		want: []string{"0@0* k", "0@40 v", "0@80 w"},
	},
	{
		name: "block groups",
		data: file(info, tracks, cluster(0, group(el(idBlock, blockBytes(1, 0, 0, "k"))), group(num(0x9b, 40), el(idReferenceBlock, []byte{0xd8}), el(idBlock, blockBytes(1, 40, 0, "v"))))),
		want: []string{"0@0* k", "0@40 v"},
	},
	{
		name: "other tracks and elements are passed over",
		data: file(el(voidID, make([]byte, 70000)), info, tracks, el(idCues), cluster(0, el(voidID), simple(3, 0, 0, "text"), simple(9, 0, 0, "?"), simple(1, 0, 0x80, "k"))),
		want: []string{"0@0* k"},
	},
	{
		name: "Xiph lacing",
		data: file(info, tracks, cluster(0, simple(2, 0, 0x02, "\x02\x02\x01"+opus20+"A"+opus20+opus60+"rest"))),
		want: []string{"1@0* " + opus20 + "A", "1@20* " + opus20, "1@40* " + opus60 + "rest"},
	},
	{
		name: "long Xiph size",
		data: file(info, tracks, cluster(0, simple(2, 0, 0x02, "\x01\xff\x01"+strings.Repeat(opus20, 256)+"b"))),
		want: []string{"1@0* " + strings.Repeat(opus20, 256), "1@20* b"},
	},
	{
		name: "fixed lacing",
		data: file(info, tracks, cluster(0, simple(2, 0, 0x04, "\x01"+opus60+"A"+opus60+"B"))),
		want: []string{"1@0* " + opus60 + "A", "1@60* " + opus60 + "B"},
	},
	{
		name: "EBML lacing",
		data: file(info, tracks, cluster(0, simple(2, 0, 0x06, "\x03\x82\xc0\xbe"+opus20+"A"+opus20+"BB"+opus20+"C"+opus20))),
		want: []string{"1@0* " + opus20 + "A", "1@20* " + opus20 + "BB", "1@40* " + opus20 + "C", "1@60* " + opus20},
	},
	{
		name: "no cluster",
		data: file(info, tracks),
	},
	{
		name: "a second file behind the first",
		data: append(liveFile(info, tracks, endlessCluster(0, simple(1, 0, 0x80, "k"))), liveFile(info, tracks)...),
		want: []string{"0@0* k"},
	},
	{
		name: "cut in a block",
		data: cutTail(file(info, tracks, cluster(0, simple(1, 0, 0x80, "k"), simple(1, 40, 0, "inter"))), 2),
		want: []string{"0@0* k"},
		err:  ErrTruncated,
	},
	{
		name: "cut between blocks",
		data: cutTail(file(info, tracks, cluster(0, simple(1, 0, 0x80, "k"), simple(1, 40, 0, "v"))), len(simple(1, 40, 0, "v"))),
		want: []string{"0@0* k"},
		err:  ErrTruncated,
	},
	{
		name: "cut between clusters of a segment without size",
		data: liveFile(info, tracks, cluster(0, simple(1, 0, 0x80, "k"))),
		want: []string{"0@0* k"},
	},
	{
		name: "cut in an element's head",
		data: append(liveFile(info, tracks, cluster(0, simple(1, 0, 0x80, "k"))), 0x1f, 0x43),
		want: []string{"0@0* k"},
		err:  ErrTruncated,
	},
	{
		name: "a lace larger than its block",
		data: file(info, tracks, cluster(0, simple(1, 0, 0x80, "k"), simple(2, 0, 0x02, "\x01\x09a"))),
		want: []string{"0@0* k"},
		err:  ErrFormat,
	},
	{
		name: "a lace without a count",
		data: file(info, tracks, cluster(0, simple(2, 0, 0x04, ""))),
		err:  ErrFormat,
	},
	{
		name: "fixed lacing that does not divide",
		data: file(info, tracks, cluster(0, simple(2, 0, 0x04, "\x01abc"))),
		err:  ErrFormat,
	},
	{
		name: "EBML lacing below zero",
		data: file(info, tracks, cluster(0, simple(2, 0, 0x06, "\x02\x81\x80abc"))),
		err:  ErrFormat,
	},
	{
		name: "a block beyond the limit",
		data: file(info, tracks, cluster(0, head(idSimpleBlock, maxBlock+1))),
		err:  ErrFormat,
	},
	{
		name: "a block that claims 30 MB",
		data: liveFile(info, tracks, endlessCluster(0, head(idSimpleBlock, 30<<20), []byte("abc"))),
		err:  ErrTruncated,
	},
	{
		name: "a block too short",
		data: file(info, tracks, cluster(0, el(idSimpleBlock, []byte{0x81, 0}))),
		err:  ErrFormat,
	},
	{
		name: "a group without a block",
		data: file(info, tracks, cluster(0, group(num(0x9b, 1)))),
		err:  ErrFormat,
	},
	{
		name: "a block outside of a cluster",
		data: file(info, tracks, cluster(0), simple(1, 0, 0x80, "k")),
		err:  ErrFormat,
	},
	{
		name: "cluster time beyond all bounds",
		data: file(info, tracks, cluster(1<<62, simple(1, 0, 0x80, "k"))),
		err:  ErrFormat,
	},
}

func cutTail(b []byte, n int) []byte { return b[:len(b)-n] }

// streamed hides that a reader can seek.
type streamed struct{ io.Reader }

func TestReader(t *testing.T) {
	for _, tt := range files {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range []io.Reader{bytes.NewReader(tt.data), streamed{bytes.NewReader(tt.data)}} {
				d, err := NewReader(r)
				if err != nil {
					t.Fatal(err)
				}
				got, err := readAll(d)
				want := tt.err
				if want == nil {
					want = io.EOF
				}
				if !slices.Equal(got, tt.want) || !errors.Is(err, want) {
					t.Errorf("%q, %v; want %q, %v", got, err, tt.want, want)
				}
				if _, again := d.Next(); again == nil {
					t.Error("a frame after the end")
				}
			}
		})
	}
}

func TestNewReaderRefuses(t *testing.T) {
	many := make([][]byte, maxTracks+1)
	for i := range many {
		many[i] = textTrack
	}
	tests := []struct {
		name string
		data []byte
		want error
	}{
		{"nothing", nil, ErrTruncated},
		{"text", []byte("hello world, this is no film"), ErrFormat},
		{"zeros", make([]byte, 100), ErrFormat},
		{"another document type", append(ebmlHeader("other"), el(idSegment, tracks)...), ErrFormat},
		{"only the header", ebmlHeader("webm"), ErrTruncated},
		{"no tracks", file(info, cluster(0)), ErrFormat},
		{"cut before the tracks", cutTail(file(info, tracks), 10), ErrTruncated},
		{"a header element beyond the limit", file(head(idTracks, maxMaster+1)), ErrFormat},
		{"a header element without a size", file(endless(idTracks, videoTrack)), ErrFormat},
		{"an unknown element without a size", file(endless(0x4444, videoTrack)), ErrFormat},
		{"too many tracks", file(el(idTracks, many...)), ErrFormat},
		{"time without unit", file(el(idInfo, num(idTimestampScale, 0)), tracks), ErrFormat},
		{"a child larger than its parent", file(el(idTracks, head(idTrackEntry, 100))), ErrFormat},
	}
	for _, tt := range tests {
		if _, err := NewReader(bytes.NewReader(tt.data)); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestTracks(t *testing.T) {
	encrypted := el(idTrackEntry, num(idTrackNumber, 4), num(idTrackType, typeVideo), text(idCodecID, "V_VP8"), el(idContentEncodings))
	mislabelled := el(idTrackEntry, num(idTrackNumber, 5), num(idTrackType, typeAudio), text(idCodecID, "V_VP8"))
	date := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	d, err := NewReader(bytes.NewReader(file(
		el(idInfo, float(idDuration, 1500), num(idDateUTC, uint64(date.Sub(epoch)))),
		el(idTracks, videoTrack, audioTrack, textTrack, encrypted, mislabelled),
	)))
	if err != nil {
		t.Fatal(err)
	}
	if d.Duration() != 1500*time.Millisecond || !d.Date().Equal(date) {
		t.Errorf("duration %v, date %v", d.Duration(), d.Date())
	}
	got := d.Tracks()
	if v := got[0]; v.Codec != "VP8" || v.Width != 320 || v.Height != 240 {
		t.Errorf("video: %+v", v)
	}
	if a := got[1]; a.Codec != "opus" || a.SampleRate != 48000 || a.Channels != 2 {
		t.Errorf("audio: %+v", a)
	}
	for _, other := range got[2:] {
		if f, ok := other.Format(); ok {
			t.Errorf("track %d %s claims to be %v", other.Number, other.CodecID, f)
		}
	}
}

// indexedFile has a key frame each second, and sound beside it.
func indexedFile(withCues bool) []byte {
	var clusters [][]byte
	for i := range uint64(5) {
		at := fmt.Sprint(i)
		clusters = append(clusters, cluster(1000*i, simple(2, 0, 0, "a"+at), simple(1, 0, 0x80, "k"+at), simple(1, 500, 0, "v"+at), simple(2, 500, 0, "b"+at)))
	}
	if !withCues {
		return liveFile(append([][]byte{info, tracks}, clusters...)...)
	}
	// The index stands at the end; the SeekHead says where, relative to the segment's data.
	seekHead := func(position uint64) []byte {
		return el(idSeekHead, el(idSeek, el(idSeekID, idBytes(idCues)), num(idSeekPosition, position)))
	}
	position := uint64(len(seekHead(0)) + len(info) + len(tracks))
	var points [][]byte
	for i, c := range clusters {
		points = append(points,
			el(idCuePoint, num(idCueTime, uint64(1000*i)), el(idCueTrackPositions, num(idCueTrack, 1), num(idCueClusterPosition, position))),
			el(idCuePoint, num(idCueTime, uint64(1000*i+500)), el(idCueTrackPositions, num(idCueTrack, 2), num(idCueClusterPosition, position))))
		position += uint64(len(c))
	}
	parts := append([][]byte{seekHead(position), info, tracks}, clusters...)
	return file(append(parts, el(idCues, points...))...)
}

func TestSeek(t *testing.T) {
	brokenCues := bytes.Replace(indexedFile(true), idBytes(idCues), []byte{0x1c, 0x53, 0xbb, 0x6c}, 2)
	for name, data := range map[string][]byte{"with index": indexedFile(true), "without": indexedFile(false), "broken index": brokenCues} {
		d, err := NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		for _, to := range []struct {
			at   time.Duration
			want string
		}{{2700, "2"}, {0, "0"}, {999, "0"}, {1000, "1"}, {99000, "4"}, {-5, "0"}, {3001, "3"}} {
			if err := d.Seek(to.at * time.Millisecond); err != nil {
				t.Fatalf("%s: to %d ms: %v", name, to.at, err)
			}
			for _, want := range []string{"a", "k", "v", "b"} {
				f, err := d.Next()
				if err != nil || string(f.Data) != want+to.want {
					t.Errorf("%s: to %d ms: %q, %v; want %s", name, to.at, f.Data, err, want+to.want)
				}
			}
		}
	}
}

func TestSeekDropsWhatCannotBeDecoded(t *testing.T) {
	data := liveFile(info, tracks, cluster(0, simple(1, 0, 0x80, "k0")), cluster(1000, simple(1, 0, 0, "v1"), simple(2, 100, 0, "a"), simple(1, 200, 0x80, "k1")))
	d, err := NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Seek(2 * time.Second); err != nil {
		t.Fatal(err)
	}
	if got, _ := readAll(d); !slices.Equal(got, []string{"1@1100* a", "0@1200* k1"}) {
		t.Errorf("%q", got)
	}
}

func TestSeekInStream(t *testing.T) {
	d, err := NewReader(streamed{bytes.NewReader(indexedFile(true))})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Seek(0); d.Seekable() || !errors.Is(err, ErrSeek) {
		t.Errorf("%v", err)
	}
}

func TestSeekToLyingIndex(t *testing.T) {
	data := bytes.ReplaceAll(indexedFile(true), idBytes(idCluster), idBytes(idTags)) // there is no cluster where the index says
	copy(data[bytes.Index(data, idBytes(idTags)):], idBytes(idCluster))              // but the first
	d, err := NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Seek(3 * time.Second); !errors.Is(err, ErrSeek) {
		t.Errorf("%v", err)
	}
	if err := d.Seek(0); err != nil {
		t.Errorf("a good place after a bad one: %v", err)
	}
}

func FuzzReader(f *testing.F) {
	for _, tt := range files {
		f.Add(tt.data)
	}
	f.Add(indexedFile(true))
	f.Add(indexedFile(false))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, r := range []io.Reader{bytes.NewReader(data), streamed{bytes.NewReader(data)}} {
			d, err := NewReader(r)
			if err != nil {
				continue
			}
			drain := func() {
				for range 10000 {
					if _, err := d.Next(); err != nil {
						return
					}
				}
			}
			drain()
			for _, at := range []time.Duration{0, time.Second, time.Hour} {
				if d.Seek(at) == nil {
					drain()
				}
			}
		}
	})
}

func TestReaderDoesNotAllocatePerFrame(t *testing.T) {
	var blocks [][]byte
	for i := range int16(2000) {
		blocks = append(blocks, simple(1, i, 0x80, "some data"))
	}
	d, err := NewReader(bytes.NewReader(file(info, tracks, cluster(0, blocks...))))
	if err != nil {
		t.Fatal(err)
	}
	n := testing.AllocsPerRun(1000, func() {
		if _, err := d.Next(); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations per frame", n)
	}
}
