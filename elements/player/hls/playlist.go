package hls

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
)

// Limits on playlists.
const (
	maxPlaylist = 8 << 20 // bytes: some 80000 segments
	maxSegments = 100_000
	maxVariants = 256 // and as many alternatives
)

// playlist is a playlist of one of the two kinds (RFC 8216 §4.1): segments, or variants that have playlists of their own.
type playlist struct {
	variants []variant
	audios   []alternative

	segments []segment
	first    int64 // number of the first segment
	target   time.Duration
	ended    bool // nothing is added any more
}

// variant is one of the streams to choose from (§4.3.4.2).
type variant struct {
	uri       string
	bandwidth int // bit/s
	codecs    []string
	audio     string // group of its sound, "": in the variant itself
}

// alternative is a rendition of sound (§4.3.4.1).
type alternative struct {
	group, uri string // without a URI it is in the variants themselves
	preferred  bool
}

// segment is one piece of the stream.
type segment struct {
	part
	key    key
	init   *section // that a decoder needs before it (§4.3.2.5), nil: none
	length time.Duration
	begin  time.Duration // from the first segment of the playlist
	clock  int64         // number of the discontinuities before it: segments of one number share a time line
	gap    bool          // is not there (EXT-X-GAP)
}

// section is a Media Initialization Section (§4.3.2.5). Where its key has no IV it is not encrypted: it has no number to take for one.
type section struct {
	part
	key key
}

// part is what a request asks for.
type part struct {
	uri          string
	offset, size int64 // size 0: everything
}

// scanner is what lines of a playlist say about the lines after them.
type scanner struct {
	*playlist
	length  time.Duration
	timed   bool // length is said
	init    *section
	keys    keys
	clock   int64
	gap     bool
	ranged  part // of EXT-X-BYTERANGE
	total   time.Duration
	variant *variant
}

// parse reads a playlist (RFC 8216 §4). Tags that it does not know are passed over.
func parse(text []byte) (*playlist, error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if !bytes.HasPrefix(text, []byte("#EXTM3U")) {
		return nil, fmt.Errorf("%w: a playlist begins with #EXTM3U, not %.20q", demux.ErrFormat, text)
	}
	s := scanner{playlist: &playlist{}}
	n := 0
	for line := range bytes.Lines(text) {
		n++
		text := strings.TrimSpace(string(line))
		var err error
		switch tag, value, _ := strings.Cut(text, ":"); {
		case text == "":
		case strings.HasPrefix(text, "#EXT"):
			err = s.tag(tag, value)
		case strings.HasPrefix(text, "#"):
		default:
			err = s.uri(text)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: line %d of the playlist: %w", demux.ErrFormat, n, err)
		}
	}
	return s.playlist, nil
}

func (s *scanner) tag(tag, value string) (err error) {
	switch tag {
	case "#EXTINF":
		text, _, _ := strings.Cut(value, ",")
		s.length, err = seconds(text)
		s.timed = true
	case "#EXT-X-TARGETDURATION":
		s.target, err = seconds(value)
	case "#EXT-X-MEDIA-SEQUENCE":
		s.first, err = number(value)
	case "#EXT-X-DISCONTINUITY-SEQUENCE":
		s.clock, err = number(value)
	case "#EXT-X-DISCONTINUITY":
		s.clock++
	case "#EXT-X-GAP":
		s.gap = true
	case "#EXT-X-ENDLIST":
		s.ended = true
	case "#EXT-X-BYTERANGE":
		s.ranged, err = byteRange(value)
	case "#EXT-X-MAP":
		s.init, err = s.section(attributes(value))
	case "#EXT-X-KEY":
		err = s.keys.set(attributes(value))
	case "#EXT-X-STREAM-INF":
		a := attributes(value)
		v := variant{audio: a["AUDIO"]}
		if c := a["CODECS"]; c != "" {
			v.codecs = strings.Split(c, ",")
		}
		if v.bandwidth, err = strconv.Atoi(a["BANDWIDTH"]); err != nil {
			err = fmt.Errorf("bandwidth %.20q", a["BANDWIDTH"])
		}
		s.variant = &v
	case "#EXT-X-MEDIA":
		if a := attributes(value); a["TYPE"] == "AUDIO" && len(s.audios) < maxVariants {
			s.audios = append(s.audios, alternative{group: a["GROUP-ID"], uri: a["URI"], preferred: a["DEFAULT"] == "YES"})
		}
	}
	return err
}

// section reads an EXT-X-MAP.
func (s *scanner) section(a map[string]string) (*section, error) {
	var p part
	if r := a["BYTERANGE"]; r != "" {
		var err error
		if p, err = byteRange(r); err != nil {
			return nil, err
		}
		p.offset = max(p.offset, 0)
	}
	p.uri = a["URI"]
	k, err := s.keys.current()
	if !k.given {
		k = key{}
	}
	return &section{part: p, key: k}, err
}

// uri is reached at a line that is none of the tags: a segment, or a variant when its tag came before.
func (s *scanner) uri(text string) error {
	if v := s.variant; v != nil {
		if s.variant = nil; len(s.variants) == maxVariants {
			return fmt.Errorf("more than %d variants", maxVariants)
		}
		v.uri = text
		s.variants = append(s.variants, *v)
		return nil
	}
	if len(s.segments) == maxSegments {
		return fmt.Errorf("more than %d segments", maxSegments)
	}
	if !s.timed {
		return fmt.Errorf("segment %.60q without #EXTINF", text)
	}
	p := s.ranged
	if p.uri = text; p.offset < 0 { // behind the range before (§4.3.2.2)
		n := len(s.segments)
		if n == 0 || s.segments[n-1].uri != text {
			return errors.New("a byte range that follows nothing")
		}
		p.offset = s.segments[n-1].offset + s.segments[n-1].size
	}
	k, err := s.keys.current()
	if err != nil {
		return err
	}
	number := s.first + int64(len(s.segments))
	s.segments = append(s.segments, segment{part: p, key: k.forSegment(number), init: s.init, length: s.length, begin: s.total, clock: s.clock, gap: s.gap})
	s.total += s.length
	s.ranged, s.gap, s.timed = part{}, false, false
	return nil
}

// seconds reads a length; a day is the most, so that sums stay in range.
func seconds(text string) (time.Duration, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !(v >= 0 && v <= 86400) {
		return 0, fmt.Errorf("a length of %.20q seconds", text)
	}
	return time.Duration(v * float64(time.Second)), nil
}

func number(text string) (int64, error) {
	v, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || v < 0 || v > math.MaxInt64/2 {
		return 0, fmt.Errorf("a number %.20q", text)
	}
	return v, nil
}

// byteRange reads n[@o]; offset -1: not said.
func byteRange(text string) (part, error) {
	size, at, said := strings.Cut(text, "@")
	n, err := number(size)
	if err != nil || n == 0 {
		return part{}, fmt.Errorf("byte range %.40q", text)
	}
	p := part{size: n, offset: -1}
	if said {
		p.offset, err = number(at)
	}
	return p, err
}

// attributes reads a list of names with values (§4.2).
func attributes(text string) map[string]string {
	list := map[string]string{}
	for text != "" {
		name, rest, found := strings.Cut(text, "=")
		if !found {
			break
		}
		var value string
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			value, rest, _ = strings.Cut(quoted, `"`)
			_, rest, _ = strings.Cut(rest, ",")
		} else {
			value, rest, _ = strings.Cut(rest, ",")
		}
		list[strings.TrimSpace(name)] = strings.TrimSpace(value)
		text = rest
	}
	return list
}

// length is that of all segments.
func (p *playlist) length() time.Duration {
	if n := len(p.segments); n > 0 {
		return p.segments[n-1].begin + p.segments[n-1].length
	}
	return 0
}

// empty is the error of a playlist without segments.
func (p *playlist) empty() error {
	if len(p.segments) == 0 {
		return fmt.Errorf("%w: a playlist without segments", demux.ErrFormat)
	}
	return nil
}

// at is the segment of a time.
func (p *playlist) at(t time.Duration) int {
	i := 0
	for i+1 < len(p.segments) && p.segments[i+1].begin <= t {
		i++
	}
	return i
}

// beginning is the segment that playing begins with.
func (p *playlist) beginning() int {
	if p.ended {
		return 0
	}
	return p.live()
}

// live is the segment that playing a live stream begins with: three target durations from the end (§6.3.3).
func (p *playlist) live() int {
	left := 3 * p.target
	for i := len(p.segments) - 1; i > 0; i-- {
		if left -= p.segments[i].length; left <= 0 {
			return i
		}
	}
	return 0
}

// playable are the beginnings of names of codecs (RFC 6381) that a pipeline knows.
var playable = []string{"avc1", "avc3", "hvc1", "hev1", "vp08", "vp09", "av01", "mp4a", "opus", "mp3"}

// ranked are the variants that can be chosen from, the one to be played first: the highest bandwidth among those of which everything can
// be played, or among all when there is none of these. Of several of one bandwidth the first (§6.2.4: the others are for when it fails).
func (p *playlist) ranked() []variant {
	known := slices.DeleteFunc(slices.Clone(p.variants), func(v variant) bool { return !v.known() })
	if len(known) == 0 {
		known = slices.Clone(p.variants)
	}
	slices.SortStableFunc(known, func(a, b variant) int { return cmp.Compare(b.bandwidth, a.bandwidth) })
	return known
}

func (v variant) known() bool {
	for _, c := range v.codecs {
		found := false
		for _, name := range playable {
			found = found || strings.HasPrefix(strings.ToLower(strings.TrimSpace(c)), name)
		}
		if !found {
			return false
		}
	}
	return true
}

// sound is the URI of a variant's sound when it has a playlist of its own, else "".
func (p *playlist) sound(v variant) string {
	uri, preferred := "", false
	for _, a := range p.audios {
		if v.audio == "" || a.group != v.audio || preferred || uri != "" && !a.preferred {
			continue
		}
		if uri, preferred = a.uri, a.preferred; uri == "" {
			return "" // the one that is chosen is in the variant
		}
	}
	return uri
}
