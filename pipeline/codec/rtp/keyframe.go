package rtp

import "github.com/rivero-media/rivero/pipeline/media"

// StartsKeyFrame tells whether an RTP payload is the first of a frame that can be decoded without any before it. Of
// codecs that it does not know it says yes, so that nobody waits for ever for their key frames.
func StartsKeyFrame(codec string, payload []byte) bool {
	if len(payload) == 0 {
		return false
	}
	key := true
	switch codec {
	case media.VP8:
		_, key = vp8Unpacker{}.begins(payload)
	case media.VP9:
		_, key = vp9Begins(payload)
	case media.AV1:
		_, key = av1Begins(payload)
	case media.H264:
		_, key = h264Begins(payload, true)
	}
	return key
}
