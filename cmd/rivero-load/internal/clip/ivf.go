package clip

import (
	"encoding/binary"
	"fmt"
	"time"
)

// The IVF container (libvpx ivfdec.c): a 32 byte header, then per frame a 12 byte header (size, timestamp) and the data.
const (
	ivfFileHeader  = 32
	ivfFrameHeader = 12
)

func isIVF(data []byte) bool { return len(data) >= 4 && string(data[:4]) == "DKIF" }

func parseIVF(data []byte) ([]Frame, error) {
	if len(data) < ivfFileHeader {
		return nil, fmt.Errorf("%w: IVF header of %d bytes", ErrMalformed, len(data))
	}
	if codec := string(data[8:12]); codec != "VP80" {
		return nil, fmt.Errorf("%w: %q, want VP80", ErrCodec, codec)
	}
	headerSize := int(binary.LittleEndian.Uint16(data[6:]))
	rate := uint64(binary.LittleEndian.Uint32(data[16:]))
	scale := uint64(binary.LittleEndian.Uint32(data[20:]))
	if headerSize < ivfFileHeader || headerSize > len(data) || rate == 0 || scale == 0 {
		return nil, fmt.Errorf("%w: IVF header size %d, time base %d/%d", ErrMalformed, headerSize, scale, rate)
	}
	tick := float64(scale) / float64(rate) * float64(time.Second)
	var frames []Frame
	for data = data[headerSize:]; len(data) >= ivfFrameHeader; {
		size := uint64(binary.LittleEndian.Uint32(data))
		pts := float64(binary.LittleEndian.Uint64(data[4:]))
		data = data[ivfFrameHeader:]
		if size > uint64(len(data)) {
			break // cut off while being written: what is complete can be played
		}
		if at := pts * tick; size > 0 && at < float64(maxTime) {
			frames = append(frames, Frame{Time: time.Duration(at), Key: isVP8Key(data[:size]), Data: data[:size]})
		}
		data = data[size:]
	}
	return frames, nil
}
