package conf

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Codec is one entry of a codec list, written as in the rtpmap attribute of SDP
// (RFC 8866 section 6.6).
type Codec struct {
	Name      string
	ClockRate uint32 // Hz
	Channels  uint8  // 0 when not written
}

// String returns the codec as it stands in a file, such as opus/48000/2.
func (c Codec) String() string {
	if c.Channels == 0 {
		return fmt.Sprintf("%s/%d", c.Name, c.ClockRate)
	}
	return fmt.Sprintf("%s/%d/%d", c.Name, c.ClockRate, c.Channels)
}

// maxCodecs bounds a list: payload types would run out long before.
const maxCodecs = 64

// codecList parses a list of {"name": "opus/48000/2"}. Entries that are wrong are left
// out and reported; other members of an entry (Kurento's "properties") are not used.
func codecList(text string) ([]Codec, error) {
	var entries []json.RawMessage
	if err := json.Unmarshal([]byte(text), &entries); err != nil {
		return nil, errors.New(`want a list of {"name": "VP8/90000"}`)
	}
	if len(entries) > maxCodecs {
		return nil, fmt.Errorf("%d codecs are too many, at most %d", len(entries), maxCodecs)
	}
	codecs := make([]Codec, 0, len(entries))
	var wrong []string
	for i, entry := range entries {
		codec, err := parseCodecEntry(entry)
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("entry %d is left out: %v", i+1, err))
			continue
		}
		codecs = append(codecs, codec)
	}
	if wrong != nil {
		return codecs, adjusted("%s", strings.Join(wrong, "; "))
	}
	return codecs, nil
}

func parseCodecEntry(entry json.RawMessage) (Codec, error) {
	var fields struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(entry, &fields); err != nil {
		return Codec{}, errors.New(`want {"name": "VP8/90000"}`)
	}
	return parseCodec(fields.Name)
}

func parseCodec(text string) (Codec, error) {
	parts := strings.Split(text, "/")
	if len(parts) < 2 || len(parts) > 3 || !isEncodingName(parts[0]) {
		return Codec{}, fmt.Errorf("%s is not a codec, want name/clockrate or name/clockrate/channels", quoted(text))
	}
	rate, err := strconv.ParseUint(parts[1], 10, 32)
	if err != nil || rate == 0 {
		return Codec{}, fmt.Errorf("%s has no clock rate in Hz", quoted(text))
	}
	codec := Codec{Name: parts[0], ClockRate: uint32(rate)}
	if len(parts) == 3 {
		channels, err := strconv.ParseUint(parts[2], 10, 8)
		if err != nil || channels == 0 {
			return Codec{}, fmt.Errorf("%s has no number of channels", quoted(text))
		}
		codec.Channels = uint8(channels)
	}
	return codec, nil
}

// isEncodingName keeps out of SDP what would break its lines.
func isEncodingName(name string) bool {
	return name != "" && strings.IndexFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.+", r))
	}) < 0
}
