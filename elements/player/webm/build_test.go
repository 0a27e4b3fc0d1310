package webm

import (
	"encoding/binary"
	"math"
)

// The tests build small files from these.

func el(id uint32, parts ...[]byte) []byte {
	var body []byte
	for _, p := range parts {
		body = append(body, p...)
	}
	return append(head(id, uint64(len(body))), body...)
}

// endless is an element without a size.
func endless(id uint32, parts ...[]byte) []byte {
	b := append(idBytes(id), 0xff)
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func head(id uint32, size uint64) []byte {
	return binary.BigEndian.AppendUint64(idBytes(id), 1<<56|size)
}

func idBytes(id uint32) (b []byte) {
	for shift := 24; shift >= 0; shift -= 8 {
		if c := byte(id >> shift); c != 0 || len(b) > 0 {
			b = append(b, c)
		}
	}
	return b
}

func num(id uint32, v uint64) []byte { return el(id, binary.BigEndian.AppendUint64(nil, v)) }

func float(id uint32, v float64) []byte { return num(id, math.Float64bits(v)) }

func text(id uint32, s string) []byte { return el(id, []byte(s)) }

func ebmlHeader(docType string) []byte { return el(idEBML, text(idDocType, docType)) }

// Track 1 is VP8, track 2 Opus, track 3 subtitles.
var (
	videoTrack = el(idTrackEntry, num(idTrackNumber, 1), num(idTrackType, typeVideo), text(idCodecID, "V_VP8"),
		el(idVideo, num(idPixelWidth, 320), num(idPixelHeight, 240)))
	audioTrack = el(idTrackEntry, num(idTrackNumber, 2), num(idTrackType, typeAudio), text(idCodecID, "A_OPUS"),
		el(idAudio, float(idSamplingRate, 48000), num(idChannels, 2)))
	textTrack = el(idTrackEntry, num(idTrackNumber, 3), num(idTrackType, 0x11), text(idCodecID, "S_TEXT/UTF8"))
	tracks    = el(idTracks, videoTrack, audioTrack, textTrack)
	info      = el(idInfo, num(idTimestampScale, 1_000_000), float(idDuration, 1500))
)

func simple(track byte, at int16, flags byte, data string) []byte {
	return el(idSimpleBlock, blockBytes(track, at, flags, data))
}

func blockBytes(track byte, at int16, flags byte, data string) []byte {
	b := []byte{0x80 | track}
	b = binary.BigEndian.AppendUint16(b, uint16(at))
	return append(append(b, flags), data...)
}

func group(parts ...[]byte) []byte { return el(idBlockGroup, parts...) }

func cluster(at uint64, parts ...[]byte) []byte {
	return el(idCluster, append([][]byte{num(idTimestamp, at)}, parts...)...)
}

func endlessCluster(at uint64, parts ...[]byte) []byte {
	return endless(idCluster, append([][]byte{num(idTimestamp, at)}, parts...)...)
}

func file(parts ...[]byte) []byte {
	return append(ebmlHeader("webm"), el(idSegment, parts...)...)
}

func liveFile(parts ...[]byte) []byte {
	return append(ebmlHeader("webm"), endless(idSegment, parts...)...)
}

const voidID = 0xec
