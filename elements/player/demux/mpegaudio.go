package demux

// MPEGAudio is the header of an MPEG audio frame (ISO/IEC 11172-3 §2.4.2.3, ISO/IEC 13818-3).
type MPEGAudio struct {
	Rate, Channels int
	Samples        int // of each channel in a frame
	Size           int // in bytes, header included
	Bitrate        int // bit/s
	Side           int // where the layer's side information ends: there a Xing header would begin
}

// kbit/s of layer III by its index, for MPEG-1 and for MPEG-2 and 2.5.
var mp3Rates = [2][15]int{
	{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
	{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
}

var mpegSampleRates = [3]int{44100, 48000, 32000} // halved for MPEG-2, and again for 2.5

// ParseMP3 reads the header of a layer III frame; false when it is none, or one of free format.
func ParseMP3(b []byte) (MPEGAudio, bool) {
	if len(b) < 4 || b[0] != 0xff || b[1]&0xe0 != 0xe0 {
		return MPEGAudio{}, false
	}
	version, layer := b[1]>>3&3, b[1]>>1&3
	rate, frequency := b[2]>>4, b[2]>>2&3
	if version == 1 || layer != 1 || rate == 0 || rate == 15 || frequency == 3 {
		return MPEGAudio{}, false
	}
	h := MPEGAudio{Rate: mpegSampleRates[frequency], Channels: 2, Samples: 1152}
	mono := b[3]>>6 == 3
	if mono {
		h.Channels = 1
	}
	kbits := mp3Rates[0][rate]
	switch {
	case version == 3 && mono:
		h.Side = 4 + 17
	case version == 3:
		h.Side = 4 + 32
	default:
		kbits = mp3Rates[1][rate]
		h.Samples, h.Rate, h.Side = 576, h.Rate/2, 4+17
		if mono {
			h.Side = 4 + 9
		}
		if version == 0 {
			h.Rate /= 2
		}
	}
	h.Bitrate = kbits * 1000
	h.Size = h.Samples/8*h.Bitrate/h.Rate + int(b[2]>>1&1)
	return h, true
}
