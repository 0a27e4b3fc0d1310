package clip

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec/opus"
)

// What Synthesise makes: the rates of a browser's call, so that packet sizes and counts are those of real load.
const (
	synthLength    = 10 * time.Second
	synthFrameRate = 30
	synthKeyEvery  = 2 * synthFrameRate
	synthKeyWeight = 5 // size of a key frame, in inter frames
	synthWidth     = 640
	synthHeight    = 480
	synthOpusBytes = 160 // 64 kbit/s at 50 packets/s
	// synthOpusTOC says CELT, full band, 20 ms, stereo, one frame (RFC 6716 section 3.1).
	synthOpusTOC = 31<<3 | 1<<2
)

// Synthesise makes a clip of the given video bit rate (bit/s) whose frames have valid VP8 headers and random contents:
// it can be forwarded, counted and recorded, but not decoded. The same bit rate gives the same clip.
func Synthesise(bitrate int) *Clip {
	random := rand.New(rand.NewPCG(7741, uint64(bitrate)))
	frames := int(synthLength/time.Second) * synthFrameRate
	keys := frames / synthKeyEvery
	budget := float64(bitrate) / 8 * synthLength.Seconds()
	inter := budget / float64(frames+keys*(synthKeyWeight-1))

	c := &Clip{Name: fmt.Sprintf("synthetic %d kbit/s", bitrate/1000)}
	for i := range frames {
		key := i%synthKeyEvery == 0
		// Sizes vary as an encoder's do: that decides how full the last packet of a frame is.
		size := inter * (0.5 + random.Float64())
		if key {
			size = inter * synthKeyWeight
		}
		c.Video.Frames = append(c.Video.Frames, Frame{
			Time: time.Duration(i) * time.Second / synthFrameRate,
			Key:  key,
			Data: synthVP8(random, key, int(size)),
		})
	}
	c.Video.Period = synthLength
	for c.Audio.Period < synthLength {
		data := randomBytes(random, synthOpusBytes)
		data[0] = synthOpusTOC
		c.Audio.Frames = append(c.Audio.Frames, Frame{Time: c.Audio.Period, Data: data})
		c.Audio.Period += opus.Duration(data)
	}
	return c
}

// synthVP8 writes a frame tag and, in key frames, start code and dimensions (RFC 6386 section 9.1) over random bytes.
func synthVP8(random *rand.Rand, key bool, size int) []byte {
	const tagSize, keyHeaderSize, showFrame = 3, 10, 1 << 4
	data := randomBytes(random, max(size, keyHeaderSize))
	firstPartition := min((len(data)-keyHeaderSize)/4, 1<<19-1)
	tag := uint32(firstPartition)<<5 | showFrame
	if !key {
		tag |= 1
	}
	data[0], data[1], data[2] = byte(tag), byte(tag>>8), byte(tag>>16)
	if key {
		copy(data[tagSize:], []byte{0x9d, 0x01, 0x2a})
		binary.LittleEndian.PutUint16(data[6:], synthWidth)
		binary.LittleEndian.PutUint16(data[8:], synthHeight)
	}
	return data
}

func randomBytes(random *rand.Rand, n int) []byte {
	data := make([]byte, n+7)
	for i := 0; i < n; i += 8 {
		binary.LittleEndian.PutUint64(data[i:], random.Uint64())
	}
	return data[:n]
}
